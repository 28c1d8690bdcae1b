// Which of many numbers are the largest.
#ifndef FLAMBEAU_BASE_RANK_H
#define FLAMBEAU_BASE_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The number that `rank` of `numbers` come before when the largest are first; `rank` is below `count`. Sorts them so.
uint64_t rank_largest(uint64_t *numbers, size_t count, size_t rank);
// Sets `chosen` for the `most` largest; of equal ones, for those that come first. -1 when out of memory.
int rank_choose(const uint64_t *numbers, size_t count, size_t most, bool *chosen);

#endif
