// `flambeau record`: open the outputs, reach the node, run the trace into a recording, draw what it grew. Whatever can
// be known to be wrong is said before the node is touched.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collect/collect.h"
#include "command.h"
#include "console.h"
#include "drawing.h"
#include "fold/fold.h"
#include "node/node.h"
#include "outputs.h"
#include "profile/profile.h"
#include "progress.h"
#include "reach.h"
#include "recording.h"
#include "stop_signals.h"

#define SECOND_NS UINT64_C(1000000000)

struct trace_settings {
  struct text_list processes;
  bool spawned;
  struct text_list only;
  struct text_list skip;
  uint64_t duration_ns;
  struct collect_bounds bounds;
};

struct message_settings {
  bool quiet;
  bool verbose;
};

struct record_settings {
  struct reach_settings reach;
  struct trace_settings trace;
  struct output_settings outputs;
  struct drawing_settings drawing;
  struct message_settings messages;
};

#define TRACE(field) .offset = offsetof(struct trace_settings, field)

static const struct option_row trace_rows[] = {
    {.name = "process",
     .letter = 'p',
     .kind = OPTION_LIST,
     TRACE(processes),
     .argument = "PROCESS",
     .help =
         "what to trace: a pid (<0.123.0> or 0.123.0), a registered name (shop_cart, Shop.Cart), or supervisor:NAME "
         "for all its descendants"},
    {.name = "spawned",
     .kind = OPTION_FLAG,
     TRACE(spawned),
     .help =
         "also follow the processes that these spawn (--by parent draws them where they were spawned); the arguments "
         "of each spawn are copied for it"},
    {.name = "only",
     .kind = OPTION_LIST,
     TRACE(only),
     .argument = "PATTERN",
     .help = "trace only these modules or functions (Shop.*, lists:*)"},
    {.name = "skip",
     .kind = OPTION_LIST,
     TRACE(skip),
     .argument = "PATTERN",
     .help = "do not trace these modules or functions"},
    {.name = "duration",
     .letter = 'd',
     .kind = OPTION_DURATION,
     TRACE(duration_ns),
     .argument = "TIME",
     .help = "how long: 500ms, 10s, 2m, 1h; 0 is until Ctrl-C"},
    {.name = "max-events",
     .kind = OPTION_COUNT,
     TRACE(bounds.max_events),
     .argument = "N",
     .min = 1,
     .help = "stop after so many events"},
    {.name = "max-queue",
     .kind = OPTION_COUNT,
     TRACE(bounds.max_queue),
     .argument = "N",
     .min = 1,
     .help = "stop when so many events wait on the node"},
    {.name = "max-memory",
     .kind = OPTION_SIZE,
     TRACE(bounds.max_memory_bytes),
     .argument = "SIZE",
     .min = 1,
     .help = "stop when the tracer takes so much memory on the node: 64M, 1G"},
    {0},
};

#define MESSAGE(field) .offset = offsetof(struct message_settings, field)

static const struct option_row message_rows[] = {
    {.name = "quiet",
     .letter = 'q',
     .kind = OPTION_FLAG,
     MESSAGE(quiet),
     .help = "no progress, and no last line when all went well"},
    {.name = "verbose", .letter = 'v', .kind = OPTION_FLAG, MESSAGE(verbose), .help = "explain each step"},
    {0},
};

static const struct option_group record_groups[] = {
    {"Reaching the node", reach_rows, offsetof(struct record_settings, reach)},
    {"What to trace", trace_rows, offsetof(struct record_settings, trace)},
    {"What to write", output_and_capture_rows, offsetof(struct record_settings, outputs)},
    {"How to draw it", drawing_rows, offsetof(struct record_settings, drawing)},
    {"Messages", message_rows, offsetof(struct record_settings, messages)},
    {0},
};

static void record_init(void *opaque)
{
  struct record_settings *settings = opaque;
  reach_init(&settings->reach);
  settings->trace.duration_ns = 10 * SECOND_NS;
  settings->trace.bounds = collect_default_bounds;
  drawing_init(&settings->drawing);
}

static int check_settings(const struct record_settings *settings, struct error *err)
{
  const struct text_list *processes = &settings->trace.processes;
  if (reach_check(&settings->reach, "record", err) < 0)
    return -1;
  if (processes->count == 0)
    return error_set(err, ERROR_USAGE,
                     "which process? say -p NAME, -p PID or -p supervisor:NAME (flambeau ps -n %.80s "
                     "lists them)",
                     settings->reach.node);
  for (size_t i = 0; i < processes->count; i++) {
    const char *process = processes->items[i];
    if (!*process || strcmp(process, "supervisor:") == 0)
      return error_set(err, ERROR_USAGE, "-p '%s' names no process", process);
    if (strcmp(process, "all") == 0)
      return error_set(err, ERROR_USAGE,
                       "-p all would slow down the whole node: name the processes, or a supervisor "
                       "with -p supervisor:NAME");
  }
  if (settings->messages.quiet && settings->messages.verbose)
    return error_set(err, ERROR_USAGE, "--quiet and --verbose exclude each other: leave one out");
  return 0;
}

// The name of an output that nobody named: node, first process (and how many more), the time here.
static void choose_name(const struct record_settings *settings, const char *extension, char *name)
{
  const struct text_list *processes = &settings->trace.processes;
  char what[256];
  char now[32] = "";
  time_t seconds = time(NULL);
  struct tm local;
  if (localtime_r(&seconds, &local))
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%S", &local);
  if (processes->count > 1)
    snprintf(what, sizeof what, "%.200s+%zu", processes->items[0], processes->count - 1);
  else
    snprintf(what, sizeof what, "%.200s", processes->items[0]);
  output_name(settings->reach.node, what, now, extension, name);
}

static void show_progress(void *context, const struct collect_progress *now)
{
  char line[PROGRESS_LINE_MAX];
  progress_line(context, now, line);
  console_progress(line);
}

static void show_note(void *context, const char *sentence)
{
  (void)context;
  console_say("%s", sentence);
}

static int collect(const struct record_settings *settings, const char *asked, int stop_fd, struct node *node,
                   struct event_sink *sink, struct collect_result *result, struct error *err)
{
  struct progress progress = {0};
  const struct trace_settings *trace = &settings->trace;
  const struct collect_options options = {
      .processes = trace->processes.items,
      .process_count = trace->processes.count,
      .only = trace->only.items,
      .only_count = trace->only.count,
      .skip = trace->skip.items,
      .skip_count = trace->skip.count,
      .spawned = trace->spawned,
      .duration_ns = trace->duration_ns,
      .bounds = trace->bounds,
      .asked = asked,
      .stop_fd = stop_fd,
      .on_progress = settings->messages.quiet || !console_is_terminal() ? NULL : show_progress,
      .on_note = settings->messages.verbose ? show_note : NULL,
      .context = &progress,
  };
  int status = collect_run(node, &options, sink, result, err);
  console_progress("");
  if (status == 0 && result->given_up)
    return error_set(err, ERROR_EMPTY, "given up: nothing was written, and the node %s",
                     strcmp(result->ended, "disconnected") == 0 ? "cleans up by itself: it has stopped answering"
                                                                : "is as it was");
  return status;
}

// How long tracing was on, by the node's own clock; up to the last event when the node could not tell its end.
static uint64_t covered_ns(const struct profile *profile)
{
  const char *begin = profile_fact_value(profile, "begin_ns");
  const char *end = profile_fact_value(profile, "end_ns");
  if (!begin)
    return 0;
  long long begin_ns = strtoll(begin, NULL, 10);
  long long end_ns = end ? strtoll(end, NULL, 10) : begin_ns;
  for (size_t i = 0; !end && i < profile->process_count; i++)
    if (profile->processes[i].last_ns > end_ns)
      end_ns = profile->processes[i].last_ns;
  return end_ns > begin_ns ? (uint64_t)end_ns - (uint64_t)begin_ns : 0;
}

static void summarize(const struct record_settings *settings, const struct collect_result *result,
                      const struct profile *profile, const struct outputs *outputs)
{
  char written[SUMMARY_MAX / 2];
  char summary[SUMMARY_MAX];
  bool worth_saying = outputs->unnamed || result->lost_events > 0 || !progress_ended_well(result);
  outputs_written(outputs, written, sizeof written);
  if (!*written || (settings->messages.quiet && !worth_saying))
    return;
  progress_summary(result, covered_ns(profile), written, summary);
  console_say("%s", summary);
}

// Draws what the run grew. What fails is in `err`; what did not fail is there.
static int finish(const struct record_settings *settings, const struct collect_result *result,
                  struct recording *recording, struct outputs *outputs, struct error *err)
{
  struct error drawing = {0};
  struct profile *profile = recording_finish(recording, err);
  if (profile) {
    drawing_write(&settings->drawing, profile, outputs, &drawing);
    summarize(settings, result, profile, outputs);
  }
  profile_free(profile);
  if (drawing.code == ERROR_NONE)
    return err->code == ERROR_NONE ? 0 : -1;
  if (err->code != ERROR_NONE)
    console_error(&drawing);
  return error_set(err, drawing.code, "%s", drawing.message);
}

// The run on a connected node, which is left as soon as the trace is over: drawing may take its time. From here on
// Ctrl-C ends the trace, not the program.
static int record_node(const struct record_settings *settings, const char *asked, struct node *node,
                       struct outputs *outputs, struct error *err)
{
  const struct fold_options options = drawing_fold_options(&settings->drawing);
  struct collect_result result = {0};
  struct recording recording;
  int stop_fd = stop_signals_catch(err);
  if (stop_fd < 0 || outputs_open(outputs, err) < 0) {
    node_free(node);
    return -1;
  }
  int status = recording_init(&recording, &options, outputs_capture(outputs), err);
  if (status == 0)
    status = collect(settings, asked, stop_fd, node, recording_sink(&recording), &result, err);
  node_free(node);
  if (status == 0)
    status = finish(settings, &result, &recording, outputs, err);
  recording_release(&recording);
  return status;
}

static int record_run(const struct invocation *invocation, const void *opaque, struct error *err)
{
  const struct record_settings *settings = opaque;
  char name[OUTPUT_NAME_MAX];
  struct outputs outputs;
  if (check_settings(settings, err) < 0 || outputs_plan(&outputs, &settings->outputs, true, err) < 0 ||
      drawing_check_settings(&settings->drawing, &outputs, err) < 0)
    return -1;
  choose_name(settings, outputs_extension(&outputs), name);
  if (outputs_check(&outputs, name, NULL, err) < 0)
    return -1;
  struct node *node = reach_connect(&settings->reach, settings->messages.verbose ? show_note : NULL, err);
  int status = node ? record_node(settings, invocation->asked, node, &outputs, err) : -1;
  outputs_release(&outputs);
  return status;
}

const struct command command_record = {
    .name = "record",
    .summary = "attach to a running node, trace processes, write a flame graph",
    .usage = "-n NODE -p PROCESS [options]",
    .details = "Attaches to a running node as a hidden node, traces every call of the given\n"
               "processes, and writes flame graphs. Ctrl-C ends the trace early and still writes\n"
               "them; a second one gives them up. On every way out the node is left as it was.\n",
    .examples = "  flambeau record -n shop@localhost -p shop_cart\n"
                "  flambeau record -n shop@10.0.0.7 -p supervisor:shop_sup -d 1m -o a.flb\n"
                "  flambeau record -n shop@localhost -p Shop.Cart --only 'Shop.*' -o cart.png\n",
    .groups = record_groups,
    .settings_size = sizeof(struct record_settings),
    .init = record_init,
    .run = record_run,
};
