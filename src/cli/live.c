// Open the outputs, reach the node, run the trace into a recording, draw what it grew. Whatever can be known to be
// wrong is said before the node is touched.
#include "live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "base/numbers.h"
#include "console.h"
#include "fold/fold.h"
#include "node/node.h"
#include "profile/profile.h"
#include "progress.h"
#include "recording.h"
#include "stop_signals.h"

#define TRACE(field) .offset = offsetof(struct trace_settings, field)

const struct option_row trace_rows[] = {
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
     .help = "trace only these modules or functions (Shop.*, lists:*, app:phoenix)"},
    {.name = "skip",
     .kind = OPTION_LIST,
     TRACE(skip),
     .argument = "PATTERN",
     .help = "do not trace these modules or functions"},
    {.name = "opaque",
     .kind = OPTION_LIST,
     TRACE(opaque),
     .argument = "PATTERN",
     .help = "show calls of these, but nothing beneath them: the time is theirs"},
    {.name = "duration",
     .letter = 'd',
     .kind = OPTION_DURATION,
     TRACE(duration_ns),
     .argument = "TIME",
     .help = "how long: 500ms, 10s, 2m, 1h; 0 is until Ctrl-C (default 10s with -p, 1m from the first call on with -f, "
             "and with `run` until the call has ended)"},
    {.name = "overhead",
     .kind = OPTION_TEXT,
     TRACE(overhead),
     .argument = "PERCENT",
     .help =
         "how much slower the traced processes may become, two seconds after it has begun: past that the functions "
         "that are called most are switched off, and their time is their callers'; full traces every call (default 20% "
         "with -p, full with -f and for `run`)"},
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

const struct option_row message_rows[] = {
    {.name = "quiet",
     .letter = 'q',
     .kind = OPTION_FLAG,
     MESSAGE(quiet),
     .help = "no progress, and no last line when all went well"},
    {.name = "verbose", .letter = 'v', .kind = OPTION_FLAG, MESSAGE(verbose), .help = "explain each step"},
    {0},
};

#define OVERHEAD_PERCENT_MAX 1000

void live_init(struct live_settings *settings)
{
  reach_init(&settings->reach);
  settings->trace.duration_ns = OPTION_NOT_GIVEN;
  settings->trace.bounds = collect_default_bounds;
  drawing_init(&settings->drawing);
}

// "20%" to 20, "full" to 0.
static int overhead_percent(const char *text, uint64_t *percent)
{
  char *end;
  *percent = 0;
  if (strcmp(text, "full") == 0)
    return 0;
  unsigned long value = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
  if (value < 1 || value > OVERHEAD_PERCENT_MAX || strcmp(end, "%") != 0)
    return -1;
  *percent = value;
  return 0;
}

int live_check(const struct live_settings *settings, const char *verb, struct error *err)
{
  if (reach_check(&settings->reach, verb, err) < 0)
    return -1;
  if (settings->messages.quiet && settings->messages.verbose)
    return error_set(err, ERROR_USAGE, "--quiet and --verbose exclude each other: leave one out");
  uint64_t percent;
  if (settings->trace.overhead && overhead_percent(settings->trace.overhead, &percent) < 0)
    return error_set(err, ERROR_USAGE, "--overhead takes a percentage from 1%% to %d%%, or full, not %s",
                     OVERHEAD_PERCENT_MAX, settings->trace.overhead);
  return 0;
}

// What collect_run() calls back with.
struct listener {
  struct progress progress;
  struct answer answer;
};

static void show_progress(void *context, const struct collect_progress *now)
{
  struct listener *listener = context;
  char line[PROGRESS_LINE_MAX];
  progress_line(&listener->progress, now, line);
  console_progress(line);
}

static void show_note(void *context, const char *sentence)
{
  (void)context;
  console_say("%s", sentence);
}

static void take_answer(void *context, enum collect_answer kind, const char *text, size_t size)
{
  struct listener *listener = context;
  answer_add(&listener->answer, kind == COLLECT_EXCEPTION, text, size);
}

static int collect(const struct live_settings *settings, struct collect_options *options, struct node *node,
                   struct event_sink *sink, struct collect_result *result, struct error *err)
{
  const struct trace_settings *trace = &settings->trace;
  options->only = trace->only.items;
  options->only_count = trace->only.count;
  options->skip = trace->skip.items;
  options->skip_count = trace->skip.count;
  options->opaque = trace->opaque.items;
  options->opaque_count = trace->opaque.count;
  options->spawned = trace->spawned;
  options->bounds = trace->bounds;
  if (trace->overhead)
    overhead_percent(trace->overhead, &options->overhead_percent);
  options->on_progress = settings->messages.quiet || !console_is_terminal() ? NULL : show_progress;
  options->on_note = settings->messages.verbose ? show_note : NULL;
  options->on_answer = take_answer;
  int status = collect_run(node, options, sink, result, err);
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

// What a budget has taken from the picture.
static void tell_folded(const struct profile *profile)
{
  const char *fact = profile_fact_value(profile, "folded");
  unsigned long long folded = fact ? strtoull(fact, NULL, 10) : 0;
  if (folded > 0)
    console_say("%llu function%s switched off now and then to keep to the budget (--overhead): their time is their "
                "callers', and `flambeau report` of a capture (-o x.flb) names them",
                folded, folded == 1 ? " was" : "s were");
}

static void summarize(const struct live_settings *settings, const struct collect_result *result,
                      const struct profile *profile, const struct outputs *outputs, const char *report)
{
  char written[SUMMARY_MAX / 2];
  char summary[SUMMARY_MAX];
  bool worth_saying = outputs->unnamed || result->lost_events > 0 || !progress_ended_well(result);
  outputs_written(outputs, written, sizeof written);
  size_t used = strlen(written);
  if (report)
    snprintf(written + used, sizeof written - used, "%s%s", used ? ", " : "", report);
  if (!*written || (settings->messages.quiet && !worth_saying))
    return;
  if (!settings->messages.quiet)
    tell_folded(profile);
  progress_summary(result, covered_ns(profile), written, summary);
  console_say("%s", summary);
}

static uint64_t all_time_ns(const struct profile *profile)
{
  uint64_t sum_ns = 0;
  for (size_t i = 0; i < profile->node_count; i++)
    sum_ns += profile->nodes[i].own;
  return sum_ns;
}

// What a call takes in the graph, and what it took as it was traced, beside what it takes untraced.
static void tell_verified(const struct profile *profile)
{
  char bare[NUMBER_MAX], drawn[NUMBER_MAX], traced[NUMBER_MAX];
  const char *fact = profile_fact_value(profile, "untraced_ns");
  uint64_t untraced_ns = fact ? strtoull(fact, NULL, 10) : 0;
  if (untraced_ns == 0 || profile->calls_seen == 0)
    return;
  uint64_t drawn_ns = all_time_ns(profile) / profile->calls_seen;
  uint64_t traced_ns = drawn_ns + profile->taken_out.taken_ns / profile->calls_seen;
  console_say("a call takes %s untraced and %s in the graph, %.3g times as long (%s as it was traced, %.3g times)",
              number_time(bare, untraced_ns), number_time(drawn, drawn_ns), (double)drawn_ns / (double)untraced_ns,
              number_time(traced, traced_ns), (double)traced_ns / (double)untraced_ns);
  if (profile->taken_out.scaled)
    console_say("for that, events were taken to have cost %.3g times what was measured", profile->taken_out.factor);
}

// The one thing that stays on the node, because nothing takes it off: see trigger() in src/agent/tracing.hrl.
static void warn_of_frames(const struct collect_options *options, const struct collect_result *result)
{
  if (options->function_count && result->calls_cut)
    console_say("each call that had not ended leaves a trace frame on its process's stack until it ends: if it never "
                "does, purging old code of the function's module will end that process");
}

// Both may have failed: the first failure is kept, the other one said at once.
static void add_failure(struct error *err, const struct error *failure)
{
  if (failure->code == ERROR_NONE)
    return;
  if (err->code == ERROR_NONE)
    *err = *failure;
  else
    console_error(failure);
}

// The path of the bug report if one was asked for and is there, else NULL with the failure, if any, in `err`.
static const char *make_report(const struct live_settings *settings, struct bug_report_capture *capture,
                               struct error *err)
{
  const struct bug_report_settings *report = &settings->bug_report;
  if (!report->path || bug_report_capture_finish(capture, err) < 0 ||
      bug_report_make(report, &settings->drawing, capture, err) < 0)
    return NULL;
  return report->path;
}

// Draws what the run grew. What fails is in `err`; what did not fail is there.
static int finish(const struct live_settings *settings, const struct collect_result *result,
                  struct recording *recording, struct bug_report_capture *capture, struct outputs *outputs,
                  struct error *err)
{
  struct error drawing = {0}, reporting = {0};
  struct profile *profile = recording_finish(recording, err);
  if (profile) {
    drawing_write(&settings->drawing, profile, outputs, &drawing);
    const char *report = drawing.code == ERROR_EMPTY ? NULL : make_report(settings, capture, &reporting);
    if (settings->verify)
      tell_verified(profile);
    summarize(settings, result, profile, outputs, report);
  }
  profile_free(profile);
  add_failure(err, &drawing);
  add_failure(err, &reporting);
  return err->code == ERROR_NONE ? 0 : -1;
}

static bool takes_stdout(const struct outputs *outputs)
{
  for (size_t i = 0; i < outputs->count; i++)
    if (strcmp(outputs->items[i].path, "-") == 0)
      return true;
  return false;
}

// What came of an own call is told whatever became of the outputs.
static int tell_answer(const struct listener *listener, const struct collect_result *result,
                       const struct outputs *outputs, const char *expression, struct error *err)
{
  struct error printing = {0};
  answer_print(&listener->answer, takes_stdout(outputs), &printing);
  if (printing.code != ERROR_NONE && err->code == ERROR_NONE)
    return error_set(err, printing.code, "%s", printing.message);
  if (printing.code != ERROR_NONE)
    console_error(&printing);
  if (!result->raised)
    return err->code == ERROR_NONE ? 0 : -1;
  if (err->code != ERROR_NONE)
    console_error(err);
  *err = (struct error){0};
  return error_set(err, ERROR_REFUSED, "%.160s raised an exception", expression);
}

// The run on a connected node, which is left as soon as the trace is over: drawing may take its time. From here on
// Ctrl-C ends the trace, not the program.
static int run_on_node(const struct live_settings *settings, struct collect_options *options, struct node *node,
                       struct outputs *outputs, struct error *err)
{
  const struct fold_options fold_options = drawing_fold_options(&settings->drawing);
  struct collect_result result = {0};
  struct recording recording;
  struct bug_report_capture capture;
  struct listener listener = {0};
  options->stop_fd = stop_signals_catch(err);
  if (options->stop_fd < 0 || outputs_open(outputs, err) < 0) {
    node_free(node);
    return -1;
  }
  answer_init(&listener.answer);
  options->context = &listener;
  int status = recording_init(&recording, &fold_options, outputs_capture(outputs), err);
  if (bug_report_capture_init(&capture, &settings->bug_report, err) < 0)
    status = -1;
  struct event_sink *sink = status == 0 ? bug_report_capture_sink(&capture, recording_sink(&recording), err) : NULL;
  status = sink ? collect(settings, options, node, sink, &result, err) : -1;
  node_free(node);
  if (status == 0)
    status = finish(settings, &result, &recording, &capture, outputs, err);
  warn_of_frames(options, &result);
  if (options->own_call)
    status = tell_answer(&listener, &result, outputs, options->own_call->expression, err);
  answer_release(&listener.answer);
  bug_report_capture_release(&capture);
  recording_release(&recording);
  return status;
}

int live_run(const struct live_settings *settings, struct collect_options what, const char *name, const char *asked,
             struct error *err)
{
  char chosen[OUTPUT_NAME_MAX];
  char now[32] = "";
  time_t seconds = time(NULL);
  struct tm local;
  struct outputs outputs;
  if (outputs_plan(&outputs, &settings->outputs, true, err) < 0 ||
      bug_report_check(&settings->bug_report, &outputs, NULL, err) < 0 ||
      drawing_check_settings(&settings->drawing, &outputs, err) < 0 ||
      (what.sample_ns && drawing_check_sampled(&settings->drawing, &outputs, err) < 0))
    return -1;
  if (localtime_r(&seconds, &local))
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%S", &local);
  output_name(settings->reach.node, name, now, outputs_extension(&outputs), chosen);
  if (outputs_check(&outputs, chosen, NULL, err) < 0)
    return -1;
  what.asked = asked;
  struct node *node = reach_connect(&settings->reach, settings->messages.verbose ? show_note : NULL, err);
  int status = node ? run_on_node(settings, &what, node, &outputs, err) : -1;
  outputs_release(&outputs);
  return status;
}
