// The lines of a text, one after another, each at most LINE_MAX_BYTES long.
#ifndef FLAMBEAU_PROFILE_LINE_READER_H
#define FLAMBEAU_PROFILE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

struct byte_source;

#define LINE_MAX_BYTES ((size_t)16 << 20)

struct line_reader {
  struct byte_source *source; // borrowed
  const char *kind;           // of the text, for errors: "folded text"
  struct bytes text;          // what was read and not forgotten
  size_t at;                  // of the next line in it
  bool ended;
  size_t number;    // of the line that was given last, from 1
  const char *line; // that line, without its end (LF or CRLF); good until the next
  size_t size;
};

void line_reader_init(struct line_reader *reader, struct byte_source *source, const char *kind);
void line_reader_release(struct line_reader *reader);
// 1: there is a line; 0: there are no more; -1: an error.
int line_reader_next(struct line_reader *reader, struct error *err);

#endif
