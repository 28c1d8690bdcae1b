// What both reports say, computed once: the text and the JSON cannot disagree.
#ifndef FLAMBEAU_RENDERERS_FIGURES_H
#define FLAMBEAU_RENDERERS_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "profile/profile_calls.h"
#include "renderers/report.h"

// Where the whole time went, by what the process was doing. In a folded file's own unit when it came from one.
struct figures_split {
  uint64_t whole, ran, waiting, runnable, gc, lost;
};

// Widths and what was taken out of them are the time covered. Time that is billed twice, or not at all, is a
// difference: per process, so that two errors cannot cancel, and between all processes and the tree.
struct figures_conservation {
  uint64_t width_ns;   // of everything in the tree
  uint64_t tracing_ns; // taken out of it
  uint64_t covered_ns; // of all processes
  uint64_t difference_ns;
};

struct figures {
  const struct profile *profile;
  struct figures_split split;
  struct figures_conservation conservation;
  uint64_t lost_events;
  bool lost_events_known;                    // false: some are missing and nobody counted them
  const struct profile_function **functions; // in the order asked for
  size_t functions_shown;
  const struct profile_process **processes; // most events first
  size_t processes_shown;
  const struct profile_call **calls; // that took longest first, then by start
  size_t calls_shown;
  struct profile_call_lengths call_lengths;
};

int figures_init(struct figures *figures, const struct profile *profile, const struct report_options *options,
                 struct error *err);
void figures_release(struct figures *figures);

// The `limit` functions that most time was waited in, at most; how many.
size_t figures_waited_in(const struct profile *profile, const struct profile_function **functions, size_t limit);

// Last event minus first, without what lay between its captured calls.
uint64_t figures_covered_ns(const struct profile_process *process);

// What is left of the process's time without its absences, collections and gaps.
uint64_t figures_ran_ns(const struct profile_process *process);

// The mean of the calls seen from start to end; 0 without one.
uint64_t figures_mean_ns(const struct profile_function *function);

#endif
