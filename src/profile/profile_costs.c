// A builder with all its time in, and what tracing cost taken off it. Single intervals say nothing: 10 ns of a
// program's lie under 600 of tracing, give or take 200. A node's sum of them does. So each node has counted what its
// intervals ended in, and is made shorter by all of it at once. Invariant: what is taken is added up beside what is
// left, so both together stay what was billed. A stack that had time keeps what its calls take anyhow, a nanosecond at
// least: it was there.
//
//     a call costs 400, a return 300      billed   calls   returns   cost    left   taken
//     f                                    5,000       4         4   2,800   2,200   2,800
//     f;g                                  1,250       0         4   1,200      50   1,200
//     f;h                                    900       2         1   1,100       1     899      (no more than is there)
//     f;[gc]                                 700       0         0       0     700       0
//
// 2,951 are left. Were it known that 2,502 is the truth, the factor would be 8/7: 1,800, 1, 1 and 700 left.
#include "builder.h"

#include <stdlib.h>

#define FACTOR_BITS 20
#define FACTOR_ONE ((uint64_t)1 << FACTOR_BITS)

struct taking {
  const struct profile_builder *builder;
  uint64_t *costs;  // of each node, at factor one
  uint64_t *floors; // what each node keeps, if it has as much
};

static uint64_t own_of(const struct taking *taking, uint32_t node)
{
  return builder_nodes(taking->builder)[node].own;
}

static enum frame_kind kind_of(const struct taking *taking, uint32_t node)
{
  return builder_frames(taking->builder)[builder_nodes(taking->builder)[node].frame].kind;
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
    if (kind_of(taking, node) != FRAME_RUNNABLE)
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

static uint64_t *costs_of(const struct profile_builder *builder, const struct profile_costs *of)
{
  uint64_t *costs = calloc(builder->node_count, sizeof *costs);
  const struct interval_tally *tallies = (const struct interval_tally *)builder->intervals.data;
  size_t count = builder->intervals.size / sizeof *tallies;
  for (size_t i = 0; costs && i < count && i < builder->node_count; i++)
    costs[i] = tallies[i].ended[ENDED_IN_CALL] * of->call_ns + tallies[i].ended[ENDED_IN_RETURN] * of->return_ns +
               tallies[i].ended[ENDED_IN_GC] * of->gc_ns;
  return costs;
}

static uint64_t *floors_of(const struct profile_builder *builder, const struct profile_costs *of)
{
  uint64_t *floors = calloc(builder->node_count, sizeof *floors);
  const struct interval_tally *tallies = (const struct interval_tally *)builder->intervals.data;
  size_t count = builder->intervals.size / sizeof *tallies;
  for (size_t i = 0; floors && i < builder->node_count; i++) {
    uint64_t bare = i < count ? (tallies[i].ended[ENDED_IN_CALL] + tallies[i].ended[ENDED_IN_RETURN]) * of->bare_ns : 0;
    floors[i] = bare ? bare : 1;
  }
  return floors;
}

static int take(struct profile_builder *builder, const struct taking *taking, uint64_t factor, bool scaled,
                struct profile_tracing *taken)
{
  uint64_t sum = 0;
  for (uint32_t node = 1; node < builder->node_count; node++) {
    // With a smaller factor there is room for it in the truth.
    bool whole = scaled && factor >= FACTOR_ONE && kind_of(taking, node) == FRAME_RUNNABLE;
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
  struct taking taking = {.builder = builder, .costs = costs_of(builder, costs), .floors = floors_of(builder, costs)};
  uint64_t sum = 0;
  for (uint32_t node = 1; node < builder->node_count; node++)
    builder->overflowed |= __builtin_add_overflow(sum, own_of(&taking, node), &sum);
  int status = -1;
  if (taking.costs && taking.floors)
    status = take(builder, &taking, truth_ns ? factor_for(&taking, truth_ns) : FACTOR_ONE, truth_ns != 0, taken);
  else
    builder->failed = true;
  free(taking.costs);
  free(taking.floors);
  return status;
}
