// Two profiles of the same program, BASE and HEAD, made one.
#ifndef FLAMBEAU_PROFILE_PROFILE_COMPARE_H
#define FLAMBEAU_PROFILE_PROFILE_COMPARE_H

#include "profile/profile.h"

struct profile_comparison {
  const struct profile *base, *head;
  const char *base_name, *head_name; // for people: file names
  bool normalize;                    // BASE is scaled to HEAD's totals
};

// One tree with both sides (`base` of struct profile). Stacks that only BASE has lie beneath [vanished], with the
// frames that they need on the way there; a stack that both have lies once, in the ordinary part. Frames are the same
// by kind and name as shown: a closure that the compiler numbered anew is another one.
//
// HEAD's processes, captured calls, modules and facts are kept. Added are the facts `base` and `head` (the names), and
// of BASE's own facts those about its run, as `base.node`, `base.otp`, ...
//
// To normalize, each weight of BASE is multiplied by HEAD's sum of all weights and divided by BASE's, calls by the sums
// of all calls, and each is rounded to the nearest by itself: the sum may differ by half a unit for each stack. The
// facts `base_own` and `base_calls` are then the sums before. A side that weighs nothing leaves the other as it is.
//
// A side that was turned round must have both turned (profile_reverse, before). `counts_known` is true when both sides
// know their calls; else the comparison has none. So is `times_known`: two of which one has no own times are to be made
// snapshots both (profile_snapshot, before). Measured times are not compared here.
//
// ERROR_DATA when the weights add up to more than 64 bits hold, ERROR_MEMORY past the limits of a profile.
struct profile *profile_compare(const struct profile_comparison *comparison, struct error *err);

// What `node` of a comparison itself weighs on each side; HEAD's is 0 beneath [vanished].
uint64_t profile_base_weight(const struct profile *comparison, uint32_t node, enum weight weight);
uint64_t profile_head_weight(const struct profile *comparison, uint32_t node, enum weight weight);

// What a function weighs: its own time, its calls, or the waiting or the collections directly beneath it.
uint64_t profile_function_weight(const struct profile_function *function, enum weight weight);

#endif
