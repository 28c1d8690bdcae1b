// Median and quartiles of measured times.
#ifndef FLAMBEAU_PROFILE_PROFILE_SPREAD_H
#define FLAMBEAU_PROFILE_PROFILE_SPREAD_H

#include <stddef.h>

#include "profile/profile.h"

// Of `count` times, the first `given` of which are in `times_ns`, which is sorted here; the others are 0. Between two
// of them it is what lies as far between their values, rounded down: of 1, 2, 3, 4 the median is 2.5 and the lower
// quartile 1.75. All 0 of none.
struct profile_spread profile_spread_of(uint64_t *times_ns, size_t given, size_t count);

#endif
