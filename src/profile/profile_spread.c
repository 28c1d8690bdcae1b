// Times in, their median and quartiles out.
#include "profile/profile_spread.h"

#include <stdlib.h>

static int by_length(const void *left, const void *right)
{
  const uint64_t *a = left, *b = right;
  return (*a > *b) - (*a < *b);
}

struct sorted {
  const uint64_t *times_ns;
  size_t zeros; // before them
};

static uint64_t at(const struct sorted *sorted, size_t index)
{
  return index < sorted->zeros ? 0 : sorted->times_ns[index - sorted->zeros];
}

// What `quarters` of the distance from the first to the last lies behind.
static uint64_t quantile(const struct sorted *sorted, size_t count, size_t quarters)
{
  size_t place = (count - 1) * quarters, index = place / 4;
  uint64_t below = at(sorted, index);
  if (place % 4 == 0)
    return below;
  uint64_t step = at(sorted, index + 1) - below, part = place % 4;
  return below + step / 4 * part + step % 4 * part / 4;
}

struct profile_spread profile_spread_of(uint64_t *times_ns, size_t given, size_t count)
{
  if (count == 0)
    return (struct profile_spread){0};
  if (given > 0)
    qsort(times_ns, given, sizeof *times_ns, by_length);
  const struct sorted sorted = {.times_ns = times_ns, .zeros = count - given};
  return (struct profile_spread){.median_ns = quantile(&sorted, count, 2),
                                 .lower_quartile_ns = quantile(&sorted, count, 1),
                                 .upper_quartile_ns = quantile(&sorted, count, 3)};
}
