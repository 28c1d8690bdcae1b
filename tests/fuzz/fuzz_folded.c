// Any bytes as a folded file: a profile whose tree holds together, or a sentence.
#include <stdbool.h>
#include <stdlib.h>

#include "base/byte_io.h"
#include "profile/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
  if (!promise)
    abort();
}

static void require_whole_tree(const struct profile *profile)
{
  require(profile->node_count >= 1 && profile->frame_count >= 1);
  size_t reached = 1;
  for (size_t i = 0; i < profile->node_count; i++) {
    const struct profile_node *node = &profile->nodes[i];
    require(node->frame < profile->frame_count && node->parent < profile->node_count);
    for (uint32_t child = node->first_child; child; child = profile->nodes[child].next_sibling, reached++)
      require(child < profile->node_count && profile->nodes[child].parent == i && reached < profile->node_count);
  }
  require(reached == profile->node_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct error err = {0};
  struct byte_source *source = memory_source_new(data, size, &err);
  struct profile *profile = profile_read_folded(source, &err);
  byte_source_free(source);
  require((profile != NULL) == (err.code == ERROR_NONE));
  if (!profile)
    return 0;
  require_whole_tree(profile);
  struct profile *reversed = profile_reverse(profile, &err);
  if (reversed)
    require_whole_tree(reversed);
  profile_free(reversed);
  profile_free(profile);
  return 0;
}
