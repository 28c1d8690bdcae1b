// A profile in, what its snapshot keeps out. Here it is of two captured calls, and its snapshot of one:
//
//     profile                      snapshot
//     f                    2       f                1
//     f;[gc]                                                no calls
//     f;m:g/1-fun-0       10       f;m:g/1-fun      8      the numbers are the compiler's
//     f;m:g/1-fun-1        6
//     f;r                  2       f;r              1
//     f;r;r                2       f;r;r           49      r calls r: that is there already
//     f;r;r;r             96
//     f;r;r;r;h            2       f;r;r;h          1
//
// Invariants: a stack has no pair of caller and callee twice, so it is no deeper than there are such pairs, and of each
// pair all calls together are as many as before.
#include "profile/profile_snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "builder.h"
#include "key_path.h"
#include "profile/steady_name.h"

#define NONE PROFILE_FAILED
#define LOADS_CODE "error_handler:undefined_"
#define NAME_MAX_BYTES ((size_t)16 << 20)

const struct snapshot_fact snapshot_facts[SNAPSHOT_FACTS] = {
    {"target", "run"},       {"selection", "selection"}, {"otp", "otp"},
    {"elixir", "elixir"},    {"flambeau", "flambeau"},   {"ended", "ended"},
    {"lost_events", "lost"}, {"folded", "folded"},       {"loaded", "loaded"},
};

struct snapshot {
  const struct profile *profile;
  struct profile_builder *builder;
  struct profile_builder *pairs; // its nodes: callers, and beneath each the functions that it calls
  struct key_path path;          // of nodes of the builder; keys are pairs, and 0 of the outermost frames
  struct bytes steady, clean;    // the name at hand
  uint32_t *frames;              // of each frame of the profile: the builder's; NONE where no stack that is kept has it
  uint32_t *nodes;               // of each node of the profile: the builder's; NONE of what is not kept
  uint64_t sum;                  // of all calls
  bool overflow;                 // that sum
};

static uint64_t calls_of(const struct profile *profile, uint32_t node)
{
  return profile->counts_known ? profile->nodes[node].calls : profile->nodes[node].own;
}

// Called as often as the VM sees fit, each by its beginning: what loads code, after which the function is called from
// where it was called first; what goes on in a large map, so far at a time as the process has reductions left; and what
// is internal to the VM, such as taking a message back that came, or did not come, in time.
static const struct {
  const char *function, *caller;
} of_the_vm[] = {
    {LOADS_CODE, ""},
    {"erts_internal:", ""},
    {"maps:next/1", "maps:"},
    {"maps:to_list_internal/1", ""},
};

static bool begins_with(const char *name, const char *begin)
{
  return strncmp(name, begin, strlen(begin)) == 0;
}

static bool is_of_the_vm(const struct profile *profile, const struct profile_node *node)
{
  const struct profile_frame *frame = &profile->frames[node->frame];
  const struct profile_frame *caller = &profile->frames[profile->nodes[node->parent].frame];
  if (node->parent == 0)
    return false;
  for (size_t i = 0; i < sizeof of_the_vm / sizeof *of_the_vm; i++)
    if (begins_with(frame->name, of_the_vm[i].function) && begins_with(caller->name, of_the_vm[i].caller))
      return true;
  return false;
}

static bool is_kept(const struct profile *profile, const struct profile_node *node)
{
  switch (profile->frames[node->frame].kind) {
  case FRAME_WAITING:
  case FRAME_RUNNABLE:
  case FRAME_GC:
  case FRAME_LOST:
    return false;
  default:
    return !is_of_the_vm(profile, node);
  }
}

enum { UNDECIDED, WANTED };

// Leaves WANTED the nodes that have calls, and all on the way to them; NONE the others.
static void choose_nodes(struct snapshot *snapshot)
{
  const struct profile *profile = snapshot->profile;
  uint32_t *choice = snapshot->nodes;
  for (uint32_t i = 1; i < profile->node_count; i++) {
    const struct profile_node *node = &profile->nodes[i];
    choice[i] = choice[node->parent] == NONE || !is_kept(profile, node) ? NONE : UNDECIDED;
  }
  for (uint32_t i = (uint32_t)profile->node_count - 1; i > 0; i--) {
    if (choice[i] == UNDECIDED)
      choice[i] = calls_of(profile, i) > 0 ? WANTED : NONE; // no child wants it
    if (choice[i] == WANTED)
      choice[profile->nodes[i].parent] = WANTED;
  }
  choice[0] = 0; // both roots
}

static uint32_t add_frame(struct snapshot *snapshot, const struct profile_frame *frame)
{
  struct profile_builder *builder = snapshot->builder;
  bytes_clear(&snapshot->steady);
  steady_name_append(&snapshot->steady, frame->kind, frame->name);
  bytes_append_u8(&snapshot->steady, 0);
  if (snapshot->steady.failed)
    return NONE;
  text_clean(&snapshot->clean, (const char *)snapshot->steady.data);
  if (snapshot->clean.failed)
    return NONE;
  char *name = (char *)snapshot->clean.data;
  for (char *at = name; (at = strchr(at, ';')) != NULL;)
    *at = ':';
  // In the text nothing tells the two apart.
  enum frame_kind kind = frame->kind == FRAME_PROCESS ? FRAME_FUNCTION : frame->kind;
  uint32_t made = profile_builder_frame(builder, kind, *name ? name : "?", *name ? strlen(name) : 1, frame->module,
                                        strlen(frame->module), frame->native);
  if (made == PROFILE_FAILED || (frame->line && profile_builder_locate(builder, made, frame->file, frame->line) < 0) ||
      profile_builder_belongs(builder, made, frame->application, frame->origin) < 0)
    return NONE;
  return made;
}

static uint32_t pair_of(struct snapshot *snapshot, uint32_t caller, uint32_t callee)
{
  uint32_t above = profile_builder_child(snapshot->pairs, 0, caller);
  return above == PROFILE_FAILED ? above : profile_builder_child(snapshot->pairs, above, callee);
}

// Where the call from the function of `parent` to `frame` is counted.
static uint32_t enter(struct snapshot *snapshot, uint32_t parent, uint32_t frame)
{
  uint32_t pair = parent ? pair_of(snapshot, builder_nodes(snapshot->builder)[parent].frame, frame) : 0;
  if (pair == PROFILE_FAILED)
    return pair;
  uint32_t node = parent ? key_path_find(&snapshot->path, parent, pair) : 0;
  if (node)
    return node;
  node = profile_builder_child(snapshot->builder, parent, frame);
  if (node != PROFILE_FAILED)
    key_path_enter(&snapshot->path, parent, node, pair);
  return node;
}

static int grow(struct snapshot *snapshot)
{
  const struct profile *profile = snapshot->profile;
  while (key_path_next(&snapshot->path)) {
    uint32_t i = snapshot->path.walk.node;
    const struct profile_node *node = &profile->nodes[i];
    if (snapshot->nodes[i] == NONE)
      continue;
    uint32_t *frame = &snapshot->frames[node->frame];
    if (*frame == NONE && (*frame = add_frame(snapshot, &profile->frames[node->frame])) == NONE)
      return -1;
    snapshot->nodes[i] = enter(snapshot, snapshot->nodes[node->parent], *frame);
    if (snapshot->nodes[i] == PROFILE_FAILED)
      return -1;
    profile_builder_add(snapshot->builder, snapshot->nodes[i], 0, calls_of(profile, i));
    if (__builtin_add_overflow(snapshot->sum, calls_of(profile, i), &snapshot->sum))
      snapshot->overflow = true;
  }
  return 0;
}

uint64_t profile_common_divisor(uint64_t a, uint64_t b)
{
  while (b) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

uint64_t profile_common_calls(const struct profile *a, const struct profile *b)
{
  uint64_t common;
  if (a->calls_seen == 0 || b->calls_seen == 0 ||
      __builtin_mul_overflow(a->calls_seen / profile_common_divisor(a->calls_seen, b->calls_seen), b->calls_seen,
                             &common))
    return 0;
  return common;
}

// The calls become those of `captured_calls`, or of as few as they can be of; `*seen` says of how many.
static int scale(struct snapshot *snapshot, uint64_t captured_calls, uint64_t *seen)
{
  struct build_node *nodes = builder_nodes(snapshot->builder);
  uint64_t from = snapshot->profile->calls_seen, divisor = from, ignored;
  *seen = from;
  if (snapshot->overflow)
    return -1;
  if (from == 0)
    return 0;
  for (uint32_t i = 1; i < snapshot->builder->node_count; i++)
    divisor = profile_common_divisor(divisor, nodes[i].calls);
  uint64_t fewest = from / divisor, factor = captured_calls ? captured_calls / fewest : 1;
  if (__builtin_mul_overflow(snapshot->sum / divisor, factor, &ignored))
    return -1;
  for (uint32_t i = 1; i < snapshot->builder->node_count; i++)
    nodes[i].calls = nodes[i].calls / divisor * factor;
  *seen = fewest * factor;
  return 0;
}

// Every end that a run or a recording of calls was meant to have is no news.
static bool is_usual(const struct snapshot_fact *fact, const char *value)
{
  if (strcmp(fact->fact, "ended") == 0)
    return strcmp(value, "returned") == 0 || strcmp(value, "calls") == 0;
  return strcmp(fact->fact, "lost_events") == 0 && strcmp(value, "0") == 0;
}

// In the calls themselves: what other processes load meanwhile is theirs.
static bool has_loaded_code(const struct profile *profile)
{
  for (size_t i = 1; i < profile->node_count; i++)
    if (profile->nodes[i].calls > 0 && begins_with(profile->frames[profile->nodes[i].frame].name, LOADS_CODE))
      return true;
  return false;
}

static int copy_facts(struct snapshot *snapshot)
{
  for (size_t i = 0; i < SNAPSHOT_FACTS; i++) {
    const char *value = profile_fact_value(snapshot->profile, snapshot_facts[i].fact);
    if (!value || !*value || is_usual(&snapshot_facts[i], value))
      continue;
    if (profile_builder_fact(snapshot->builder, snapshot_facts[i].fact, text_clean(&snapshot->clean, value)) < 0)
      return -1;
  }
  if (!has_loaded_code(snapshot->profile))
    return 0;
  return profile_builder_fact(snapshot->builder, "loaded",
                              "code, in the calls: what it called meanwhile may be missing");
}

static int allocate(struct snapshot *snapshot, struct error *err)
{
  const struct profile *profile = snapshot->profile;
  bytes_init(&snapshot->steady, NAME_MAX_BYTES);
  bytes_init(&snapshot->clean, TEXT_SCRATCH_BYTES);
  snapshot->frames = malloc((profile->frame_count + 1) * sizeof *snapshot->frames);
  snapshot->nodes = calloc(profile->node_count, sizeof *snapshot->nodes);
  for (size_t i = 0; snapshot->frames && i < profile->frame_count; i++)
    snapshot->frames[i] = NONE;
  snapshot->pairs = profile_builder_new(err);
  if (snapshot->frames && snapshot->nodes && snapshot->pairs &&
      key_path_init(&snapshot->path, profile, 2 * profile->node_count, profile->node_count, err) == 0)
    return 0;
  return error_set(err, ERROR_MEMORY, "out of memory for a snapshot");
}

static void release(struct snapshot *snapshot)
{
  bytes_release(&snapshot->steady);
  bytes_release(&snapshot->clean);
  free(snapshot->frames);
  free(snapshot->nodes);
  key_path_release(&snapshot->path);
  profile_builder_free(snapshot->pairs);
}

// The builder has it all; or -1 with `err`.
static int fill(struct snapshot *snapshot, uint64_t captured_calls, struct error *err)
{
  uint64_t seen;
  if (allocate(snapshot, err) < 0)
    return -1;
  choose_nodes(snapshot);
  if (grow(snapshot) < 0)
    return error_set(err, ERROR_MEMORY, "out of memory, or too many different stacks, for a snapshot");
  if (scale(snapshot, captured_calls, &seen) < 0)
    return error_set(err, ERROR_DATA, "the calls add up to more than a 64-bit number holds");
  if (copy_facts(snapshot) < 0 || builder_copy_times(snapshot->builder, snapshot->profile, snapshot->frames) < 0 ||
      profile_builder_calls(snapshot->builder, &(struct profile_call){0}, 0, seen) < 0)
    return error_set(err, ERROR_MEMORY, "out of memory for a snapshot");
  return 0;
}

struct profile *profile_snapshot(const struct profile *profile, uint64_t captured_calls, struct error *err)
{
  struct snapshot snapshot = {.profile = profile, .builder = profile_builder_new(err)};
  if (!snapshot.builder)
    return NULL;
  int status = fill(&snapshot, captured_calls, err);
  release(&snapshot);
  if (status == 0)
    return profile_builder_finish(
        snapshot.builder,
        &(struct profile_totals){.lost_events = profile->lost_events, .counts_known = true, .calls_only = true}, err);
  profile_builder_free(snapshot.builder);
  return NULL;
}
