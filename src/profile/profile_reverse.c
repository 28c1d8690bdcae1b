// A profile in, the same with its stacks turned round out: every stack's weight now lies at the end of the path from
// its innermost frame to its outermost. The sum of all weights stays the same.
#include "builder.h"

#include <stdlib.h>
#include <string.h>

// Callers further away than this fold into one [deeper] frame.
#define REVERSE_MAX_DEPTH 1000

static int turn_stacks(struct profile_builder *builder, const struct profile *profile, const uint32_t *frame_map)
{
  uint32_t deeper = profile_builder_frame(builder, FRAME_DEEPER, "[deeper]", strlen("[deeper]"), "", 0, false);
  if (deeper == PROFILE_FAILED)
    return -1;
  for (uint32_t i = 1; i < profile->node_count; i++) {
    const struct profile_node *node = &profile->nodes[i];
    uint64_t tracing = profile->tracing ? profile->tracing[i] : 0;
    if (node->own == 0 && node->calls == 0 && tracing == 0)
      continue;
    uint32_t turned = 0;
    int depth = 0;
    for (uint32_t at = i; at != 0; at = profile->nodes[at].parent) {
      bool too_deep = ++depth > REVERSE_MAX_DEPTH;
      turned = profile_builder_child(builder, turned, too_deep ? deeper : frame_map[profile->nodes[at].frame]);
      if (turned == PROFILE_FAILED)
        return -1;
      if (too_deep)
        break;
    }
    profile_builder_add(builder, turned, node->own, node->calls);
    if (tracing && profile_builder_taken(builder, turned, tracing) < 0)
      return -1;
  }
  return 0;
}

// The table of functions stays: turned stacks have the same functions.
static struct profile *finish_turned(struct profile_builder *builder, const struct profile *profile,
                                     const uint32_t *frame_map, struct error *err)
{
  struct profile_function *functions = calloc(profile->function_count + 1, sizeof *functions);
  if (!functions) {
    profile_builder_free(builder);
    error_set(err, ERROR_MEMORY, "out of memory for %zu functions", profile->function_count);
    return NULL;
  }
  for (size_t i = 0; i < profile->function_count; i++) {
    functions[i] = profile->functions[i];
    functions[i].frame = frame_map[functions[i].frame];
  }
  const struct builder_given given = {.original = profile,
                                      .functions = functions,
                                      .function_count = profile->function_count,
                                      .counts_known = profile->counts_known,
                                      .times_known = profile->times_known,
                                      .turned = true};
  struct profile *reversed = builder_finish_given(builder, &given, err);
  free(functions);
  return reversed;
}

struct profile *profile_reverse(const struct profile *profile, struct error *err)
{
  struct profile_builder *builder = profile_builder_new(err);
  if (!builder)
    return NULL;
  struct profile *reversed = NULL;
  uint32_t *frame_map = calloc(profile->frame_count ? profile->frame_count : 1, sizeof *frame_map);
  if (frame_map && builder_copy_frames(builder, profile, frame_map) == 0 &&
      builder_copy_tables(builder, profile) == 0 && builder_copy_calls(builder, profile, frame_map) == 0 &&
      builder_copy_times(builder, profile, frame_map) == 0 && turn_stacks(builder, profile, frame_map) == 0) {
    reversed = finish_turned(builder, profile, frame_map, err);
  } else {
    error_set(err, ERROR_MEMORY, "out of memory, or too many different stacks, while turning the stacks round");
    profile_builder_free(builder);
  }
  free(frame_map);
  return reversed;
}
