// Names as people may see them: hostile bytes made safe for a terminal, a picture and XML.
#ifndef FLAMBEAU_BASE_TEXT_H
#define FLAMBEAU_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes;

// A longer name is cut here with an ellipsis; nobody reads on.
#define TEXT_MAX_BYTES 8192
#define TEXT_SCRATCH_BYTES (TEXT_MAX_BYTES + 64) // the limit of a scratch that holds whatever text_clean makes
#define TEXT_REPLACEMENT 0xFFFDu
#define TEXT_ELLIPSIS "\u2026"

// The character at `*at` (before `end`), which moves behind it. Bytes that are no UTF-8 are TEXT_REPLACEMENT, one a
// time; so are control characters and what XML cannot carry.
uint32_t text_next(const char **at, const char *end);

// `text` in `scratch` (cleared first), NUL-terminated: valid UTF-8 without control characters; characters that are
// invisible or change the direction of writing are spelled \x{202E}, as Erlang does. "", and `scratch` failed, when
// out of memory.
const char *text_clean(struct bytes *scratch, const char *text);

// Appends clean text as a JSON string with its quotes.
void text_append_json(struct bytes *out, const char *clean);

struct text_interval {
  uint32_t first, last;
};

bool text_among(uint32_t character, const struct text_interval *intervals, size_t count);

#endif
