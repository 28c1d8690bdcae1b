// `flambeau run`: one call of one's own, in a process of its own.
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "live.h"
#include "renderers/renderer.h"

#define SNAPSHOT "snap" // the name of its renderer

struct run_settings {
  uint64_t repeat;
  uint64_t warmup;
  bool full;
  struct live_settings live;
};

#define FIELD(field) .offset = offsetof(struct run_settings, field)

static const struct option_row call_rows[] = {
    {.name = "repeat",
     .kind = OPTION_COUNT,
     FIELD(repeat),
     .argument = "N",
     .min = 1,
     .max = 1000000,
     .help = "make the call so many times, with the same arguments"},
    {.name = "warmup",
     .kind = OPTION_COUNT,
     FIELD(warmup),
     .argument = "N",
     .max = 1000000,
     .help = "make it so many times before, without tracing (default 0; 1 where a snapshot, .snap, is written, because "
             "a first call may load code)"},
    {.name = "verify",
     .kind = OPTION_FLAG,
     FIELD(live.verify),
     .help =
         "say how much longer the graph says that the call takes than it takes untraced: the median of the --warmup "
         "calls but the first (default 6 then)"},
    {.name = "full", .kind = OPTION_FLAG, FIELD(full), .help = "print the whole value, not its beginning"},
    {0},
};

static const struct option_group run_groups[] = {
    {"The call", call_rows, 0},
    LIVE_GROUPS(struct run_settings, live),
    {0},
};

static void run_init(void *opaque)
{
  struct run_settings *settings = opaque;
  live_init(&settings->live);
  settings->repeat = 1;
  settings->warmup = OPTION_NOT_GIVEN;
}

static bool writes_snapshot(const struct output_settings *outputs)
{
  if (outputs->format)
    return strcmp(outputs->format, SNAPSHOT) == 0;
  for (size_t i = 0; i < outputs->paths.count; i++) {
    const struct renderer *renderer = renderer_by_path(outputs->paths.items[i]);
    if (renderer && strcmp(renderer->name, SNAPSHOT) == 0)
      return true;
  }
  return false;
}

#define VERIFY_CALLS 5

// Without one, the first call of a snapshot would be another than those after it.
static uint64_t warmup(const struct run_settings *settings)
{
  if (settings->warmup != OPTION_NOT_GIVEN)
    return settings->warmup;
  if (settings->live.verify)
    return 1 + VERIFY_CALLS;
  return writes_snapshot(&settings->live.outputs) ? 1 : 0;
}

static int run_run(const struct invocation *invocation, const void *opaque, struct error *err)
{
  const struct run_settings *settings = opaque;
  const char *expression = invocation->operands.items[0];
  char name[256];
  if (live_check(&settings->live, "run", err) < 0)
    return -1;
  if (settings->live.verify && settings->warmup < 2)
    return error_set(err, ERROR_USAGE,
                     "--verify takes the time of the --warmup calls but the first: let there be two at least");
  if (settings->live.verify && settings->live.trace.spawned)
    return error_set(err, ERROR_USAGE, "--verify compares the call alone: leave out --spawned, or --verify");
  const struct collect_own_call call = {
      .expression = expression,
      .repeat = settings->repeat,
      .warmup = warmup(settings),
      .full = settings->full,
  };
  const struct collect_options what = {
      .own_call = &call,
      .duration_ns = settings->live.trace.duration_ns == OPTION_NOT_GIVEN ? 0 : settings->live.trace.duration_ns,
  };
  snprintf(name, sizeof name, "%.*s", (int)strcspn(expression, "("), expression);
  return live_run(&settings->live, what, name, invocation->asked, err);
}

const struct command command_run = {
    .name = "run",
    .summary = "call a function on a node, and profile that call",
    .usage = "-n NODE 'CALL' [options]",
    .details = "Calls one function on the node, in a process of its own, and writes a flame graph\n"
               "of exactly that call. CALL is Erlang, lists:sort([3,1,2]), or, on a node with\n"
               "Elixir, Shop.Cart.total(%{id: 7}). Its arguments are evaluated on the node before\n"
               "tracing starts. Its value is printed, shortened unless --full; an exception is\n"
               "printed too, the graph is still written, and the exit status is 4. What the\n"
               "function itself prints goes where the node's output goes.\n",
    .examples = "  flambeau run -n shop@localhost 'lists:sort([3,1,2])'\n"
                "  flambeau run -n shop@localhost 'Shop.Cart.total(%{id: 7})' --warmup 10 --repeat 100\n",
    .min_operands = 1,
    .max_operands = 1,
    .groups = run_groups,
    .settings_size = sizeof(struct run_settings),
    .init = run_init,
    .run = run_run,
};
