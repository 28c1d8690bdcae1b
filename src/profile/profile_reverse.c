// A profile in, the same with its stacks turned round out: every stack's weight now lies at the end of the path from
// its innermost frame to its outermost. The sum of all weights stays the same.
#include "builder.h"

#include <stdlib.h>
#include <string.h>

// Callers further away than this fold into one [deeper] frame.
#define REVERSE_MAX_DEPTH 1000

static int copy_frames(struct profile_builder *builder, const struct profile *profile, uint32_t *frame_map)
{
  for (size_t i = 0; i < profile->frame_count; i++) {
    const struct profile_frame *frame = &profile->frames[i];
    frame_map[i] = profile_builder_frame(builder, frame->kind, frame->name, strlen(frame->name), frame->module,
                                         strlen(frame->module), frame->native);
    if (frame_map[i] == PROFILE_FAILED ||
        (frame->line && profile_builder_locate(builder, frame_map[i], frame->file, frame->line) < 0) ||
        profile_builder_belongs(builder, frame_map[i], frame->application, frame->origin) < 0)
      return -1;
  }
  return 0;
}

static int copy_tables(struct profile_builder *builder, const struct profile *profile)
{
  for (size_t i = 0; i < profile->process_count; i++) {
    if (profile_builder_process(builder, &profile->processes[i]) == PROFILE_FAILED)
      return -1;
  }
  for (size_t i = 0; i < profile->fact_count; i++) {
    if (profile_builder_fact(builder, profile->facts[i].key, profile->facts[i].value) < 0)
      return -1;
  }
  for (size_t i = 0; i < profile->module_count; i++) {
    if (profile_builder_module(builder, &profile->modules[i]) < 0)
      return -1;
  }
  return 0;
}

static int copy_calls(struct profile_builder *builder, const struct profile *profile, const uint32_t *frame_map)
{
  struct profile_call *calls = malloc((profile->call_count + 1) * sizeof *calls);
  if (!calls)
    return -1;
  for (size_t i = 0; i < profile->call_count; i++) {
    calls[i] = profile->calls[i];
    calls[i].frame = frame_map[calls[i].frame];
    if (calls[i].caller != PROFILE_NO_FRAME)
      calls[i].caller = frame_map[calls[i].caller];
  }
  int status = profile_builder_calls(builder, calls, profile->call_count, profile->calls_seen);
  free(calls);
  return status;
}

static int turn_stacks(struct profile_builder *builder, const struct profile *profile, const uint32_t *frame_map)
{
  uint32_t deeper = profile_builder_frame(builder, FRAME_DEEPER, "[deeper]", strlen("[deeper]"), "", 0, false);
  if (deeper == PROFILE_FAILED)
    return -1;
  for (uint32_t i = 1; i < profile->node_count; i++) {
    const struct profile_node *node = &profile->nodes[i];
    if (node->own == 0 && node->calls == 0)
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
  }
  return 0;
}

struct profile *profile_reverse(const struct profile *profile, struct error *err)
{
  struct profile_builder *builder = profile_builder_new(err);
  if (!builder)
    return NULL;
  struct profile *reversed = NULL;
  uint32_t *frame_map = calloc(profile->frame_count ? profile->frame_count : 1, sizeof *frame_map);
  if (frame_map && copy_frames(builder, profile, frame_map) == 0 && copy_tables(builder, profile) == 0 &&
      copy_calls(builder, profile, frame_map) == 0 && turn_stacks(builder, profile, frame_map) == 0) {
    reversed = builder_finish_reversed(builder, profile, frame_map, err);
  } else {
    error_set(err, ERROR_MEMORY, "out of memory, or too many different stacks, while turning the stacks round");
    profile_builder_free(builder);
  }
  free(frame_map);
  return reversed;
}
