// Numbers in, the largest of them out.
#include "base/rank.h"

#include <stdlib.h>
#include <string.h>

static int largest_first(const void *left, const void *right)
{
  const uint64_t *a = left, *b = right;
  return *a == *b ? 0 : *a > *b ? -1 : 1;
}

uint64_t rank_largest(uint64_t *numbers, size_t count, size_t rank)
{
  qsort(numbers, count, sizeof *numbers, largest_first);
  return numbers[rank];
}

int rank_choose(const uint64_t *numbers, size_t count, size_t most, bool *chosen)
{
  uint64_t limit = 0;
  size_t ties = most;
  if (most < count) {
    uint64_t *sorted = malloc(count * sizeof *sorted);
    if (!sorted)
      return -1;
    memcpy(sorted, numbers, count * sizeof *sorted);
    limit = rank_largest(sorted, count, most);
    free(sorted);
    for (size_t i = 0; i < count; i++)
      ties -= numbers[i] > limit;
  }
  for (size_t i = 0; i < count; i++)
    chosen[i] = most >= count || numbers[i] > limit || (numbers[i] == limit && ties > 0 && ties-- > 0);
  return 0;
}
