// Facts in, costs and perhaps the truth out. The costs are those of a probe, which ran beside the traced program or
// before it. How long one's own call takes untraced is known from its warm-up calls: then the costs are what they must
// have been.
#include "tracing_cost.h"

#include <stdlib.h>
#include <string.h>

#include "cursor.h"

// No event costs a process as much as that; whoever says so is mistaken.
#define MAX_COST_NS 1000000
#define MAX_CALL_WORDS 1000
#define MAX_UNTRACED_NS ((uint64_t)1 << 50)
// Waits are not equally long each time. Where they are more than a part in so many, the total says little of what ran.
#define WAITING_MAX_PART 10

static uint64_t number(const char *text, uint64_t max)
{
  char *end;
  if (*text < '0' || *text > '9')
    return 0;
  uint64_t number = strtoull(text, &end, 10);
  return *end == '\0' && number <= max ? number : 0;
}

void tracing_cost_take_fact(struct tracing_cost *cost, const char *key, const char *value)
{
  uint64_t *interval_ns = cost->each.interval_ns;
  const struct {
    const char *key;
    uint64_t *to;
    uint64_t max;
  } facts[] = {
      {"cost_call_call_ns", &interval_ns[INTERVAL_CALL_CALL], MAX_COST_NS},
      {"cost_call_ns", &interval_ns[INTERVAL_RETURN_CALL], MAX_COST_NS},
      {"cost_return_ns", &interval_ns[INTERVAL_CALL_RETURN], MAX_COST_NS},
      {"cost_return_return_ns", &interval_ns[INTERVAL_RETURN_RETURN], MAX_COST_NS},
      {"cost_turn_ns", &interval_ns[INTERVAL_TURN], MAX_COST_NS},
      {"cost_gc_ns", &interval_ns[INTERVAL_GC], MAX_COST_NS},
      {"cost_bare_ns", &cost->each.bare_ns, MAX_COST_NS},
      {"cost_call_words", &cost->each.call_words, MAX_CALL_WORDS},
      {"untraced_ns", &cost->untraced_ns, MAX_UNTRACED_NS},
  };
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
    if (strcmp(key, facts[i].key) == 0)
      *facts[i].to = number(value, facts[i].max);
}

// What all captured calls would have taken; 0 where that is not known: it is known of whole calls that nothing is
// missing from, in one process, which did little but run.
static uint64_t truth_of(const struct tracing_cost *cost, const struct captured_calls *calls,
                         const struct tracing_cost_run *run)
{
  uint64_t truth_ns;
  if (calls->count == 0 || calls->count < calls->seen || run->processes != 1 || run->lost_ns > 0 ||
      __builtin_mul_overflow(cost->untraced_ns, calls->count, &truth_ns) ||
      run->waiting_ns > truth_ns / WAITING_MAX_PART)
    return 0;
  for (size_t i = 0; i < calls->count; i++)
    if (calls->items[i].ending == PROFILE_CALL_CUT)
      return 0;
  return truth_ns;
}

// Captures from before intervals were told apart by what they begin with have one cost for each end.
static void fill_in(struct profile_costs *costs)
{
  uint64_t *interval_ns = costs->interval_ns;
  if (interval_ns[INTERVAL_CALL_CALL] == 0)
    interval_ns[INTERVAL_CALL_CALL] = interval_ns[INTERVAL_RETURN_CALL];
  if (interval_ns[INTERVAL_RETURN_RETURN] == 0)
    interval_ns[INTERVAL_RETURN_RETURN] = interval_ns[INTERVAL_CALL_RETURN];
}

bool tracing_cost_take_out(const struct tracing_cost *cost, const struct fold_tree *tree,
                           const struct tracing_cost_run *run, struct profile_tracing *taken)
{
  struct profile_costs each = cost->each;
  fill_in(&each);
  each.words = tree->gc.words_given_back;
  for (size_t kind = 0; kind < INTERVAL_KINDS; kind++)
    if (each.interval_ns[kind])
      return profile_builder_take_out(tree->builder, &each, truth_of(cost, &tree->calls, run), taken) == 0;
  return true;
}
