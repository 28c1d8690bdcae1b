// A builder with all its time in, and what tracing cost taken off it.
//
// Single intervals say nothing: 10 ns of a program's lie under 600 of tracing, give or take 200. Sums of them do not
// say much more where there are many: what tracing costs differs by a seventh from function to function (whether its
// caller is near, whether its heap has room), so a program of tiny functions would have the time of these differences.
// So it is asked of each function, for each kind of interval, whether it is longer than tracing makes them all:
//
//     usually   the median over all functions of what their short intervals take, each as often as it has them, but
//               no more than what was measured; and in proportion what long ones, in which the process or the machine
//               was kept from work, add to that; and a fifth, by which they differ
//     felt      by more than a fifth where they are short, or by half in all; and a twentieth of all that the
//               function's intervals usually take
//
// A function that is felt nowhere has what so many calls and returns take anyhow. One that is loses what is usual of
// the intervals in which it is felt, and all the others:
//
//     usual: a call 500, a return 300    billed   calls   returns         mean   felt   left   taken
//     f                                 900,000   1,000         -          900    yes   300,000  600,000
//     g                                 520,000   1,000         -          520     no         1  519,999
//     h                                 950,000   1,000     1,000    600 + 350    no          1  949,999
//
// (with a bare_ns of 0). What a collection takes is the program's in so far as it is the program's garbage: a call that
// is traced leaves words on the heap.
//
// Invariant: what is taken is added up beside what is left, so both together stay what was billed. A stack that had
// time keeps a nanosecond at least: it was there.
#include "builder.h"

#include <stdlib.h>

#define FACTOR_BITS 20
#define FACTOR_ONE ((uint64_t)1 << FACTOR_BITS)

// Of a function's intervals of a kind, to be counted among those that show what is usual.
#define DENSE_MIN_COUNT 200
#define DENSE_MAX_LONG 50 // one in so many is long
#define PART_ONE 1024     // of parts

struct usual {
  uint64_t typical_ns[INTERVAL_KINDS]; // a short one
  uint64_t mean_ns[INTERVAL_KINDS];    // any
  uint64_t ns[INTERVAL_KINDS];         // with what they differ by
};

struct taking {
  const struct profile_builder *builder;
  uint64_t *costs;  // of each node, at factor one
  uint64_t *floors; // what each node keeps, if it has as much
};

static bool is_between_calls(size_t kind)
{
  return kind >= INTERVAL_CALL_CALL && kind <= INTERVAL_RETURN_RETURN;
}

static uint64_t limited(wide ns)
{
  return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

static uint64_t own_of(const struct taking *taking, uint32_t node)
{
  return builder_nodes(taking->builder)[node].own;
}

static enum frame_kind kind_of(const struct profile_builder *builder, uint32_t node)
{
  return builder_frames(builder)[builder_nodes(builder)[node].frame].kind;
}

static uint64_t most_of(const struct taking *taking, uint32_t node)
{
  uint64_t own = own_of(taking, node), floor = taking->floors[node];
  return own > floor ? own - floor : 0;
}

// What the node loses at a factor, in parts of FACTOR_ONE.
static uint64_t tracing_of(const struct taking *taking, uint32_t node, uint64_t factor)
{
  wide cost = (wide)taking->costs[node] * factor >> FACTOR_BITS;
  uint64_t most = most_of(taking, node);
  return cost < most ? (uint64_t)cost : most;
}

// What all nodes but [runnable] have left at a factor.
static uint64_t left_at(const struct taking *taking, uint64_t factor)
{
  uint64_t left = 0;
  for (uint32_t node = 1; node < taking->builder->node_count; node++)
    if (kind_of(taking->builder, node) != FRAME_RUNNABLE)
      left += own_of(taking, node) - tracing_of(taking, node, factor);
  return left;
}

// The higher the factor, the less is left.
static uint64_t factor_for(const struct taking *taking, uint64_t truth_ns)
{
  uint64_t low = 0, high = PROFILE_MAX_FACTOR * FACTOR_ONE; // the one that is looked for is in low..high
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (left_at(taking, middle) <= truth_ns)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

// What is usual.

static const struct frame_intervals *frames_of(const struct profile_builder *builder, size_t *count)
{
  *count = builder->frame_intervals.size / sizeof(struct frame_intervals);
  return (const struct frame_intervals *)builder->frame_intervals.data;
}

static bool is_dense(const struct interval_sums *sums)
{
  return sums->count >= DENSE_MIN_COUNT && sums->short_count >= sums->count - sums->count / DENSE_MAX_LONG;
}

struct weighted {
  uint64_t value, weight;
};

static int by_value(const void *a, const void *b)
{
  const struct weighted *left = a, *right = b;
  return (left->value > right->value) - (left->value < right->value);
}

static uint64_t weighted_median(struct weighted *items, size_t count)
{
  wide all = 0, so_far = 0;
  for (size_t i = 0; i < count; i++)
    all += items[i].weight;
  qsort(items, count, sizeof *items, by_value);
  size_t i = 0;
  while ((so_far += items[i].weight) * 2 < all)
    i++;
  return items[i].value;
}

// Of a kind between calls; the gauge has measured `at_most_ns`.
static uint64_t typical_ns(const struct frame_intervals *frames, size_t count, size_t kind, uint64_t at_most_ns,
                           struct weighted *room)
{
  size_t dense = 0;
  for (size_t i = 0; i < count; i++)
    if (is_dense(&frames[i].of[kind]))
      room[dense++] = (struct weighted){.value = frames[i].of[kind].short_ns / frames[i].of[kind].short_count,
                                        .weight = frames[i].of[kind].count};
  uint64_t typical = dense ? weighted_median(room, dense) : at_most_ns;
  return typical < at_most_ns ? typical : at_most_ns;
}

// By how much long intervals make the mean longer than a short one, in parts of PART_ONE; by half at most.
static uint64_t long_part(const struct frame_intervals *frames, size_t count, const struct usual *usual)
{
  wide sum = 0, of_short = 0;
  for (size_t kind = INTERVAL_CALL_CALL; kind <= INTERVAL_RETURN_RETURN; kind++)
    for (size_t i = 0; i < count; i++) {
      const struct interval_sums *sums = &frames[i].of[kind];
      uint64_t short_ns = is_dense(sums) ? sums->short_ns / sums->short_count : 0;
      if (short_ns == 0 || (wide)short_ns * 2 > (wide)usual->typical_ns[kind] * 3)
        continue;
      sum += sums->sum_ns;
      of_short += (wide)sums->count * short_ns;
    }
  wide part = of_short ? sum * PART_ONE / of_short : PART_ONE;
  return part < PART_ONE ? PART_ONE : part > PART_ONE * 3 / 2 ? PART_ONE * 3 / 2 : (uint64_t)part;
}

static bool find_usual(const struct profile_builder *builder, const struct profile_costs *costs, struct usual *usual)
{
  size_t count;
  const struct frame_intervals *frames = frames_of(builder, &count);
  struct weighted *room = calloc(count + 1, sizeof *room);
  if (!room)
    return false;
  for (size_t kind = 0; kind < INTERVAL_KINDS; kind++) {
    uint64_t measured_ns = costs->interval_ns[kind];
    if (is_between_calls(kind) && measured_ns)
      measured_ns = typical_ns(frames, count, kind, measured_ns + costs->bare_ns, room);
    usual->typical_ns[kind] = measured_ns;
  }
  free(room);
  uint64_t part = long_part(frames, count, usual);
  for (size_t kind = 0; kind < INTERVAL_KINDS; kind++) {
    usual->mean_ns[kind] = kind == INTERVAL_GC ? usual->typical_ns[kind] : usual->typical_ns[kind] * part / PART_ONE;
    usual->ns[kind] = is_between_calls(kind) ? usual->mean_ns[kind] * 6 / 5 : usual->mean_ns[kind];
  }
  return true;
}

// What is felt.

static bool is_longer(const struct interval_sums *sums, const struct usual *usual, size_t kind)
{
  return !is_between_calls(kind) || (wide)sums->short_ns * 5 > (wide)sums->short_count * usual->typical_ns[kind] * 6 ||
         (wide)sums->sum_ns * 2 > (wide)sums->count * usual->mean_ns[kind] * 3;
}

// In which of its intervals a function is felt: a bit for each kind.
static unsigned felt_in(const struct frame_intervals *intervals, const struct usual *usual)
{
  wide usually = 0;
  for (size_t kind = 0; kind < INTERVAL_KINDS; kind++)
    usually += (wide)intervals->of[kind].count * usual->mean_ns[kind];
  unsigned felt = 0;
  for (size_t kind = 0; kind < INTERVAL_KINDS; kind++) {
    const struct interval_sums *sums = &intervals->of[kind];
    wide most = (wide)sums->count * usual->mean_ns[kind];
    if (sums->sum_ns > most && (sums->sum_ns - most) * 20 > usually && is_longer(sums, usual, kind))
      felt |= 1U << kind;
  }
  return felt;
}

// The part of the collections' time that is for garbage of ours, in parts of PART_ONE.
static uint64_t our_garbage(const struct profile_builder *builder, const struct profile_costs *costs)
{
  size_t count;
  const struct frame_intervals *frames = frames_of(builder, &count);
  wide calls = 0;
  for (size_t i = 0; i < count; i++)
    calls += frames[i].of[INTERVAL_CALL_CALL].count + frames[i].of[INTERVAL_RETURN_CALL].count;
  wide words = calls * costs->call_words;
  return costs->words == 0 || words >= costs->words ? (words ? PART_ONE : 0)
                                                    : (uint64_t)(words * PART_ONE / costs->words);
}

static uint64_t cost_of(const struct interval_tally *tally, const struct frame_intervals *frame,
                        const struct usual *usual)
{
  unsigned felt = felt_in(frame, usual);
  if (felt == 0)
    return tally->sum_ns;
  wide cost = 0;
  for (size_t kind = 0; kind < INTERVAL_KINDS; kind++)
    if (tally->count[kind])
      cost += (wide)tally->count[kind] *
              (felt >> kind & 1 ? usual->ns[kind] : frame->of[kind].sum_ns / frame->of[kind].count);
  return limited(cost);
}

static uint64_t cost_of_collections(const struct interval_tally *tally, uint64_t gc_ns, uint64_t ours)
{
  wide events = (wide)tally->count[INTERVAL_GC] * gc_ns;
  return events >= tally->sum_ns ? tally->sum_ns : limited(events + (tally->sum_ns - events) * ours / PART_ONE);
}

static bool find_costs(const struct taking *taking, const struct profile_costs *of)
{
  const struct profile_builder *builder = taking->builder;
  struct usual usual;
  if (!find_usual(builder, of, &usual))
    return false;
  size_t count, tallied = builder->intervals.size / sizeof(struct interval_tally);
  const struct frame_intervals *frames = frames_of(builder, &count);
  const struct interval_tally *tallies = (const struct interval_tally *)builder->intervals.data;
  uint64_t ours = our_garbage(builder, of);
  for (uint32_t node = 0; node < builder->node_count; node++) {
    taking->floors[node] = 1;
    if (node >= tallied || tallies[node].sum_ns == 0)
      continue;
    const struct interval_tally *tally = &tallies[node];
    taking->costs[node] = kind_of(builder, node) == FRAME_GC
                              ? cost_of_collections(tally, usual.ns[INTERVAL_GC], ours)
                              : cost_of(tally, &frames[builder_nodes(builder)[node].frame], &usual);
    uint64_t between_calls = 0;
    for (size_t kind = INTERVAL_CALL_CALL; kind <= INTERVAL_RETURN_RETURN; kind++)
      between_calls += tally->count[kind];
    if (between_calls && of->bare_ns)
      taking->floors[node] = limited((wide)between_calls * of->bare_ns);
  }
  return true;
}

static int take(struct profile_builder *builder, const struct taking *taking, uint64_t factor, bool scaled,
                struct profile_tracing *taken)
{
  uint64_t sum = 0;
  for (uint32_t node = 1; node < builder->node_count; node++) {
    // With a smaller factor there is room for it in the truth.
    bool whole = scaled && factor >= FACTOR_ONE && kind_of(builder, node) == FRAME_RUNNABLE;
    uint64_t tracing = whole ? most_of(taking, node) : tracing_of(taking, node, factor);
    if (tracing == 0)
      continue;
    if (profile_builder_taken(builder, node, tracing) < 0)
      return -1;
    builder_nodes(builder)[node].own -= tracing;
    sum += tracing;
  }
  *taken = (struct profile_tracing){.taken_ns = sum, .scaled = scaled, .factor = (double)factor / (double)FACTOR_ONE};
  return 0;
}

int profile_builder_take_out(struct profile_builder *builder, const struct profile_costs *costs, uint64_t truth_ns,
                             struct profile_tracing *taken)
{
  struct taking taking = {.builder = builder,
                          .costs = calloc(builder->node_count, sizeof *taking.costs),
                          .floors = calloc(builder->node_count, sizeof *taking.floors)};
  uint64_t sum = 0;
  for (uint32_t node = 1; node < builder->node_count; node++)
    builder->overflowed |= __builtin_add_overflow(sum, own_of(&taking, node), &sum);
  int status = -1;
  if (taking.costs && taking.floors && find_costs(&taking, costs))
    status = take(builder, &taking, truth_ns ? factor_for(&taking, truth_ns) : FACTOR_ONE, truth_ns != 0, taken);
  else
    builder->failed = true;
  free(taking.costs);
  free(taking.floors);
  return status;
}
