// How long the captured calls took.
#ifndef FLAMBEAU_PROFILE_PROFILE_CALLS_H
#define FLAMBEAU_PROFILE_PROFILE_CALLS_H

#include "profile/profile.h"

// Those that were cut off are not what the calls took: they are apart.
struct profile_call_lengths {
  size_t whole;
  uint64_t shortest_ns, median_ns, mean_ns; // of the whole ones
  const struct profile_call *longest;       // whole; the first of several; NULL when there is none
  size_t cut;
  uint64_t cut_max_ns;
  bool one_function; // all are calls of the same
  bool one_caller;   // all return to the same, or to none
};

// ERROR_MEMORY only.
int profile_measure_calls(const struct profile *profile, struct profile_call_lengths *lengths, struct error *err);

#endif
