// Two profiles in, one tree of calls out that has both sides' and each function once on a path: a call of one that is
// on it already leads back there.
//
//     BASE             HEAD              tree      first  again
//     f          1     f           1     f          1 1    0 0
//     f;walk     1     f;walk      1     f;walk     1 1    4 6     recursion went deeper, f calls it as before
//     f;walk;walk;...  4 in all / 6
//
// Invariant: of each function, all first and again together are its calls.
#include "call_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "key_path.h"

#define NONE PROFILE_FAILED

struct side {
  const struct profile *profile;
  bool is_head;
  uint32_t *frames; // of each frame: the tree's, or NONE
  uint32_t *nodes;  // of each node: where the path to it ends in the tree
};

static uint64_t *count_of(struct both_calls *calls, const struct side *side)
{
  return side->is_head ? &calls->head : &calls->base;
}

static void add(uint64_t *sum, uint64_t calls)
{
  if (__builtin_add_overflow(*sum, calls, sum))
    *sum = UINT64_MAX;
}

static int add_frames(struct call_pairs *pairs, struct side *side,
                      bool (*chosen)(const void *context, const char *name), const void *context)
{
  const struct profile *profile = side->profile;
  for (size_t i = 0; i < profile->frame_count; i++) {
    const struct profile_frame *frame = &profile->frames[i];
    side->frames[i] = NONE;
    if (frame->kind != FRAME_FUNCTION || !chosen(context, frame->name))
      continue;
    uint32_t id = profile_builder_frame(pairs->names, FRAME_FUNCTION, frame->name, strlen(frame->name), "", 0, false);
    if (id == PROFILE_FAILED)
      return -1;
    side->frames[i] = id;
    struct pair_frame *pair = &pairs->frames[id];
    bool theirs = frame->origin == ORIGIN_OTP || frame->origin == ORIGIN_ELIXIR; // no file of the user's
    if (!pair->name)
      *pair = (struct pair_frame){.name = builder_frames(pairs->names)[id].name,
                                  .file = theirs ? "" : frame->file,
                                  .line = theirs ? 0 : frame->line};
    pairs->frame_count = builder_frame_count(pairs->names);
  }
  return 0;
}

static uint32_t add_child(struct call_pairs *pairs, uint32_t parent, uint32_t frame)
{
  uint32_t node = profile_builder_child(pairs->names, parent, frame);
  if (node == PROFILE_FAILED)
    return node;
  if (node >= pairs->node_count) {
    pairs->nodes[node] = (struct pair_node){.parent = parent, .frame = frame};
    pairs->node_count = node + 1;
  }
  return node;
}

static int add_nodes(struct call_pairs *pairs, struct side *side, struct key_path *path)
{
  while (key_path_next(path)) {
    const struct profile_node *from = &side->profile->nodes[path->walk.node];
    uint32_t above = side->nodes[from->parent], frame = side->frames[from->frame];
    side->nodes[path->walk.node] = above;
    if (frame == NONE)
      continue;
    uint32_t before = key_path_find(path, above, frame);
    uint32_t node = before ? before : add_child(pairs, above, frame);
    if (node == PROFILE_FAILED)
      return -1;
    if (!before)
      key_path_enter(path, above, node, frame);
    side->nodes[path->walk.node] = node;
    add(count_of(before ? &pairs->nodes[node].again : &pairs->nodes[node].first, side), from->calls);
    add(count_of(&pairs->frames[frame].calls, side), from->calls);
  }
  return 0;
}

static void add_times(struct call_pairs *pairs, const struct side *side)
{
  const struct profile *profile = side->profile;
  for (size_t i = 0; profile->function_times && i < profile->function_count; i++) {
    uint32_t frame = side->frames[profile->functions[i].frame];
    if (frame == NONE)
      continue;
    struct pair_frame *pair = &pairs->frames[frame];
    *(side->is_head ? &pair->head_time : &pair->base_time) = profile->function_times[i];
  }
}

static int add_side(struct call_pairs *pairs, struct side side, bool (*chosen)(const void *context, const char *name),
                    const void *context, struct error *err)
{
  side.frames = calloc(side.profile->frame_count + 1, sizeof *side.frames);
  side.nodes = calloc(side.profile->node_count + 1, sizeof *side.nodes);
  struct key_path path = {0};
  int status = -1;
  if (side.frames && side.nodes && add_frames(pairs, &side, chosen, context) == 0 &&
      key_path_init(&path, side.profile, pairs->frame_count, pairs->node_count + side.profile->node_count, err) == 0 &&
      add_nodes(pairs, &side, &path) == 0) {
    add_times(pairs, &side);
    status = 0;
  }
  key_path_release(&path);
  free(side.frames);
  free(side.nodes);
  return status;
}

int call_pairs_init(struct call_pairs *pairs, const struct profile *base, const struct profile *head,
                    bool (*chosen)(const void *context, const char *name), const void *context, struct error *err)
{
  *pairs = (struct call_pairs){
      .names = profile_builder_new(err),
      .nodes = calloc(base->node_count + head->node_count + 1, sizeof *pairs->nodes),
      .frames = calloc(base->frame_count + head->frame_count + 1, sizeof *pairs->frames),
      .node_count = 1,
  };
  // HEAD first: where a function stands is said of the code as it is now.
  if (pairs->names && pairs->nodes && pairs->frames &&
      add_side(pairs, (struct side){.profile = head, .is_head = true}, chosen, context, err) == 0 &&
      add_side(pairs, (struct side){.profile = base}, chosen, context, err) == 0)
    return 0;
  call_pairs_release(pairs);
  return error_set(err, ERROR_MEMORY, "out of memory, or too many different stacks, while comparing");
}

void call_pairs_release(struct call_pairs *pairs)
{
  profile_builder_free(pairs->names);
  free(pairs->nodes);
  free(pairs->frames);
  *pairs = (struct call_pairs){0};
}
