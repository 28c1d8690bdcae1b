// The profile as a report: the run's facts, where the time went, its processes, its functions.
#ifndef FLAMBEAU_RENDERERS_REPORT_H
#define FLAMBEAU_RENDERERS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "profile/profile.h"

struct byte_sink;

// All but the name most first, the same then by name.
enum report_sort {
  REPORT_SORT_OWN,
  REPORT_SORT_TOTAL,
  REPORT_SORT_CALLS,
  REPORT_SORT_NAME,
  REPORT_SORT_MEAN,
  REPORT_SORT_MAX,
};

struct report_options {
  uint64_t top; // how many functions, processes and captured calls, at most; 0: all
  enum report_sort sort;
};

// Writes a table for people to `out` (borrowed, not finished): UTF-8, names made safe for a terminal, no escape
// sequences. What a folded file does not know is left out. 0, or -1 with `err`.
int report_write(const struct profile *profile, const struct report_options *options, struct byte_sink *out,
                 struct error *err);

// Writes the same as one JSON object in ASCII; renderers/report/JSON.md has its keys.
int report_write_json(const struct profile *profile, const struct report_options *options, struct byte_sink *out,
                      struct error *err);

struct diff_options {
  uint64_t top;       // how many functions, at most; 0: all
  enum weight weight; // whose changes are shown: own time, waiting, gc or calls
  bool by_calls;      // the most changed first by calls, else by weight
};

// Writes what a comparison (profile_compare) found as a table for people, as report_write does: totals, the largest
// change in a sentence, the functions that changed.
int report_write_diff(const struct profile *comparison, const struct diff_options *options, struct byte_sink *out,
                      struct error *err);

#endif
