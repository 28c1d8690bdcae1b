// A profile's captured calls in, their lengths in a few numbers out.
#include "profile/profile_calls.h"

#include <stdlib.h>

static int by_length(const void *left, const void *right)
{
  const uint64_t *a = left, *b = right;
  return (*a > *b) - (*a < *b);
}

static void count_call(const struct profile *profile, const struct profile_call *call,
                       struct profile_call_lengths *lengths)
{
  lengths->one_function &= call->frame == profile->calls[0].frame;
  lengths->one_caller &= call->caller == profile->calls[0].caller;
  if (call->ending != PROFILE_CALL_CUT) {
    lengths->whole++;
    if (!lengths->longest || call->length_ns > lengths->longest->length_ns)
      lengths->longest = call;
  } else {
    lengths->cut++;
    if (call->length_ns > lengths->cut_max_ns)
      lengths->cut_max_ns = call->length_ns;
  }
}

static void summarize(const uint64_t *sorted_ns, size_t count, struct profile_call_lengths *lengths)
{
  uint64_t sum_ns = 0; // no more than the tree's: all of it was billed
  for (size_t i = 0; i < count; i++)
    sum_ns += sorted_ns[i];
  uint64_t lower_ns = sorted_ns[(count - 1) / 2], upper_ns = sorted_ns[count / 2];
  lengths->shortest_ns = sorted_ns[0];
  lengths->median_ns = lower_ns + (upper_ns - lower_ns) / 2;
  lengths->mean_ns = sum_ns / count;
}

int profile_measure_calls(const struct profile *profile, struct profile_call_lengths *lengths, struct error *err)
{
  *lengths = (struct profile_call_lengths){.one_function = true, .one_caller = true};
  for (size_t i = 0; i < profile->call_count; i++)
    count_call(profile, &profile->calls[i], lengths);
  if (lengths->whole == 0)
    return 0;
  uint64_t *lengths_ns = calloc(lengths->whole, sizeof *lengths_ns);
  if (!lengths_ns)
    return error_set(err, ERROR_MEMORY, "out of memory for the lengths of %zu calls", lengths->whole);
  size_t count = 0;
  for (size_t i = 0; i < profile->call_count; i++)
    if (profile->calls[i].ending != PROFILE_CALL_CUT)
      lengths_ns[count++] = profile->calls[i].length_ns;
  qsort(lengths_ns, count, sizeof *lengths_ns, by_length);
  summarize(lengths_ns, count, lengths);
  free(lengths_ns);
  return 0;
}
