// A builder's arrays in, the profile out, in an order that owes nothing to the order of events: frames in byte order of
// their names ([vanished] last: it is drawn beside the others), nodes in preorder with children in the order of their
// frames, functions by own time.
#include "builder.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct finish {
  struct profile_builder *builder;
  struct error *err;
  struct profile profile; // grows here; its arrays lie in the builder's arena
  uint32_t *rank;         // of a builder's frame: its index in the profile
  uint32_t *index_of;     // of a builder's node: its index in the profile
  const struct frame_tally *tallies;
};

static void *place(struct finish *finish, size_t count, size_t size)
{
  void *array = arena_alloc(finish->builder->arena, count * size);
  if (!array)
    error_set(finish->err, ERROR_MEMORY, "out of memory for a profile of %u stacks", finish->builder->node_count);
  return array;
}

static void *scratch(struct finish *finish, size_t count, size_t size)
{
  void *array = calloc(count ? count : 1, size);
  if (!array)
    error_set(finish->err, ERROR_MEMORY, "out of memory for a profile of %u stacks", finish->builder->node_count);
  return array;
}

static int by_name(const void *left, const void *right, void *frames)
{
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  const struct profile_frame *of = frames;
  int order = (of[a].kind == FRAME_VANISHED) - (of[b].kind == FRAME_VANISHED);
  if (order == 0)
    order = strcmp(of[a].name, of[b].name);
  if (order == 0)
    order = (of[a].kind > of[b].kind) - (of[a].kind < of[b].kind);
  return order ? order : (a > b) - (a < b);
}

// Frames in byte order of their names, and the rank that says where each went.
static int sort_frames(struct finish *finish)
{
  const struct profile_frame *from = builder_frames(finish->builder);
  uint32_t count = builder_frame_count(finish->builder);
  struct profile_frame *to = place(finish, count, sizeof *to);
  uint32_t *order = scratch(finish, count, sizeof *order);
  finish->rank = scratch(finish, count, sizeof *finish->rank);
  int result = -1;
  if (to && order && finish->rank) {
    for (uint32_t i = 0; i < count; i++)
      order[i] = i;
    if (count)
      qsort_r(order, count, sizeof *order, by_name, (void *)(uintptr_t)from);
    for (uint32_t i = 0; i < count; i++) {
      to[i] = from[order[i]];
      finish->rank[order[i]] = i;
    }
    finish->profile.frames = to;
    finish->profile.frame_count = count;
    result = 0;
  }
  free(order);
  return result;
}

struct links {
  uint32_t *first_child;
  uint32_t *next_sibling;
};

// Chains every node's children in order of their frames: going through all nodes from the last frame to the first and
// putting each before its siblings.
static int link_children(struct finish *finish, const struct links *links)
{
  const struct build_node *nodes = builder_nodes(finish->builder);
  uint32_t node_count = finish->builder->node_count;
  size_t frame_count = finish->profile.frame_count;
  uint32_t *ends = scratch(finish, frame_count + 1, sizeof *ends);
  uint32_t *order = scratch(finish, node_count, sizeof *order);
  int result = -1;
  if (ends && order) {
    for (uint32_t node = 1; node < node_count; node++)
      ends[finish->rank[nodes[node].frame] + 1]++;
    for (size_t i = 1; i <= frame_count; i++)
      ends[i] += ends[i - 1];
    for (uint32_t node = 1; node < node_count; node++)
      order[ends[finish->rank[nodes[node].frame]]++] = node;
    for (uint32_t i = node_count - 1; i-- > 0;) {
      uint32_t parent = nodes[order[i]].parent;
      links->next_sibling[order[i]] = links->first_child[parent];
      links->first_child[parent] = order[i];
    }
    result = 0;
  }
  free(order);
  free(ends);
  return result;
}

// The node after `at` in preorder, or 0 after the last.
static uint32_t next_in_preorder(const struct build_node *nodes, const struct links *links, uint32_t at)
{
  if (links->first_child[at])
    return links->first_child[at];
  while (at != 0 && !links->next_sibling[at])
    at = nodes[at].parent;
  return links->next_sibling[at];
}

static void copy_in_preorder(struct finish *finish, const struct links *links, struct profile_node *to,
                             uint32_t *index_of)
{
  const struct build_node *from = builder_nodes(finish->builder);
  uint32_t index = 0, at = 0;
  do {
    index_of[at] = index++;
    at = next_in_preorder(from, links, at);
  } while (at != 0);
  for (at = 0; at < finish->builder->node_count; at++) {
    to[index_of[at]] = (struct profile_node){
        .frame = finish->rank[from[at].frame],
        .parent = index_of[from[at].parent],
        .first_child = index_of[links->first_child[at]], // the root's index is 0 on both sides
        .next_sibling = index_of[links->next_sibling[at]],
        .own = from[at].own,
        .calls = from[at].calls,
    };
  }
}

static int copy_tracing(struct finish *finish)
{
  const uint64_t *from = (const uint64_t *)finish->builder->tracing.data;
  size_t count = finish->builder->tracing.size / sizeof *from;
  if (count == 0)
    return 0;
  uint64_t *to = place(finish, finish->profile.node_count, sizeof *to);
  if (!to)
    return -1;
  for (size_t i = 0; i < finish->profile.node_count; i++)
    to[finish->index_of[i]] = i < count ? from[i] : 0;
  finish->profile.tracing = to;
  return 0;
}

static int order_nodes(struct finish *finish)
{
  uint32_t count = finish->builder->node_count;
  struct links links = {scratch(finish, count, sizeof(uint32_t)), scratch(finish, count, sizeof(uint32_t))};
  finish->index_of = scratch(finish, count, sizeof *finish->index_of);
  struct profile_node *to = place(finish, count, sizeof *to);
  int result = -1;
  if (links.first_child && links.next_sibling && finish->index_of && to && link_children(finish, &links) == 0) {
    copy_in_preorder(finish, &links, to, finish->index_of);
    finish->profile.nodes = to;
    finish->profile.node_count = count;
    result = 0;
  }
  free(links.first_child);
  free(links.next_sibling);
  return result;
}

static void add_absence(struct profile_function *function, enum frame_kind kind, uint64_t own_ns)
{
  if (kind == FRAME_GC)
    function->gc_ns += own_ns;
  else if (kind == FRAME_WAITING)
    function->waiting_ns += own_ns;
  else if (kind == FRAME_RUNNABLE)
    function->runnable_ns += own_ns;
}

// A node's own time with all beneath it, and what was taken out of that.
struct subtree {
  uint64_t left_ns, tracing_ns;
};

static void sum_subtrees(const struct profile *profile, struct subtree *subtree)
{
  const struct profile_node *nodes = profile->nodes;
  for (size_t i = profile->node_count; i-- > 0;) {
    subtree[i].left_ns += nodes[i].own;
    subtree[i].tracing_ns += profile->tracing ? profile->tracing[i] : 0;
    if (i > 0) {
      subtree[nodes[i].parent].left_ns += subtree[i].left_ns;
      subtree[nodes[i].parent].tracing_ns += subtree[i].tracing_ns;
    }
  }
}

// Walks the nodes in preorder; a subtree counts for its function only where no ancestor is the same function.
static void sum_functions(const struct profile *profile, struct profile_function *functions,
                          const struct subtree *subtree, uint32_t *open)
{
  const struct profile_node *nodes = profile->nodes;
  uint32_t above = 0;
  for (uint32_t i = 1; i < profile->node_count; above = i++) {
    for (; above != nodes[i].parent; above = nodes[above].parent)
      open[nodes[above].frame]--;
    struct profile_function *function = &functions[nodes[i].frame];
    function->own_ns += nodes[i].own;
    function->tracing_ns += profile->tracing ? profile->tracing[i] : 0;
    if (nodes[i].parent != 0)
      add_absence(&functions[nodes[nodes[i].parent].frame], profile->frames[nodes[i].frame].kind, nodes[i].own);
    function->calls += nodes[i].calls;
    if (open[nodes[i].frame]++ == 0) {
      function->total_ns += subtree[i].left_ns;
      function->total_tracing_ns += subtree[i].tracing_ns;
    }
  }
}

static void add_lengths(struct profile_function *function, uint64_t calls, uint64_t sum_ns, uint64_t min_ns,
                        uint64_t max_ns)
{
  if (calls == 0)
    return;
  if (function->timed_calls == 0 || min_ns < function->call_min_ns)
    function->call_min_ns = min_ns;
  if (max_ns > function->call_max_ns)
    function->call_max_ns = max_ns;
  function->timed_calls += calls;
  if (__builtin_add_overflow(function->call_sum_ns, sum_ns, &function->call_sum_ns))
    function->call_sum_ns = UINT64_MAX;
}

// What is left of the lengths of a node's calls: as much as of its time.
static uint64_t left_of(uint64_t sum_ns, const struct subtree *subtree)
{
  if (subtree->tracing_ns == 0)
    return sum_ns;
  wide all_ns = (wide)subtree->left_ns + subtree->tracing_ns;
  return (uint64_t)((wide)sum_ns * subtree->left_ns / all_ns);
}

static void add_tallies(struct finish *finish, const struct subtree *subtree, struct profile_function *functions)
{
  const struct build_node *nodes = builder_nodes(finish->builder);
  for (uint32_t i = 1; i < finish->builder->node_count; i++)
    add_lengths(&functions[finish->rank[nodes[i].frame]], nodes[i].timed_calls,
                left_of(nodes[i].call_sum_ns, &subtree[finish->index_of[i]]), nodes[i].call_min_ns,
                nodes[i].call_max_ns);
  for (uint32_t i = 0; i < finish->profile.frame_count; i++) {
    const struct frame_tally *tally = &finish->tallies[i];
    struct profile_function *function = &functions[finish->rank[i]];
    function->calls += tally->calls_elsewhere;
    add_lengths(function, tally->timed_calls, tally->call_sum_ns, tally->call_min_ns, tally->call_max_ns);
  }
}

static int by_own_time(const void *left, const void *right)
{
  const struct profile_function *a = left, *b = right;
  if (a->own_ns != b->own_ns)
    return a->own_ns < b->own_ns ? 1 : -1;
  return (a->frame > b->frame) - (a->frame < b->frame);
}

static int make_function_table(struct finish *finish)
{
  size_t frame_count = finish->profile.frame_count;
  struct subtree *subtree = scratch(finish, finish->profile.node_count, sizeof *subtree);
  uint32_t *open = scratch(finish, frame_count, sizeof *open);
  struct profile_function *functions = place(finish, frame_count, sizeof *functions);
  int result = -1;
  if (subtree && open && functions) {
    sum_subtrees(&finish->profile, subtree);
    sum_functions(&finish->profile, functions, subtree, open);
    add_tallies(finish, subtree, functions);
    size_t kept = 0;
    for (uint32_t frame = 0; frame < frame_count; frame++) {
      functions[frame].frame = frame;
      bool seen = functions[frame].calls || functions[frame].own_ns || functions[frame].total_ns ||
                  functions[frame].total_tracing_ns;
      if (finish->profile.frames[frame].kind == FRAME_FUNCTION && seen)
        functions[kept++] = functions[frame];
    }
    if (kept)
      qsort(functions, kept, sizeof *functions, by_own_time);
    finish->profile.functions = functions;
    finish->profile.function_count = kept;
    result = 0;
  }
  free(subtree);
  free(open);
  return result;
}

static int by_process_and_start(const void *left, const void *right)
{
  const struct profile_span *a = left, *b = right;
  if (a->process != b->process)
    return a->process < b->process ? -1 : 1;
  if (a->start_ns != b->start_ns)
    return a->start_ns < b->start_ns ? -1 : 1;
  return (a->node > b->node) - (a->node < b->node); // nodes are in preorder: outer before inner
}

static int copy_spans(struct finish *finish)
{
  const struct bytes *from = &finish->builder->spans;
  size_t count = from->size / sizeof(struct profile_span);
  if (count == 0)
    return 0;
  struct profile_span *spans = place(finish, count, sizeof *spans);
  if (!spans)
    return -1;
  memcpy(spans, from->data, from->size);
  for (size_t i = 0; i < count; i++)
    spans[i].node = finish->index_of[spans[i].node];
  qsort(spans, count, sizeof *spans, by_process_and_start);
  finish->profile.spans = spans;
  finish->profile.span_count = count;
  finish->profile.span_min_ns = finish->builder->span_min_ns;
  return 0;
}

static int by_start(const void *left, const void *right)
{
  const struct profile_call *a = left, *b = right;
  if (a->start_ns != b->start_ns)
    return a->start_ns < b->start_ns ? -1 : 1;
  if (a->process != b->process)
    return a->process < b->process ? -1 : 1;
  if (a->length_ns != b->length_ns)
    return a->length_ns < b->length_ns ? -1 : 1; // one of no length ended before the next began
  return (a->frame > b->frame) - (a->frame < b->frame);
}

static int copy_calls(struct finish *finish)
{
  const struct bytes *from = &finish->builder->calls;
  size_t count = from->size / sizeof(struct profile_call);
  finish->profile.calls_seen = finish->builder->calls_seen;
  if (count == 0)
    return 0;
  struct profile_call *calls = place(finish, count, sizeof *calls);
  if (!calls)
    return -1;
  memcpy(calls, from->data, from->size);
  for (size_t i = 0; i < count; i++) {
    calls[i].frame = finish->rank[calls[i].frame];
    if (calls[i].caller != PROFILE_NO_FRAME)
      calls[i].caller = finish->rank[calls[i].caller];
  }
  qsort(calls, count, sizeof *calls, by_start);
  finish->profile.calls = calls;
  finish->profile.call_count = count;
  return 0;
}

// `function_times` stand in the order of the functions.
static int copy_times(struct finish *finish)
{
  const struct profile_builder *builder = finish->builder;
  struct profile *profile = &finish->profile;
  size_t count = builder->frame_times.size / sizeof(struct profile_spread);
  if (builder->measured_calls == 0)
    return 0;
  const struct profile_spread *from = (const struct profile_spread *)builder->frame_times.data;
  struct profile_spread *by_rank = scratch(finish, profile->frame_count, sizeof *by_rank);
  struct profile_spread *to = place(finish, profile->function_count, sizeof *to);
  if (by_rank && to) {
    for (size_t i = 0; i < count; i++)
      by_rank[finish->rank[i]] = from[i];
    for (size_t i = 0; i < profile->function_count; i++)
      to[i] = by_rank[profile->functions[i].frame];
    profile->measured_calls = builder->measured_calls;
    profile->call_time = builder->call_time;
    profile->function_times = to;
  }
  free(by_rank);
  return by_rank && to ? 0 : -1;
}

static int copy_array(struct finish *finish, const struct bytes *from, const void **to)
{
  void *copy = place(finish, 1, from->size);
  if (!copy)
    return -1;
  if (from->size)
    memcpy(copy, from->data, from->size);
  *to = copy;
  return 0;
}

static const char *copy_text(struct finish *finish, const char *text)
{
  size_t size = strlen(text) + 1;
  char *copy = place(finish, 1, size);
  return copy ? memcpy(copy, text, size) : NULL;
}

static int copy_tables(struct finish *finish)
{
  const struct profile_builder *builder = finish->builder;
  struct profile *profile = &finish->profile;
  const struct build_fact *facts = (const struct build_fact *)builder->facts.data;
  profile->process_count = builder->processes.size / sizeof(struct profile_process);
  profile->module_count = builder->modules.size / sizeof(struct profile_module);
  profile->fact_count = builder->facts.size / sizeof *facts;
  struct profile_fact *to = place(finish, profile->fact_count, sizeof *to);
  if (!to)
    return -1;
  for (size_t i = 0; i < profile->fact_count; i++) {
    to[i].key = copy_text(finish, facts[i].key);
    to[i].value = copy_text(finish, facts[i].value);
    if (!to[i].key || !to[i].value)
      return -1;
  }
  profile->facts = to;
  if (copy_array(finish, &builder->processes, (const void **)&profile->processes) < 0)
    return -1;
  return copy_array(finish, &builder->modules, (const void **)&profile->modules);
}

// In a turned stack the outermost frame is where the time was spent, and says what kind of time it is. [vanished] is no
// part of a stack.
static int mark_own_kinds(struct finish *finish)
{
  const struct profile *profile = &finish->profile;
  uint8_t *kinds = place(finish, profile->node_count, sizeof *kinds);
  if (!kinds)
    return -1;
  for (size_t i = 1; i < profile->node_count; i++) {
    const struct profile_node *node = &profile->nodes[i];
    bool outermost = node->parent == 0 || profile->frames[profile->nodes[node->parent].frame].kind == FRAME_VANISHED;
    kinds[i] = outermost ? (uint8_t)profile->frames[node->frame].kind : kinds[node->parent];
  }
  finish->profile.own_kinds = kinds;
  return 0;
}

static const struct profile_function *copy_functions(struct finish *finish, const struct profile_function *from,
                                                     size_t count)
{
  struct profile_function *to = place(finish, count, sizeof *to);
  for (size_t i = 0; to && i < count; i++) {
    to[i] = from[i];
    to[i].frame = finish->rank[from[i].frame];
  }
  return to;
}

static int take_functions(struct finish *finish, const struct builder_given *given)
{
  struct profile *profile = &finish->profile;
  profile->functions = copy_functions(finish, given->functions, given->function_count);
  profile->function_count = given->function_count;
  if (given->base_functions)
    profile->base_functions = copy_functions(finish, given->base_functions, given->function_count);
  return profile->functions && (profile->base_functions || !given->base_functions) ? 0 : -1;
}

static int take_base(struct finish *finish, const struct profile_side *from)
{
  struct profile *profile = &finish->profile;
  struct profile_side *to = place(finish, profile->node_count, sizeof *to);
  if (!to)
    return -1;
  for (uint32_t i = 0; i < profile->node_count; i++)
    to[finish->index_of[i]] = from[i];
  profile->base = to;
  for (uint32_t node = profile->nodes[0].first_child; node != 0; node = profile->nodes[node].next_sibling)
    if (profile->frames[profile->nodes[node].frame].kind == FRAME_VANISHED)
      profile->vanished = node;
  return 0;
}

static int take_given(struct finish *finish, const struct builder_given *given)
{
  if (take_functions(finish, given) < 0 || (given->base && take_base(finish, given->base) < 0))
    return -1;
  return given->turned ? mark_own_kinds(finish) : 0;
}

static bool weights_overflow(const struct profile_builder *builder)
{
  const struct build_node *nodes = builder_nodes(builder);
  uint64_t sum = 0;
  bool overflow = builder->overflowed;
  for (uint32_t i = 0; i < builder->node_count; i++)
    overflow |= __builtin_add_overflow(sum, nodes[i].own, &sum);
  return overflow;
}

static int check_builder(const struct profile_builder *builder, struct error *err)
{
  if (builder->failed)
    return error_set(err, ERROR_MEMORY, "the profile is too large: out of memory, or more than %zu different stacks",
                     PROFILE_MAX_NODES);
  if (weights_overflow(builder))
    return error_set(err, ERROR_DATA, "the weights add up to more than a 64-bit number holds");
  return 0;
}

// The profile and the arena that all of it lies in, itself included.
struct owner {
  struct profile profile;
  struct arena *arena;
};

static struct profile *hand_over(struct finish *finish)
{
  struct owner *owner = place(finish, 1, sizeof *owner);
  if (!owner)
    return NULL;
  owner->profile = finish->profile;
  owner->arena = finish->builder->arena;
  finish->builder->arena = NULL;
  return &owner->profile;
}

static struct profile *finish_with(struct profile_builder *builder, const struct profile_totals *totals,
                                   const struct builder_given *given, struct error *err)
{
  struct finish finish = {.builder = builder, .err = err, .tallies = (const struct frame_tally *)builder->tallies.data};
  finish.profile.events = totals->events;
  finish.profile.lost_events = totals->lost_events;
  finish.profile.gc = totals->gc;
  finish.profile.waiting = totals->waiting;
  finish.profile.runnable = totals->runnable;
  finish.profile.taken_out = totals->taken_out;
  finish.profile.counts_known = totals->counts_known;
  finish.profile.times_known = !totals->calls_only;
  struct profile *profile = NULL;
  if (check_builder(builder, err) == 0 && sort_frames(&finish) == 0 && order_nodes(&finish) == 0 &&
      copy_tracing(&finish) == 0 && copy_tables(&finish) == 0 && copy_spans(&finish) == 0 && copy_calls(&finish) == 0 &&
      (given ? take_given(&finish, given) : make_function_table(&finish)) == 0 && copy_times(&finish) == 0)
    profile = hand_over(&finish);
  free(finish.rank);
  free(finish.index_of);
  profile_builder_free(builder);
  return profile;
}

struct profile *profile_builder_finish(struct profile_builder *builder, const struct profile_totals *totals,
                                       struct error *err)
{
  return finish_with(builder, totals, NULL, err);
}

struct profile *builder_finish_given(struct profile_builder *builder, const struct builder_given *given,
                                     struct error *err)
{
  const struct profile *original = given->original;
  struct profile_totals totals = {.events = original->events,
                                  .lost_events = original->lost_events,
                                  .gc = original->gc,
                                  .waiting = original->waiting,
                                  .runnable = original->runnable,
                                  .taken_out = original->taken_out,
                                  .counts_known = given->counts_known,
                                  .calls_only = !given->times_known};
  return finish_with(builder, &totals, given, err);
}

void profile_free(struct profile *profile)
{
  if (profile)
    arena_free(((struct owner *)profile)->arena);
}
