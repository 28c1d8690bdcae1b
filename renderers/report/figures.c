// A profile in, what the reports say about it out: sums over its tree and its processes, its tables in order.
#include "report/figures.h"

#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

static uint64_t *share_of(struct figures_split *split, enum frame_kind kind)
{
  switch (kind) {
  case FRAME_WAITING:
    return &split->waiting;
  case FRAME_RUNNABLE:
    return &split->runnable;
  case FRAME_GC:
    return &split->gc;
  case FRAME_LOST:
    return &split->lost;
  default:
    return &split->ran;
  }
}

static void split_time(struct figures *figures)
{
  const struct profile *profile = figures->profile;
  for (size_t i = 1; i < profile->node_count; i++) {
    const struct profile_node *node = &profile->nodes[i];
    *share_of(&figures->split, profile->frames[node->frame].kind) += node->own;
    figures->split.whole += node->own;
  }
}

uint64_t figures_covered_ns(const struct profile_process *process)
{
  return (uint64_t)process->last_ns - (uint64_t)process->first_ns - process->away_ns;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
  return a > b ? a - b : b - a;
}

static void add_up(struct figures *figures)
{
  struct figures_conservation *conservation = &figures->conservation;
  uint64_t width_ns = 0;
  for (size_t i = 0; i < figures->profile->process_count; i++) {
    const struct profile_process *process = &figures->profile->processes[i];
    uint64_t covered_ns = figures_covered_ns(process);
    conservation->covered_ns += covered_ns;
    conservation->difference_ns += distance(covered_ns, process->width_ns);
    width_ns += process->width_ns;
  }
  conservation->width_ns = figures->split.whole;
  conservation->tracing_ns = figures->profile->taken_out.taken_ns;
  conservation->difference_ns += distance(width_ns, conservation->width_ns + conservation->tracing_ns);
}

static void count_losses(struct figures *figures)
{
  const char *counted = profile_fact_value(figures->profile, "lost_events");
  const char *ended = profile_fact_value(figures->profile, "ended");
  uint64_t events = counted && *counted >= '0' && *counted <= '9' ? strtoull(counted, NULL, 10) : 0;
  bool gap = figures->split.lost > 0 || (ended && strcmp(ended, "cut") == 0);
  figures->lost_events = events > figures->profile->lost_events ? events : figures->profile->lost_events;
  figures->lost_events_known = figures->lost_events > 0 || !gap;
}

static int by_events(const void *left, const void *right)
{
  const struct profile_process *const *a = left, *const *b = right;
  if ((*a)->events != (*b)->events)
    return (*a)->events < (*b)->events ? 1 : -1;
  return (*a > *b) - (*a < *b);
}

static int by_length(const void *left, const void *right)
{
  const struct profile_call *const *a = left, *const *b = right;
  if ((*a)->length_ns != (*b)->length_ns)
    return (*a)->length_ns < (*b)->length_ns ? 1 : -1;
  return (*a > *b) - (*a < *b);
}

uint64_t figures_ran_ns(const struct profile_process *process)
{
  return process->width_ns - process->waiting_ns - process->runnable_ns - process->gc_ns - process->lost_ns;
}

uint64_t figures_mean_ns(const struct profile_function *function)
{
  return function->timed_calls ? function->call_sum_ns / function->timed_calls : 0;
}

static uint64_t own(const struct profile_function *function)
{
  return function->own_ns;
}

static uint64_t total(const struct profile_function *function)
{
  return function->total_ns;
}

static uint64_t call_count(const struct profile_function *function)
{
  return function->calls;
}

static uint64_t longest(const struct profile_function *function)
{
  return function->call_max_ns;
}

static uint64_t nothing(const struct profile_function *function)
{
  (void)function;
  return 0;
}

typedef uint64_t (*function_key)(const struct profile_function *function);

struct order {
  const struct profile_frame *frames;
  function_key key; // most first, then by name
};

static int by_key(const void *left, const void *right, void *context)
{
  const struct order *order = context;
  const struct profile_function *const *a = left, *const *b = right;
  uint64_t key_a = order->key(*a), key_b = order->key(*b);
  if (key_a != key_b)
    return key_a < key_b ? 1 : -1;
  return strcmp(order->frames[(*a)->frame].name, order->frames[(*b)->frame].name);
}

static size_t shown(const struct report_options *options, size_t count)
{
  return options->top && options->top < count ? (size_t)options->top : count;
}

int figures_init(struct figures *figures, const struct profile *profile, const struct report_options *options,
                 struct error *err)
{
  static const function_key keys[] = {
      [REPORT_SORT_OWN] = own,      [REPORT_SORT_TOTAL] = total,          [REPORT_SORT_CALLS] = call_count,
      [REPORT_SORT_NAME] = nothing, [REPORT_SORT_MEAN] = figures_mean_ns, [REPORT_SORT_MAX] = longest,
  };
  size_t functions = profile->function_count, processes = profile->process_count, calls = profile->call_count;
  *figures = (struct figures){.profile = profile,
                              .functions_shown = shown(options, functions),
                              .processes_shown = shown(options, processes),
                              .calls_shown = shown(options, calls)};
  figures->functions = calloc(functions + 1, sizeof *figures->functions);
  figures->processes = calloc(processes + 1, sizeof *figures->processes);
  figures->calls = calloc(calls + 1, sizeof *figures->calls);
  if (!figures->functions || !figures->processes || !figures->calls) {
    figures_release(figures);
    return error_set(err, ERROR_MEMORY, "out of memory for a report of %zu functions", functions);
  }
  if (profile_measure_calls(profile, &figures->call_lengths, err) < 0) {
    figures_release(figures);
    return -1;
  }
  for (size_t i = 0; i < functions; i++)
    figures->functions[i] = &profile->functions[i];
  for (size_t i = 0; i < processes; i++)
    figures->processes[i] = &profile->processes[i];
  for (size_t i = 0; i < calls; i++)
    figures->calls[i] = &profile->calls[i];
  struct order order = {.frames = profile->frames, .key = keys[options->sort]};
  qsort_r(figures->functions, functions, sizeof *figures->functions, by_key, &order);
  qsort(figures->processes, processes, sizeof *figures->processes, by_events);
  qsort(figures->calls, calls, sizeof *figures->calls, by_length);
  split_time(figures);
  add_up(figures);
  count_losses(figures);
  return 0;
}

void figures_release(struct figures *figures)
{
  free(figures->functions);
  free(figures->processes);
  free(figures->calls);
}

size_t figures_waited_in(const struct profile *profile, const struct profile_function **functions, size_t limit)
{
  size_t count = 0;
  for (size_t i = 0; i < profile->function_count; i++) {
    const struct profile_function *function = &profile->functions[i];
    size_t at = count;
    while (at > 0 && functions[at - 1]->waiting_ns < function->waiting_ns)
      at--;
    if (function->waiting_ns == 0 || at == limit)
      continue;
    count += count < limit;
    memmove(&functions[at + 1], &functions[at], (count - 1 - at) * sizeof *functions);
    functions[at] = function;
  }
  return count;
}
