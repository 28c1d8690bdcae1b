// Names as pictures show them: hostile bytes made safe, measured in cells, cut between characters.
#ifndef FLAMBEAU_RENDERERS_TEXT_H
#define FLAMBEAU_RENDERERS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes;

// A longer name is cut here with an ellipsis; nobody reads on.
#define TEXT_MAX_BYTES 8192
#define TEXT_REPLACEMENT 0xFFFDu
#define TEXT_ELLIPSIS "\u2026"

// The character at `*at` (before `end`), which moves behind it. Bytes that are no UTF-8 are TEXT_REPLACEMENT, one a
// time; so are control characters and what XML cannot carry.
uint32_t text_next(const char **at, const char *end);

// `text` in `scratch` (cleared first), NUL-terminated: valid UTF-8 without control characters; characters that are
// invisible or change the direction of writing are spelled \x{202E}, as Erlang does. "" when out of memory.
const char *text_clean(struct bytes *scratch, const char *text);

// Columns of a fixed-width font that clean text takes: wide characters two, combining ones none.
unsigned text_cells(const char *clean);
// How many bytes of `clean` to show in `cells` columns. `*cut`: an ellipsis, one column wide, belongs behind them.
// 0 with `*cut` when not even one character and the ellipsis fit.
size_t text_fit(const char *clean, unsigned cells, bool *cut);

#endif
