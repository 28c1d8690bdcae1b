// Any bytes as a snapshot: a profile whose tree holds together, or a sentence.
#include <stdbool.h>
#include <stdlib.h>

#include "base/byte_io.h"
#include "profile/profile_snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
  if (!promise)
    abort();
}

static void require_whole_tree(const struct profile *profile)
{
  require(profile->node_count >= 1);
  size_t reached = 1;
  for (size_t i = 0; i < profile->node_count; i++) {
    const struct profile_node *node = &profile->nodes[i];
    require((i == 0 || node->frame < profile->frame_count) && node->parent < profile->node_count);
    for (uint32_t child = node->first_child; child; child = profile->nodes[child].next_sibling, reached++)
      require(child < profile->node_count && profile->nodes[child].parent == i && reached < profile->node_count);
  }
  require(reached == profile->node_count);
}

static uint64_t sum_of_calls(const struct profile *profile)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < profile->node_count; i++)
    require(!__builtin_add_overflow(sum, profile->nodes[i].calls, &sum));
  return sum;
}

// The snapshot of what was read has as many calls in as many captured ones, unless a part of it is the VM's.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct error err = {0};
  struct byte_source *source = memory_source_new(data, size, &err);
  struct profile *profile = profile_read_snap(source, &err);
  byte_source_free(source);
  require((profile != NULL) == (err.code == ERROR_NONE));
  if (!profile)
    return 0;
  require_whole_tree(profile);
  require(profile->counts_known && !profile->times_known);
  uint64_t sum = sum_of_calls(profile);
  struct profile *snapshot = profile_snapshot(profile, 0, &err);
  require(snapshot != NULL);
  require_whole_tree(snapshot);
  require(sum_of_calls(snapshot) <= sum && snapshot->calls_seen <= profile->calls_seen);
  struct profile *again = profile_snapshot(snapshot, 0, &err);
  require(again != NULL && again->function_count == snapshot->function_count);
  require(sum_of_calls(again) == sum_of_calls(snapshot) && again->calls_seen == snapshot->calls_seen);
  profile_free(again);
  profile_free(snapshot);
  profile_free(profile);
  return 0;
}
