// Two profiles in, one with both sides out. HEAD's tree is grown first, so a stack of BASE lies beneath [vanished] when
// it finds no node there:
//
//     BASE              HEAD              comparison        own  base
//     a;b 3             a;b 5             a;b                 5     3
//     a;c 2             a 1               a                   1     0     c is gone: a is there, but a;c is not
//     d 4               e 6               e                   6     0
//                                         [vanished];a        0     0     on the way to c
//                                         [vanished];a;c      2     2     as wide as it was
//                                         [vanished];d        4     4
//
// Invariant: all `base` add up to BASE's sum; own weights outside of [vanished] add up to HEAD's.
#include "profile/profile_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

#define NONE PROFILE_FAILED

// `from` units of BASE are `to` units here; from 0: nothing is scaled.
struct scale {
  uint64_t from, to;
};

struct both {
  struct profile_function head, base;
};

struct comparing {
  const struct profile_comparison *comparison;
  const struct profile *base, *head;
  struct profile_builder *builder;
  bool counts_known;
  struct profile_side base_total;
  struct scale own, calls;
  uint32_t *head_frames, *base_frames; // of each frame there: the builder's
  uint32_t *head_nodes;                // of each node of HEAD: the builder's
  uint32_t *base_nodes;                // of each node of BASE: the builder's; NONE where HEAD does not have it
  uint32_t *vanished;                  // of each node of BASE: the builder's beneath [vanished]; NONE without
  struct profile_side *sides;          // of each node of the builder: BASE's
  struct both *functions;
  size_t function_count;
};

static uint64_t scaled(struct scale scale, uint64_t value)
{
  if (scale.from == 0)
    return value;
  return (uint64_t)(((wide)value * scale.to + scale.from / 2) / scale.from); // value is a part of from: it fits
}

// The sums of weights fit 64 bits, or there would be no profile; those of calls are kept from turning over.
static struct profile_side sum_of(const struct profile *profile)
{
  struct profile_side sum = {0};
  for (size_t i = 0; i < profile->node_count; i++) {
    sum.own += profile->nodes[i].own;
    if (__builtin_add_overflow(sum.calls, profile->nodes[i].calls, &sum.calls))
      sum.calls = UINT64_MAX;
  }
  return sum;
}

static void find_scales(struct comparing *comparing)
{
  struct profile_side base = sum_of(comparing->base), head = sum_of(comparing->head);
  comparing->base_total = base;
  if (!comparing->comparison->normalize)
    return;
  if (base.own && head.own)
    comparing->own = (struct scale){base.own, head.own};
  if (base.calls && head.calls)
    comparing->calls = (struct scale){base.calls, head.calls};
}

static struct profile_side base_side(const struct comparing *comparing, uint32_t node)
{
  const struct profile_node *from = &comparing->base->nodes[node];
  uint64_t calls = comparing->counts_known ? scaled(comparing->calls, from->calls) : 0;
  return (struct profile_side){.own = scaled(comparing->own, from->own), .calls = calls};
}

// Parents come before their children. The root is the builder's, too.
static int grow_head(struct comparing *comparing)
{
  const struct profile *head = comparing->head;
  for (uint32_t i = 1; i < head->node_count; i++) {
    const struct profile_node *from = &head->nodes[i];
    uint32_t parent = comparing->head_nodes[from->parent];
    uint32_t node = profile_builder_child(comparing->builder, parent, comparing->head_frames[from->frame]);
    if (node == PROFILE_FAILED)
      return -1;
    profile_builder_add(comparing->builder, node, from->own, comparing->counts_known ? from->calls : 0);
    comparing->head_nodes[i] = node;
  }
  return 0;
}

static void match_base(struct comparing *comparing)
{
  const struct profile *base = comparing->base;
  for (uint32_t i = 1; i < base->node_count; i++) {
    uint32_t parent = comparing->base_nodes[base->nodes[i].parent];
    uint32_t frame = comparing->base_frames[base->nodes[i].frame];
    uint32_t node = parent == NONE ? NONE : builder_find_child(comparing->builder, parent, frame);
    comparing->base_nodes[i] = node;
    if (node == NONE)
      continue;
    struct profile_side side = base_side(comparing, i);
    comparing->sides[node].own += side.own;
    comparing->sides[node].calls += side.calls;
  }
}

// Marks the nodes of BASE that weigh something and HEAD does not have, and all on the way to them, with anything but
// NONE: children before their parents.
static void mark_vanished(struct comparing *comparing)
{
  const struct profile *base = comparing->base;
  for (size_t i = 0; i < base->node_count; i++)
    comparing->vanished[i] = NONE;
  for (uint32_t i = (uint32_t)base->node_count - 1; i > 0; i--) {
    struct profile_side side = base_side(comparing, i);
    if (comparing->base_nodes[i] == NONE && (side.own || side.calls))
      comparing->vanished[i] = 0;
    if (comparing->vanished[i] != NONE)
      comparing->vanished[base->nodes[i].parent] = 0;
  }
}

static uint32_t vanished_child(const struct comparing *comparing, uint32_t node)
{
  static const char name[] = "[vanished]";
  struct profile_builder *builder = comparing->builder;
  const struct profile_node *from = &comparing->base->nodes[node];
  if (node != 0)
    return profile_builder_child(builder, comparing->vanished[from->parent], comparing->base_frames[from->frame]);
  uint32_t frame = profile_builder_frame(builder, FRAME_VANISHED, name, strlen(name), "", 0, false);
  return frame == PROFILE_FAILED ? frame : profile_builder_child(builder, 0, frame);
}

static int grow_vanished(struct comparing *comparing)
{
  mark_vanished(comparing);
  for (uint32_t i = 0; i < comparing->base->node_count; i++) {
    if (comparing->vanished[i] == NONE)
      continue;
    uint32_t node = vanished_child(comparing, i);
    if (node == PROFILE_FAILED)
      return -1;
    comparing->vanished[i] = node;
    if (comparing->base_nodes[i] != NONE) // only on the way
      continue;
    struct profile_side side = base_side(comparing, i);
    profile_builder_add(comparing->builder, node, side.own, side.calls);
    comparing->sides[node].own += side.own;
    comparing->sides[node].calls += side.calls;
  }
  return 0;
}

// How long a call took is not scaled.
static void scale_function(const struct comparing *comparing, struct profile_function *function)
{
  function->own_ns = scaled(comparing->own, function->own_ns);
  uint64_t total_ns = scaled(comparing->own, function->total_ns);
  function->total_ns = total_ns || !function->total_ns ? total_ns : 1; // it was there
  function->gc_ns = scaled(comparing->own, function->gc_ns);
  function->waiting_ns = scaled(comparing->own, function->waiting_ns);
  function->runnable_ns = scaled(comparing->own, function->runnable_ns);
  function->calls = scaled(comparing->calls, function->calls);
}

// In the order of struct profile's functions: most own time first, then by name.
static int by_own_and_name(const void *left, const void *right, void *frames)
{
  const struct both *a = left, *b = right;
  const struct profile_frame *of = frames;
  if (a->head.own_ns != b->head.own_ns)
    return a->head.own_ns < b->head.own_ns ? 1 : -1;
  return strcmp(of[a->head.frame].name, of[b->head.frame].name);
}

static int join_functions(struct comparing *comparing)
{
  const struct profile *base = comparing->base, *head = comparing->head;
  uint32_t *place = calloc(builder_frame_count(comparing->builder) + 1, sizeof *place); // of each frame, from 1
  comparing->functions = calloc(base->function_count + head->function_count + 1, sizeof *comparing->functions);
  if (!place || !comparing->functions) {
    free(place);
    return -1;
  }
  struct both *functions = comparing->functions;
  size_t count = 0;
  for (size_t i = 0; i < head->function_count; i++) {
    uint32_t frame = comparing->head_frames[head->functions[i].frame];
    functions[count] = (struct both){.head = head->functions[i], .base.frame = frame};
    functions[count].head.frame = frame;
    place[frame] = (uint32_t)++count;
  }
  for (size_t i = 0; i < base->function_count; i++) {
    struct profile_function function = base->functions[i];
    scale_function(comparing, &function);
    function.frame = comparing->base_frames[function.frame];
    if (place[function.frame] == 0) {
      functions[count].head.frame = function.frame;
      place[function.frame] = (uint32_t)++count;
    }
    functions[place[function.frame] - 1].base = function;
  }
  comparing->function_count = count;
  free(place);
  qsort_r(functions, count, sizeof *functions, by_own_and_name, builder_frames(comparing->builder));
  return 0;
}

static int add_number(struct profile_builder *builder, const char *key, uint64_t number)
{
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, number);
  return profile_builder_fact(builder, key, text);
}

static int add_facts(const struct comparing *comparing)
{
  static const char *const keys[][2] = {
      {"node", "base.node"},         {"target", "base.target"}, {"otp", "base.otp"},     {"started", "base.started"},
      {"begin_ns", "base.begin_ns"}, {"end_ns", "base.end_ns"}, {"ended", "base.ended"},
  };
  struct profile_builder *builder = comparing->builder;
  if (profile_builder_fact(builder, "base", comparing->comparison->base_name) < 0 ||
      profile_builder_fact(builder, "head", comparing->comparison->head_name) < 0)
    return -1;
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const char *value = profile_fact_value(comparing->base, keys[i][0]);
    if (value && profile_builder_fact(builder, keys[i][1], value) < 0)
      return -1;
  }
  const char *sampled = profile_fact_value(comparing->base, "sampled"); // no calls to compare, whichever side it is
  if (sampled && profile_builder_fact(builder, "sampled", sampled) < 0)
    return -1;
  if (add_number(builder, "base.lost", comparing->base->lost_events) < 0)
    return -1;
  if (comparing->own.from && add_number(builder, "base_own", comparing->base_total.own) < 0)
    return -1;
  return comparing->calls.from ? add_number(builder, "base_calls", comparing->base_total.calls) : 0;
}

// Copies the nodes' sides of functions into two tables of equal order.
static struct profile *finish(struct comparing *comparing, struct error *err)
{
  size_t count = comparing->function_count;
  struct profile_function *functions = calloc(2 * count + 1, sizeof *functions);
  if (!functions) {
    profile_builder_free(comparing->builder);
    error_set(err, ERROR_MEMORY, "out of memory for a comparison of %zu functions", count);
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    functions[i] = comparing->functions[i].head;
    functions[count + i] = comparing->functions[i].base;
    functions[count + i].frame = functions[i].frame;
  }
  const struct builder_given given = {
      .original = comparing->head,
      .functions = functions,
      .base_functions = functions + count,
      .function_count = count,
      .base = comparing->sides,
      .counts_known = comparing->counts_known,
      .times_known = comparing->base->times_known && comparing->head->times_known,
      .turned = comparing->head->own_kinds != NULL,
  };
  struct profile *profile = builder_finish_given(comparing->builder, &given, err);
  free(functions);
  return profile;
}

static int allocate(struct comparing *comparing)
{
  const struct profile *base = comparing->base, *head = comparing->head;
  comparing->head_frames = calloc(head->frame_count + 1, sizeof *comparing->head_frames);
  comparing->base_frames = calloc(base->frame_count + 1, sizeof *comparing->base_frames);
  comparing->head_nodes = calloc(head->node_count, sizeof *comparing->head_nodes);
  comparing->base_nodes = calloc(base->node_count, sizeof *comparing->base_nodes);
  comparing->vanished = calloc(base->node_count, sizeof *comparing->vanished);
  comparing->sides = calloc(head->node_count + base->node_count + 1, sizeof *comparing->sides);
  return comparing->head_frames && comparing->base_frames && comparing->head_nodes && comparing->base_nodes &&
                 comparing->vanished && comparing->sides
             ? 0
             : -1;
}

static int merge(struct comparing *comparing)
{
  const struct profile *base = comparing->base, *head = comparing->head;
  struct profile_builder *builder = comparing->builder;
  if (allocate(comparing) < 0 || builder_copy_frames(builder, head, comparing->head_frames) < 0 ||
      builder_copy_frames(builder, base, comparing->base_frames) < 0 || builder_copy_tables(builder, head) < 0 ||
      builder_copy_calls(builder, head, comparing->head_frames) < 0 || grow_head(comparing) < 0)
    return -1;
  match_base(comparing);
  if (grow_vanished(comparing) < 0 || join_functions(comparing) < 0)
    return -1;
  return add_facts(comparing);
}

struct profile *profile_compare(const struct profile_comparison *comparison, struct error *err)
{
  struct comparing comparing = {
      .comparison = comparison,
      .base = comparison->base,
      .head = comparison->head,
      .builder = profile_builder_new(err),
      .counts_known = comparison->base->counts_known && comparison->head->counts_known,
  };
  struct profile *profile = NULL;
  if (!comparing.builder)
    return NULL;
  find_scales(&comparing);
  if (merge(&comparing) == 0) {
    profile = finish(&comparing, err);
  } else {
    error_set(err, ERROR_MEMORY, "out of memory, or too many different stacks, while comparing");
    profile_builder_free(comparing.builder);
  }
  free(comparing.head_frames);
  free(comparing.base_frames);
  free(comparing.head_nodes);
  free(comparing.base_nodes);
  free(comparing.vanished);
  free(comparing.sides);
  free(comparing.functions);
  return profile;
}
