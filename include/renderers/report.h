// The profile as a text table for people: the run's facts, its processes, its functions.
#ifndef FLAMBEAU_RENDERERS_REPORT_H
#define FLAMBEAU_RENDERERS_REPORT_H

#include <stdint.h>

#include "base/error.h"

struct byte_sink;
struct profile;

enum report_sort { REPORT_SORT_OWN, REPORT_SORT_TOTAL, REPORT_SORT_CALLS, REPORT_SORT_NAME };

struct report_options {
  uint64_t top; // how many functions, and processes, at most; 0: all
  enum report_sort sort;
};

// Writes UTF-8 text to `out` (borrowed, not finished): names made safe for a terminal, no escape sequences. What a
// folded file does not know is left out. 0, or -1 with `err`.
int report_write(const struct profile *profile, const struct report_options *options, struct byte_sink *out,
                 struct error *err);

#endif
