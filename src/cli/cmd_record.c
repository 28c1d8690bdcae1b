// `flambeau record`: processes, or calls of functions in whatever process makes them.
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "live.h"

#define SECOND_NS UINT64_C(1000000000)
#define OVERHEAD_PERCENT 20
#define SAMPLE_MIN_NS (SECOND_NS / 1000)
#define SAMPLE_MAX_NS (10 * SECOND_NS)

struct record_settings {
  struct text_list processes;
  struct text_list functions;
  uint64_t calls;
  uint64_t first_call_ns;
  uint64_t slower_than_ns;
  uint64_t sample_ns;
  struct live_settings live;
};

#define FIELD(field) .offset = offsetof(struct record_settings, field)

static const struct option_row target_rows[] = {
    {.name = "process",
     .letter = 'p',
     .kind = OPTION_LIST,
     FIELD(processes),
     .argument = "PROCESS",
     .help =
         "what to trace: a pid (<0.123.0> or 0.123.0), a registered name (shop_cart, Shop.Cart), or supervisor:NAME "
         "for all its descendants; with --sample also all"},
    {.name = "function",
     .letter = 'f',
     .kind = OPTION_LIST,
     FIELD(functions),
     .argument = "FUNCTION",
     .help = "or the next calls of a function in whatever process makes them, from their begin to their end: "
             "lists:sort/1, Shop.Cart.total/2, or without arity for every arity. Its arguments and its result are "
             "copied once for each captured call, parts that they share as often as they are there"},
    {.name = "calls",
     .kind = OPTION_COUNT,
     FIELD(calls),
     .argument = "N",
     .min = 1,
     .max = 1000000,
     .help = "with -f: stop after so many whole calls (default 1)"},
    {.name = "timeout",
     .kind = OPTION_DURATION,
     FIELD(first_call_ns),
     .argument = "TIME",
     .help = "with -f: how long to wait for the first call; 0 is until Ctrl-C (default 1m)"},
    {.name = "slower-than",
     .kind = OPTION_DURATION,
     FIELD(slower_than_ns),
     .argument = "TIME",
     .min = 1,
     .help = "with -f: keep, and count, only the calls that took at least so long"},
    {.name = "sample",
     .kind = OPTION_DURATION,
     FIELD(sample_ns),
     .argument = "INTERVAL",
     .min = SAMPLE_MIN_NS,
     .help = "trace nothing: read the processes' stacks at this interval, from 1ms to 10s. It costs a node next to "
             "nothing, so -p all, every process, is allowed; there are no call counts, and stacks are seen where the "
             "VM lets a process answer, which is at the ends of its time slices and of long BIFs and NIFs"},
    {0},
};

static const struct option_group record_groups[] = {
    {"What to trace", target_rows, 0},
    LIVE_GROUPS(struct record_settings, live),
    {0},
};

static void record_init(void *opaque)
{
  struct record_settings *settings = opaque;
  live_init(&settings->live);
  settings->calls = settings->first_call_ns = settings->slower_than_ns = settings->sample_ns = OPTION_NOT_GIVEN;
}

static bool is_sampling(const struct record_settings *settings)
{
  return settings->sample_ns != OPTION_NOT_GIVEN;
}

// What needs calls to be traced.
static int check_sampling(const struct record_settings *settings, struct error *err)
{
  const struct trace_settings *trace = &settings->live.trace;
  const char *traced = settings->functions.count ? "-f"
                       : trace->overhead         ? "--overhead"
                       : trace->only.count       ? "--only"
                       : trace->skip.count       ? "--skip"
                       : trace->opaque.count     ? "--opaque"
                       : trace->spawned          ? "--spawned"
                                                 : NULL;
  if (!is_sampling(settings))
    return 0;
  if (traced)
    return error_set(err, ERROR_USAGE, "--sample reads stacks and traces no calls: leave out %s, or --sample", traced);
  if (settings->sample_ns > SAMPLE_MAX_NS)
    return error_set(err, ERROR_USAGE, "--sample takes an interval from 1ms to 10s");
  return 0;
}

static int check_processes(const struct record_settings *settings, struct error *err)
{
  const struct text_list *processes = &settings->processes;
  const char *alone = settings->calls != OPTION_NOT_GIVEN            ? "calls"
                      : settings->first_call_ns != OPTION_NOT_GIVEN  ? "timeout"
                      : settings->slower_than_ns != OPTION_NOT_GIVEN ? "slower-than"
                                                                     : NULL;
  if (processes->count == 0)
    return error_set(err, ERROR_USAGE,
                     "what of it? say -p NAME, -p PID or -p supervisor:NAME for processes (flambeau ps -n %.80s "
                     "lists them), or -f FUNCTION for the next calls of a function",
                     settings->live.reach.node);
  if (alone)
    return error_set(err, ERROR_USAGE, "--%s is for calls of a function (-f), not for processes", alone);
  for (size_t i = 0; i < processes->count; i++) {
    const char *process = processes->items[i];
    if (!*process || strcmp(process, "supervisor:") == 0)
      return error_set(err, ERROR_USAGE, "-p '%s' names no process", process);
    if (strcmp(process, "all") != 0)
      continue;
    if (!is_sampling(settings))
      return error_set(err, ERROR_USAGE,
                       "-p all would slow down the whole node: read stacks with --sample 10ms, or name processes, or "
                       "a supervisor with -p supervisor:NAME");
    if (processes->count > 1)
      return error_set(err, ERROR_USAGE, "-p all is every process: leave out the other -p");
  }
  return 0;
}

static int check_functions(const struct record_settings *settings, struct error *err)
{
  if (settings->processes.count)
    return error_set(err, ERROR_USAGE, "-p and -f exclude each other: processes, or calls in any process");
  if (settings->slower_than_ns != OPTION_NOT_GIVEN && settings->live.trace.spawned)
    return error_set(err, ERROR_USAGE, "--slower-than and --spawned exclude each other: leave one out");
  for (size_t i = 0; i < settings->functions.count; i++) {
    const char *function = settings->functions.items[i];
    if (!strpbrk(function, ":.") || !strpbrk(function + 1, ":."))
      return error_set(err, ERROR_USAGE, "-f '%.160s' names no function: write lists:sort/1 or Shop.Cart.total/2",
                       function);
  }
  return 0;
}

static uint64_t given(uint64_t value, uint64_t otherwise)
{
  return value == OPTION_NOT_GIVEN ? otherwise : value;
}

// For the name of an output that nobody named: the first, and how many more.
static void choose_name(const struct text_list *what, char *name, size_t size)
{
  if (what->count > 1)
    snprintf(name, size, "%.200s+%zu", what->items[0], what->count - 1);
  else
    snprintf(name, size, "%.200s", what->items[0]);
}

static int record_run(const struct invocation *invocation, const void *opaque, struct error *err)
{
  const struct record_settings *settings = opaque;
  bool calls = settings->functions.count > 0;
  char name[256];
  if (live_check(&settings->live, "record", err) < 0 || check_sampling(settings, err) < 0 ||
      (calls ? check_functions(settings, err) : check_processes(settings, err)) < 0)
    return -1;
  const struct collect_options what = {
      .processes = settings->processes.items,
      .process_count = settings->processes.count,
      .functions = settings->functions.items,
      .function_count = settings->functions.count,
      .calls = given(settings->calls, 1),
      .first_call_ns = given(settings->first_call_ns, 60 * SECOND_NS),
      .slower_than_ns = given(settings->slower_than_ns, 0),
      .sample_ns = (given(settings->sample_ns, 0) + 999999) / 1000000 * 1000000, // the agent counts milliseconds
      .duration_ns = given(settings->live.trace.duration_ns, (calls ? 60 : 10) * SECOND_NS),
      .overhead_percent = is_sampling(settings) || calls ? 0 : OVERHEAD_PERCENT, // a captured call is seen whole
  };
  choose_name(calls ? &settings->functions : &settings->processes, name, sizeof name);
  return live_run(&settings->live, what, name, invocation->asked, err);
}

const struct command command_record = {
    .name = "record",
    .summary = "attach to a running node, trace processes or calls, write a flame graph",
    .usage = "-n NODE {-p PROCESS [--sample INTERVAL] | -f FUNCTION} [options]",
    .details = "Attaches to a running node as a hidden node and traces the calls of the given\n"
               "processes, or everything that happens in the next calls of a function, and\n"
               "writes flame graphs. What is called so often that tracing it would slow them\n"
               "down by more than 20% is switched off meanwhile (-p), and said (--overhead).\n"
               "\n"
               "Ctrl-C ends the trace early and still writes them; a second one gives them up.\n"
               "On every way out the node is left as it was.\n"
               "\n"
               "With -f no process is touched before it makes the call, and none after it has\n"
               "ended; calls within a captured call belong to it. A function that calls itself\n"
               "last and never returns has no end to wait for: -d or Ctrl-C ends its trace.\n"
               "\n"
               "With --sample nothing is traced: stacks are read at an interval, of named\n"
               "processes or of the whole node, running and waiting told apart.\n",
    .examples = "  flambeau record -n shop@localhost -p shop_cart\n"
                "  flambeau record -n shop@10.0.0.7 -p supervisor:shop_sup -d 1m -o a.flb\n"
                "  flambeau record -n shop@localhost -p all --sample 10ms\n"
                "  flambeau record -n shop@localhost -f shop_price:discount/5 --calls 20\n"
                "  flambeau record -n shop@localhost -f Shop.Cart.total --slower-than 50ms -o slow.svg\n",
    .groups = record_groups,
    .settings_size = sizeof(struct record_settings),
    .init = record_init,
    .run = record_run,
};
