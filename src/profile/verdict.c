// Two profiles and terms in, findings out. Calls are judged in the tree that both sides share (call_pairs.h). Here
// Shop.total now maps twice; what the map calls only follows:
//
//     place                        calls        of the caller's    caused here
//     Shop.total                   1 -> 1       -                  -
//     Shop.total;Enum.map          1 -> 2       1 -> 2 a call      1
//     Shop.total;Enum.map;price  100 -> 200     100 a call         0
//
// Invariant: a function that grew beyond its limit is a regression, or follows from a place above that grew.
#include "profile/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "call_pairs.h"
#include "profile/name_pattern.h"
#include "profile/profile_snapshot.h"

#define NONE UINT32_MAX
#define VERDICT_MAX_BYTES ((size_t)2 << 30)
#define WHOLE (100.0L * VERDICT_PERCENT)
#define MAX_NOTES 32

__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 signed_wide;

// Where a function is called more.
struct place {
  uint32_t frame, caller, node; // caller NONE: nobody
  bool caused;                  // more than the caller's growth explains
  bool itself;                  // the caller is the function: recursion
  bool counted;                 // `of` are calls of the caller, else captured ones
  double more;                  // calls in HEAD: those that are caused here, or all that were added
  struct verdict_rate base, head;
};

// What is known of a function besides its calls.
struct growth {
  double caused;              // calls in HEAD, everywhere
  struct verdict_rate itself; // BASE's recursion, a call by others
  struct both_calls allowed;  // where they are more, beneath callers that may grow by name
  const struct place *most;   // the places of one caller put together; NULL without
  bool beneath;               // a caller grew where it did
  bool blamed;                // and that is a regression
  enum finding_weight weight;
};

// What is known of a node of the pairs.
struct spot {
  struct verdict_rate elsewhere; // in all places in BASE, by a caller that BASE does not have here
  bool caused;                   // calls are, here, of a function that is called more
  bool explained;                // here or above
  bool blamed;                   // here or above, and that is a regression
  bool allowed;                  // here or above, and the terms name a function that is called more there
};

// A node of the pairs by its caller and callee.
struct edge_node {
  uint32_t caller, callee, node;
};

// A finding while it is looked for.
struct ranked {
  struct finding finding;
  bool beneath; // its callers grew, too
  double size;  // of its kind: calls or nanoseconds
};

struct judging {
  const struct verdict_terms *terms;
  const struct profile *base, *head;
  struct profile *base_snapshot, *head_snapshot;
  uint64_t base_of, head_of; // captured calls, or 1 where that cannot be
  struct call_pairs pairs;
  struct place *places; // sorted: of one function together, caused ones first, then by caller
  size_t place_count;
  struct growth *growths; // of each frame of the pairs
  struct spot *spots;     // of each node of the pairs
  struct edge_node *edges;
  struct ranked *findings;
  size_t finding_count;
  struct verdict_note notes[MAX_NOTES];
  size_t note_count;
  struct arena *arena; // of the verdict
  bool failed;         // out of memory
};

struct owned_verdict {
  struct verdict verdict;
  struct arena *arena;
};

static const char *keep(struct judging *judging, const char *text)
{
  if (!text)
    return NULL;
  size_t size = strlen(text) + 1;
  char *copy = arena_alloc(judging->arena, size);
  judging->failed |= copy == NULL;
  return copy ? memcpy(copy, text, size) : "";
}

static bool among(const char *const *patterns, size_t count, const char *name)
{
  while (count > 0 && !name_pattern_matches(patterns[count - 1], name))
    count--;
  return count > 0;
}

static bool is_chosen(const void *opaque, const char *name)
{
  const struct verdict_terms *terms = opaque;
  return (terms->only_count == 0 || among(terms->only, terms->only_count, name)) &&
         !among(terms->skip, terms->skip_count, name);
}

// The last that names it, or NULL.
static const struct verdict_limit *limit_by_name(const struct verdict_limits *limits, const char *name)
{
  for (size_t i = limits->count; i-- > 0;)
    if (name_pattern_matches(limits->items[i].pattern, name))
      return &limits->items[i];
  return NULL;
}

static uint64_t limit_of(const struct verdict_limits *limits, const char *name)
{
  const struct verdict_limit *item = limit_by_name(limits, name);
  return item ? item->growth : limits->growth;
}

// From one rate to the other: exact, where it is only about more or less.
static bool is_more(const struct judging *judging, struct both_calls calls)
{
  return (wide)calls.head * judging->base_of > (wide)calls.base * judging->head_of;
}

static bool is_less(const struct judging *judging, struct both_calls calls)
{
  return (wide)calls.head * judging->base_of < (wide)calls.base * judging->head_of;
}

// What BASE's calls are in HEAD's captured calls.
static long double expected(const struct judging *judging, uint64_t base_calls)
{
  return (long double)base_calls * ((long double)judging->head_of / (long double)judging->base_of);
}

static bool is_beyond(const struct judging *judging, uint64_t base_calls, long double more, uint64_t limit)
{
  return limit != VERDICT_NO_LIMIT && more > expected(judging, base_calls) * (long double)limit / WHOLE;
}

// All calls of a function that HEAD has more, in HEAD's captured calls.
static long double added(const struct judging *judging, struct both_calls calls)
{
  return (long double)calls.head - expected(judging, calls.base);
}

static bool grew_beyond(const struct judging *judging, const struct pair_frame *frame)
{
  uint64_t limit = limit_of(&judging->terms->calls, frame->name);
  return is_more(judging, frame->calls) && is_beyond(judging, frame->calls.base, added(judging, frame->calls), limit);
}

static struct both_calls sum(struct both_calls a, struct both_calls b)
{
  return (struct both_calls){a.base + b.base, a.head + b.head};
}

// The calls that `rate`'s growth adds beyond what `of` explains. Of a caller that BASE does not have, all is explained
// by its coming.
static double caused(struct verdict_rate base, struct verdict_rate head)
{
  if ((wide)head.calls * base.of <= (wide)base.calls * head.of)
    return 0;
  signed_wide more = (signed_wide)((wide)head.calls * base.of - (wide)base.calls * head.of);
  return (double)((long double)more / (long double)base.of);
}

static void add_place(struct judging *judging, struct place place, struct both_calls calls)
{
  place.more = caused(place.base, place.head);
  place.caused = place.more > 0;
  if (place.caused)
    judging->spots[place.node].caused |= is_more(judging, judging->pairs.frames[place.frame].calls);
  else if (is_more(judging, calls))
    place.more = (double)added(judging, calls);
  else
    return;
  judging->growths[place.frame].caused += place.caused ? place.more : 0;
  judging->places[judging->place_count++] = place;
}

static int by_edge(const void *left, const void *right)
{
  const struct edge_node *a = left, *b = right;
  if (a->caller != b->caller)
    return a->caller < b->caller ? -1 : 1;
  return (a->callee > b->callee) - (a->callee < b->callee);
}

// One edge's: where the two come together in BASE; of any call of the caller where they nowhere do.
static struct verdict_rate rate_in_base(const struct judging *judging, const struct edge_node *edges, size_t count)
{
  struct verdict_rate rate = {0};
  for (size_t i = 0; i < count; i++) {
    const struct pair_node *node = &judging->pairs.nodes[edges[i].node], *parent = &judging->pairs.nodes[node->parent];
    rate.calls += node->first.base;
    rate.of += node->first.base ? parent->first.base + parent->again.base : 0;
  }
  if (rate.of == 0)
    rate.of = judging->pairs.frames[edges[0].caller].calls.base;
  return rate;
}

static void look_elsewhere(struct judging *judging)
{
  size_t count = 0, end;
  struct edge_node *edges = judging->edges;
  for (uint32_t i = 1; i < judging->pairs.node_count; i++) {
    const struct pair_node *node = &judging->pairs.nodes[i];
    if (node->parent)
      edges[count++] = (struct edge_node){judging->pairs.nodes[node->parent].frame, node->frame, i};
  }
  if (count > 0)
    qsort(edges, count, sizeof *edges, by_edge);
  for (size_t i = 0; i < count; i = end) {
    for (end = i + 1; end < count && by_edge(&edges[i], &edges[end]) == 0;)
      end++;
    struct verdict_rate rate = rate_in_base(judging, edges + i, end - i);
    for (size_t k = i; k < end; k++)
      judging->spots[edges[k].node].elsewhere = rate;
  }
  for (uint32_t i = 1; i < judging->pairs.node_count; i++) {
    const struct pair_node *node = &judging->pairs.nodes[i];
    struct verdict_rate *itself = &judging->growths[node->frame].itself;
    itself->calls += node->again.base;
    itself->of += node->first.base;
  }
}

// How often BASE's caller does it: here, or elsewhere where it is not called here. A function that is new comes with
// whatever calls it.
static struct verdict_rate base_rate(const struct judging *judging, uint32_t frame, struct verdict_rate here,
                                     struct verdict_rate elsewhere)
{
  return here.of == 0 && judging->pairs.frames[frame].calls.base > 0 ? elsewhere : here;
}

// Whether the caller's calls can explain its callee's: not where it was not seen being called.
static bool is_counted(struct both_calls calls, struct both_calls of)
{
  return (of.base || of.head) && (of.base || !calls.base) && (of.head || !calls.head);
}

static void look_at_node(struct judging *judging, uint32_t index)
{
  const struct pair_node *node = &judging->pairs.nodes[index], *parent = &judging->pairs.nodes[node->parent];
  struct both_calls all = {judging->base_of, judging->head_of}, of = sum(parent->first, parent->again);
  bool counted = is_counted(node->first, of), entered = node->first.base || node->first.head;
  struct both_calls entries = entered ? node->first : all;
  struct verdict_rate first = {node->first.base, counted ? of.base : all.base},
                      again = {node->again.base, entries.base};
  bool beneath = judging->spots[node->parent].explained;
  if (!counted)
    of = all;
  add_place(judging,
            (struct place){.frame = node->frame,
                           .caller = node->parent ? parent->frame : NONE,
                           .node = index,
                           .counted = counted,
                           .base = base_rate(judging, node->frame, first, judging->spots[index].elsewhere),
                           .head = {node->first.head, of.head}},
            node->first);
  add_place(judging,
            (struct place){.frame = node->frame,
                           .caller = node->frame,
                           .node = index,
                           .itself = true,
                           .counted = entered,
                           .base = base_rate(judging, node->frame, again, judging->growths[node->frame].itself),
                           .head = {node->again.head, entries.head}},
            node->again);
  judging->growths[node->frame].beneath |= beneath && is_more(judging, sum(node->first, node->again));
  judging->spots[index].explained = judging->spots[index].caused || beneath;
}

// Places of one caller, which are put together.
static int by_caller(const struct place *a, const struct place *b)
{
  if (a->frame != b->frame)
    return a->frame < b->frame ? -1 : 1;
  if (a->caused != b->caused)
    return a->caused ? -1 : 1;
  if (a->caller != b->caller)
    return a->caller < b->caller ? -1 : 1;
  return a->itself != b->itself ? a->itself - b->itself : a->counted - b->counted;
}

static int by_place(const void *left, const void *right)
{
  const struct place *a = left, *b = right;
  int order = by_caller(a, b);
  if (order == 0 && a->more != b->more)
    return a->more > b->more ? -1 : 1;
  return order ? order : (a->node > b->node) - (a->node < b->node);
}

// Adds up the places of one caller in the first of them, where most was added, and finds the caller that added most.
// Calls that are caused somewhere come before those that are not.
static void join_places(struct judging *judging)
{
  struct place *sum = NULL;
  for (size_t i = 0; i < judging->place_count; i++) {
    struct place *place = &judging->places[i];
    if (sum && by_caller(sum, place) == 0) {
      sum->more += place->more;
      sum->base.calls += place->base.calls;
      sum->head.calls += place->head.calls;
      sum->base.of += place->counted ? place->base.of : 0;
      sum->head.of += place->counted ? place->head.of : 0;
    } else {
      sum = place;
    }
    const struct place **most = &judging->growths[place->frame].most;
    if (!*most || ((*most)->caused == sum->caused && sum->more > (*most)->more))
      *most = sum;
  }
}

static struct verdict_edge edge_of(struct judging *judging, const struct place *place)
{
  struct verdict_edge edge = {.caller_file = ""};
  if (!place)
    return edge;
  edge.base = place->base;
  edge.head = place->head;
  edge.itself = place->itself;
  edge.counted = place->counted;
  if (place->caller == NONE)
    return edge;
  const struct pair_frame *caller = &judging->pairs.frames[place->caller];
  const struct pair_node *parent = &judging->pairs.nodes[judging->pairs.nodes[place->node].parent];
  edge.caller = keep(judging, caller->name);
  edge.caller_file = keep(judging, caller->file);
  edge.caller_line = caller->line;
  if (!place->itself && edge.counted && place->head.of < caller->calls.head && parent->parent != 0)
    edge.within = keep(judging, judging->pairs.frames[judging->pairs.nodes[parent->parent].frame].name);
  return edge;
}

static struct ranked *add_finding(struct judging *judging, enum finding_kind kind, enum finding_weight weight,
                                  const struct pair_frame *frame)
{
  struct ranked *ranked = &judging->findings[judging->finding_count++];
  long double more = added(judging, frame->calls);
  *ranked = (struct ranked){.finding = {.kind = kind,
                                        .weight = weight,
                                        .name = keep(judging, frame->name),
                                        .file = keep(judging, frame->file),
                                        .line = frame->line,
                                        .base = {frame->calls.base, judging->base_of},
                                        .head = {frame->calls.head, judging->head_of},
                                        .edge.caller_file = ""},
                            .size = (double)(more < 0 ? -more : more)};
  return ranked;
}

static enum finding_weight weigh_growth(const struct judging *judging, const struct pair_frame *frame,
                                        const struct growth *growth)
{
  uint64_t limit = limit_of(&judging->terms->calls, frame->name);
  if (!grew_beyond(judging, frame))
    return FINDING_ALLOWED;
  if (growth->beneath && !is_beyond(judging, frame->calls.base, growth->caused, limit))
    return FINDING_FOLLOWS;
  return frame->calls.base == 0 && judging->terms->allow_new ? FINDING_ALLOWED : FINDING_REGRESSION;
}

// Less of it is caused at the function's own edges than comes from above.
static bool is_mostly_from_above(const struct judging *judging, uint32_t frame)
{
  const struct growth *growth = &judging->growths[frame];
  return growth->beneath && 2 * growth->caused < added(judging, judging->pairs.frames[frame].calls);
}

static bool is_allowed_by_name(const struct judging *judging, uint32_t index)
{
  const struct pair_frame *frame = &judging->pairs.frames[index];
  bool is_new = frame->calls.base == 0 && judging->terms->allow_new;
  return judging->growths[index].weight == FINDING_ALLOWED && is_more(judging, frame->calls) &&
         (is_new || limit_by_name(&judging->terms->calls, frame->name));
}

// Finds what of each function's growth lies beneath callers that may grow.
static void look_for_allowed(struct judging *judging)
{
  for (uint32_t i = 1; i < judging->pairs.node_count; i++) {
    const struct pair_node *node = &judging->pairs.nodes[i];
    struct both_calls calls = sum(node->first, node->again);
    bool above = judging->spots[node->parent].allowed, more = is_more(judging, calls);
    struct growth *growth = &judging->growths[node->frame];
    if (above && more)
      growth->allowed = sum(growth->allowed, calls);
    judging->spots[i].allowed = above || (more && is_allowed_by_name(judging, node->frame));
  }
}

// Neither a regression nor leave to grow accounts for the growth above it.
static bool is_spread(const struct judging *judging, uint32_t index)
{
  const struct pair_frame *frame = &judging->pairs.frames[index];
  const struct growth *growth = &judging->growths[index];
  struct both_calls rest = {frame->calls.base - growth->allowed.base, frame->calls.head - growth->allowed.head};
  if (frame->calls.base == 0 && judging->terms->allow_new)
    return false;
  return growth->weight == FINDING_FOLLOWS && !growth->blamed && is_more(judging, rest) &&
         is_beyond(judging, frame->calls.base, added(judging, rest), limit_of(&judging->terms->calls, frame->name));
}

static void blame(struct judging *judging, uint32_t index, bool cause)
{
  const struct pair_node *node = &judging->pairs.nodes[index];
  bool above = judging->spots[node->parent].blamed;
  judging->spots[index].blamed = above || cause;
  judging->growths[node->frame].blamed |= above && is_more(judging, sum(node->first, node->again));
}

// What comes mostly from a regression above follows from that; not if that, too, comes mostly from above, or two could
// each follow from the other.
static void excuse_growths(struct judging *judging)
{
  for (uint32_t i = 1; i < judging->pairs.node_count; i++) {
    uint32_t frame = judging->pairs.nodes[i].frame;
    bool cause = judging->growths[frame].weight == FINDING_REGRESSION && !is_mostly_from_above(judging, frame);
    blame(judging, i, cause && judging->spots[i].caused);
  }
  for (uint32_t i = 0; i < judging->pairs.frame_count; i++)
    if (judging->growths[i].weight == FINDING_REGRESSION && judging->growths[i].blamed &&
        is_mostly_from_above(judging, i))
      judging->growths[i].weight = FINDING_FOLLOWS;
}

// What follows only from growths within their limits, each adding a little, is a regression where it goes beyond its
// own; what follows from that, follows.
static void accuse_growths(struct judging *judging)
{
  for (int look = 1; look >= 0; look--)
    for (uint32_t i = 1; i < judging->pairs.node_count; i++) {
      const struct pair_node *node = &judging->pairs.nodes[i];
      struct growth *growth = &judging->growths[node->frame];
      bool more = is_more(judging, sum(node->first, node->again));
      blame(judging, i, false);
      if (!look && more && is_spread(judging, node->frame))
        growth->weight = FINDING_REGRESSION;
      judging->spots[i].blamed |= more && growth->weight == FINDING_REGRESSION;
    }
}

static void weigh_growths(struct judging *judging)
{
  for (uint32_t i = 0; i < judging->pairs.frame_count; i++)
    judging->growths[i].weight = weigh_growth(judging, &judging->pairs.frames[i], &judging->growths[i]);
  look_for_allowed(judging);
  excuse_growths(judging);
  accuse_growths(judging);
}

static void judge_calls(struct judging *judging, uint32_t index)
{
  const struct pair_frame *frame = &judging->pairs.frames[index];
  const struct growth *growth = &judging->growths[index];
  if (is_more(judging, frame->calls)) {
    enum finding_kind kind = frame->calls.base == 0 ? FINDING_NEW : FINDING_CALLS;
    struct ranked *ranked = add_finding(judging, kind, growth->weight, frame);
    ranked->finding.limit = limit_of(&judging->terms->calls, frame->name);
    ranked->finding.edge = edge_of(judging, growth->most);
    ranked->beneath = growth->beneath;
  } else if (is_less(judging, frame->calls) && frame->calls.head == 0) {
    add_finding(judging, FINDING_VANISHED, judging->terms->fail_vanished ? FINDING_REGRESSION : FINDING_SAID, frame);
  } else if (is_less(judging, frame->calls)) {
    add_finding(judging, FINDING_FEWER, FINDING_IMPROVEMENT, frame);
  }
}

// A time without a line in a snapshot is too short for one: no longer than this.
static struct profile_spread at_most(const struct profile_spread *time)
{
  static const struct profile_spread floor_ns = {VERDICT_TIME_FLOOR_NS, VERDICT_TIME_FLOOR_NS, VERDICT_TIME_FLOOR_NS};
  return time->median_ns ? *time : floor_ns;
}

// Between the quartiles: what half of the calls differ by.
static uint64_t range_ns(const struct profile_spread *time)
{
  return time->upper_quartile_ns - time->lower_quartile_ns;
}

static bool is_slower(const struct profile_spread *given, const struct profile_spread *head, uint64_t limit)
{
  const struct profile_spread least = at_most(given), *base = &least;
  if (limit == VERDICT_NO_LIMIT || head->median_ns < base->median_ns)
    return false;
  uint64_t more_ns = head->median_ns - base->median_ns;
  return more_ns >= VERDICT_TIME_FLOOR_NS && (long double)more_ns * WHOLE > (long double)base->median_ns * limit &&
         more_ns > (wide)range_ns(base) + range_ns(head);
}

// The same time for each of more calls, which are judged themselves.
static bool is_time_of_calls(const struct judging *judging, uint32_t index, uint64_t limit)
{
  const struct pair_frame *frame = &judging->pairs.frames[index];
  enum finding_weight weight = judging->growths[index].weight;
  long double base = (long double)at_most(&frame->base_time).median_ns / (long double)frame->calls.base *
                     (long double)judging->base_of;
  long double head = (long double)at_most(&frame->head_time).median_ns / (long double)frame->calls.head *
                     (long double)judging->head_of;
  return is_more(judging, frame->calls) && (weight == FINDING_REGRESSION || weight == FINDING_FOLLOWS) &&
         head <= base * (1 + (long double)limit / WHOLE);
}

static struct ranked *judge_time(struct judging *judging, enum finding_kind slower, enum finding_kind faster,
                                 const struct pair_frame *frame, struct profile_spread base, struct profile_spread head)
{
  uint64_t limit = limit_of(&judging->terms->time, frame->name);
  struct ranked *ranked = NULL;
  if (is_slower(&base, &head, limit))
    ranked = add_finding(judging, slower, FINDING_REGRESSION, frame);
  else if (is_slower(&head, &base, limit))
    ranked = add_finding(judging, faster, FINDING_IMPROVEMENT, frame);
  if (!ranked)
    return NULL;
  ranked->finding.limit = limit;
  ranked->finding.base_time = base;
  ranked->finding.head_time = head;
  ranked->size = fabs((double)head.median_ns - (double)base.median_ns);
  return ranked;
}

// The function that all stacks of a snapshot begin with, or NULL.
static const struct profile_frame *outermost_function(const struct profile *snapshot)
{
  const struct profile_frame *frame = NULL;
  for (size_t i = 1; i < snapshot->node_count; i++) {
    const struct profile_frame *next = &snapshot->frames[snapshot->nodes[i].frame];
    if (snapshot->nodes[i].parent == 0 && (frame || next->kind != FRAME_FUNCTION))
      return NULL;
    frame = frame ? frame : next;
  }
  return frame;
}

static void judge_whole_call(struct judging *judging)
{
  const struct profile *base = judging->base_snapshot, *head = judging->head_snapshot;
  const struct profile_frame *called = outermost_function(head) ? outermost_function(head) : outermost_function(base);
  const struct pair_frame whole = {
      .name = called ? called->name : "", .file = called ? called->file : "", .line = called ? called->line : 0};
  if (is_chosen(judging->terms, whole.name))
    judge_time(judging, FINDING_CALL_TIME, FINDING_CALL_FASTER, &whole, base->call_time, head->call_time);
}

static enum verdict_times judge_times(struct judging *judging)
{
  const struct profile *base = judging->base_snapshot, *head = judging->head_snapshot;
  if (base->calls_seen == 0 || head->calls_seen == 0)
    return TIMES_NO_CALLS;
  if (base->measured_calls < VERDICT_MIN_MEASURED || head->measured_calls < VERDICT_MIN_MEASURED)
    return TIMES_TOO_FEW;
  for (uint32_t i = 0; i < judging->pairs.frame_count; i++) {
    const struct pair_frame *frame = &judging->pairs.frames[i];
    if (frame->calls.base == 0 || frame->calls.head == 0)
      continue;
    struct ranked *ranked =
        judge_time(judging, FINDING_OWN_TIME, FINDING_OWN_FASTER, frame, frame->base_time, frame->head_time);
    if (ranked && ranked->finding.kind == FINDING_OWN_TIME && is_time_of_calls(judging, i, ranked->finding.limit))
      ranked->finding.weight = FINDING_FOLLOWS;
  }
  judge_whole_call(judging);
  return TIMES_COMPARED;
}

static void add_note(struct judging *judging, enum verdict_note_kind kind, const char *base, const char *head)
{
  if (judging->note_count < MAX_NOTES)
    judging->notes[judging->note_count++] =
        (struct verdict_note){.kind = kind, .base = keep(judging, base), .head = keep(judging, head)};
}

static void compare_fact(struct judging *judging, enum verdict_note_kind kind, const char *key, bool both)
{
  const char *base = profile_fact_value(judging->base_snapshot, key),
             *head = profile_fact_value(judging->head_snapshot, key);
  bool differ = base && head ? strcmp(base, head) != 0 : !both && (base || head);
  if (differ)
    add_note(judging, kind, base, head);
}

static const char *by_the_clock(const struct profile *profile)
{
  const char *ended = profile_fact_value(profile, "ended");
  bool clock = ended && (strcmp(ended, "deadline") == 0 || strcmp(ended, "interrupted") == 0);
  return clock && profile->calls_seen == 0 ? ended : NULL;
}

static const char *lost(const struct profile *profile)
{
  const char *fact = profile_fact_value(profile, "lost_events");
  bool is_lost = profile->lost_events > 0 || (fact && strcmp(fact, "0") != 0);
  for (size_t i = 1; i < profile->node_count && !is_lost; i++)
    is_lost = profile->frames[profile->nodes[i].frame].kind == FRAME_LOST && profile->nodes[i].own > 0;
  return is_lost ? "" : NULL;
}

static const char *cut_short(const struct profile *profile)
{
  static const char *const well[] = {"deadline", "interrupted", "exited", "calls", "returned"};
  const char *ended = profile_fact_value(profile, "ended");
  for (size_t i = 0; ended && i < sizeof well / sizeof *well; i++)
    if (strcmp(ended, well[i]) == 0)
      return NULL;
  return ended;
}

// "2 of 10" of the captured calls that ended so, or NULL.
static const char *ended_so(const struct profile *profile, bool cut, char text[64])
{
  size_t count = 0;
  for (size_t i = 0; i < profile->call_count; i++) {
    enum profile_call_ending ending = profile->calls[i].ending;
    count += cut ? ending == PROFILE_CALL_CUT : ending == PROFILE_CALL_RAISED || ending == PROFILE_CALL_EXITED;
  }
  snprintf(text, 64, "%zu of %zu", count, profile->call_count);
  return count ? text : NULL;
}

static void note_ends(struct judging *judging)
{
  char base[64], head[64];
  const char *base_cut = cut_short(judging->base), *head_cut = cut_short(judging->head);
  if (lost(judging->base) || lost(judging->head))
    add_note(judging, NOTE_LOST, lost(judging->base), lost(judging->head));
  const char *base_folded = profile_fact_value(judging->base_snapshot, "folded"),
             *head_folded = profile_fact_value(judging->head_snapshot, "folded");
  if (base_folded || head_folded)
    add_note(judging, NOTE_BUDGET, base_folded, head_folded);
  if (base_cut || head_cut)
    add_note(judging, NOTE_BOUND, base_cut, head_cut);
  for (int cut = 1; cut >= 0; cut--) {
    const char *of_base = ended_so(judging->base, cut, base), *of_head = ended_so(judging->head, cut, head);
    if (of_base || of_head)
      add_note(judging, cut ? NOTE_CUT : NOTE_RAISED, of_base, of_head);
  }
}

static void note_all(struct judging *judging)
{
  compare_fact(judging, NOTE_TARGET, "target", true);
  compare_fact(judging, NOTE_SELECTION, "selection", false);
  compare_fact(judging, NOTE_OTP, "otp", true);
  compare_fact(judging, NOTE_ELIXIR, "elixir", true);
  if ((judging->base->calls_seen == 0) != (judging->head->calls_seen == 0))
    add_note(judging, NOTE_CALLS, judging->base->calls_seen ? "" : NULL, judging->head->calls_seen ? "" : NULL);
  if (by_the_clock(judging->base) && by_the_clock(judging->head))
    add_note(judging, NOTE_CLOCK, by_the_clock(judging->base), by_the_clock(judging->head));
  note_ends(judging);
  for (uint32_t i = 0; i < judging->pairs.frame_count; i++)
    if (judging->pairs.frames[i].calls.base && judging->pairs.frames[i].calls.head)
      return;
  add_note(judging, NOTE_STRANGERS, NULL, NULL);
}

static int allocate(struct judging *judging, struct error *err)
{
  size_t nodes = judging->pairs.node_count, frames = judging->pairs.frame_count;
  judging->places = calloc(2 * nodes + 1, sizeof *judging->places);
  judging->growths = calloc(frames + 1, sizeof *judging->growths);
  judging->spots = calloc(nodes + 1, sizeof *judging->spots);
  judging->edges = calloc(nodes + 1, sizeof *judging->edges);
  judging->findings = calloc(2 * frames + 2, sizeof *judging->findings); // calls and time of each, and the whole call's
  if (judging->places && judging->growths && judging->spots && judging->edges && judging->findings)
    return 0;
  return error_set(err, ERROR_MEMORY, "out of memory for a verdict on %zu functions", frames);
}

static int check_calls(const struct judging *judging, struct error *err)
{
  bool in_base = false, in_head = false;
  for (uint32_t i = 0; i < judging->pairs.frame_count; i++) {
    in_base |= judging->pairs.frames[i].calls.base > 0;
    in_head |= judging->pairs.frames[i].calls.head > 0;
  }
  if (in_base && in_head)
    return 0;
  const char *side = !in_base && !in_head ? "neither BASELINE nor HEAD" : in_base ? "HEAD" : "BASELINE";
  bool none = !in_base && !in_head, chosen = judging->terms->only_count || judging->terms->skip_count;
  return error_set(err, ERROR_DATA, "%s has %scalls%s: there is nothing to check", side, none ? "" : "no ",
                   chosen ? " of the functions that --only and --skip leave" : "");
}

// What fails first; calls before the time that they cost; causes before what is beneath them; then the largest.
static int by_importance(const void *left, const void *right)
{
  const struct ranked *a = left, *b = right;
  bool a_times = a->finding.kind > FINDING_NEW, b_times = b->finding.kind > FINDING_NEW;
  if (a->finding.weight != b->finding.weight)
    return a->finding.weight < b->finding.weight ? -1 : 1;
  if ((a_times || b_times) && a->finding.kind != b->finding.kind)
    return a->finding.kind < b->finding.kind ? -1 : 1;
  if (a->beneath != b->beneath)
    return a->beneath ? 1 : -1;
  if (a->size != b->size)
    return a->size > b->size ? -1 : 1;
  return strcmp(a->finding.name, b->finding.name);
}

static void judge_all(struct judging *judging, struct verdict *verdict)
{
  look_elsewhere(judging);
  for (uint32_t i = 1; i < judging->pairs.node_count; i++)
    look_at_node(judging, i);
  qsort(judging->places, judging->place_count, sizeof *judging->places, by_place);
  join_places(judging);
  weigh_growths(judging);
  for (uint32_t i = 0; i < judging->pairs.frame_count; i++) {
    const struct pair_frame *frame = &judging->pairs.frames[i];
    if (frame->calls.base == 0 && frame->calls.head == 0)
      continue;
    verdict->functions++;
    verdict->unchanged += !is_more(judging, frame->calls) && !is_less(judging, frame->calls);
    judge_calls(judging, i);
  }
  verdict->times = judge_times(judging);
  note_all(judging);
  if (judging->finding_count)
    qsort(judging->findings, judging->finding_count, sizeof *judging->findings, by_importance);
}

static int hand_over(struct judging *judging, struct verdict *verdict, struct error *err)
{
  struct finding *findings = arena_alloc(judging->arena, (judging->finding_count + 1) * sizeof *findings);
  struct verdict_note *notes = arena_alloc(judging->arena, sizeof judging->notes);
  if (!findings || !notes || judging->failed)
    return error_set(err, ERROR_MEMORY, "out of memory for a verdict on %zu functions", verdict->functions);
  for (size_t i = 0; i < judging->finding_count; i++) {
    findings[i] = judging->findings[i].finding;
    verdict->regressions += findings[i].weight == FINDING_REGRESSION;
  }
  memcpy(notes, judging->notes, sizeof judging->notes);
  verdict->findings = findings;
  verdict->finding_count = judging->finding_count;
  verdict->notes = notes;
  verdict->note_count = judging->note_count;
  verdict->base_captured = judging->base->calls_seen;
  verdict->head_captured = judging->head->calls_seen;
  verdict->base_measured = judging->base->measured_calls;
  verdict->head_measured = judging->head->measured_calls;
  return 0;
}

static int judge(struct judging *judging, struct verdict *verdict, struct error *err)
{
  uint64_t common = profile_common_calls(judging->base, judging->head);
  judging->base_snapshot = profile_snapshot(judging->base, common, err);
  judging->head_snapshot = judging->base_snapshot ? profile_snapshot(judging->head, common, err) : NULL;
  if (!judging->head_snapshot)
    return -1;
  bool by_call = judging->base_snapshot->calls_seen && judging->head_snapshot->calls_seen;
  verdict->by_call = by_call;
  judging->base_of = by_call ? judging->base_snapshot->calls_seen : 1;
  judging->head_of = by_call ? judging->head_snapshot->calls_seen : 1;
  if (call_pairs_init(&judging->pairs, judging->base_snapshot, judging->head_snapshot, is_chosen, judging->terms, err) <
          0 ||
      check_calls(judging, err) < 0 || allocate(judging, err) < 0)
    return -1;
  judge_all(judging, verdict);
  return hand_over(judging, verdict, err);
}

struct verdict *verdict_new(const struct profile *base, const struct profile *head, const struct verdict_terms *terms,
                            struct error *err)
{
  struct arena *arena = arena_new(VERDICT_MAX_BYTES);
  struct judging judging = {.terms = terms, .base = base, .head = head, .arena = arena};
  struct owned_verdict *owned = arena ? arena_alloc(arena, sizeof *owned) : NULL;
  int status = -1;
  if (owned)
    status = judge(&judging, &owned->verdict, err);
  else
    error_set(err, ERROR_MEMORY, "out of memory for a verdict");
  call_pairs_release(&judging.pairs);
  profile_free(judging.base_snapshot);
  profile_free(judging.head_snapshot);
  free(judging.places);
  free(judging.growths);
  free(judging.spots);
  free(judging.edges);
  free(judging.findings);
  if (status < 0) {
    arena_free(arena);
    return NULL;
  }
  owned->arena = arena;
  return &owned->verdict;
}

void verdict_free(struct verdict *verdict)
{
  if (verdict)
    arena_free(((struct owned_verdict *)verdict)->arena);
}
