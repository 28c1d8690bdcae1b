// A profile in, one JSON object out. It is written a member at a time, a row of a list on a line of its own: a report
// of a million functions takes the memory of one. Every text that came from a node or a file goes through text_value.
#include <jansson.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/text.h"
#include "profile/profile.h"
#include "renderers/report.h"
#include "report/figures.h"

#define FORMAT 1 // of JSON.md; a key that goes or changes its meaning makes a new one
#define SHARE_DIGITS 6
#define DUMP_FLAGS (JSON_ENSURE_ASCII | JSON_ENCODE_ANY | JSON_REAL_PRECISION(SHARE_DIGITS))
#define MAX_TEXT_BYTES ((size_t)1 << 30)

struct json_report {
  const struct profile *profile;
  struct figures figures;
  struct byte_sink *out;
  struct bytes scratch; // of the text last repaired
  bool begun;           // a member was written
  bool failed;          // out of memory
};

// JSON's integers have no end, those of its readers do.
static json_t *integer(uint64_t number)
{
  return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

static json_t *known_integer(bool known, uint64_t number)
{
  return known ? integer(number) : json_null();
}

static json_t *share(uint64_t part, uint64_t whole)
{
  return json_real(whole ? (double)part / (double)whole : 0);
}

// Bytes that are no UTF-8 become U+FFFD, everything else stays as it is: JSON can spell any character.
static json_t *text_value(struct json_report *report, const char *text)
{
  const char *end = text + strlen(text);
  bytes_clear(&report->scratch);
  while (text < end) {
    const char *from = text;
    bool broken = text_next(&text, end) == TEXT_REPLACEMENT && text - from == 1 && (unsigned char)*from >= 0x80;
    if (broken)
      bytes_append(&report->scratch, "\uFFFD", 3);
    else
      bytes_append(&report->scratch, from, (size_t)(text - from));
  }
  bytes_append_u8(&report->scratch, 0);
  return report->scratch.failed ? NULL : json_string((const char *)report->scratch.data);
}

static json_t *known_text(struct json_report *report, const char *text)
{
  return *text ? text_value(report, text) : json_null();
}

static int write_piece(const char *piece, size_t size, void *opaque)
{
  struct byte_sink *out = opaque;
  byte_sink_write(out, piece, size);
  return out->error.code == ERROR_NONE ? 0 : -1;
}

static void write_value(struct json_report *report, json_t *value)
{
  if (!value ||
      (json_dump_callback(value, write_piece, report->out, DUMP_FLAGS) < 0 && report->out->error.code == ERROR_NONE))
    report->failed = true;
  json_decref(value);
}

static void write_key(struct json_report *report, const char *key)
{
  byte_sink_printf(report->out, "%s\"%s\": ", report->begun ? ",\n" : "{\n", key);
  report->begun = true;
}

static void write_member(struct json_report *report, const char *key, json_t *value)
{
  write_key(report, key);
  write_value(report, value);
}

static void write_rows(struct json_report *report, const char *key, size_t count,
                       json_t *(*row)(struct json_report *report, size_t index))
{
  write_key(report, key);
  byte_sink_text(report->out, "[");
  for (size_t i = 0; i < count && !report->failed && report->out->error.code == ERROR_NONE; i++) {
    byte_sink_text(report->out, i ? ",\n  " : "\n  ");
    write_value(report, row(report, i));
  }
  byte_sink_text(report->out, count ? "\n]" : "]");
}

static void put(struct json_report *report, json_t *object, const char *key, json_t *value)
{
  if (json_object_set_new(object, key, value) < 0)
    report->failed = true;
}

static json_t *facts(struct json_report *report)
{
  const struct profile *profile = report->profile;
  json_t *object = json_object();
  for (size_t i = 0; i < profile->fact_count; i++) {
    json_t *key = text_value(report, profile->facts[i].key);
    put(report, object, json_string_value(key), text_value(report, profile->facts[i].value));
    json_decref(key);
  }
  return object;
}

static json_t *split(struct json_report *report, bool timed)
{
  const struct figures_split *split = &report->figures.split;
  json_t *object = json_object();
  put(report, object, timed ? "ran_ns" : "ran", integer(split->ran));
  put(report, object, timed ? "waiting_ns" : "waiting", integer(split->waiting));
  put(report, object, timed ? "runnable_ns" : "runnable", integer(split->runnable));
  put(report, object, timed ? "gc_ns" : "gc", integer(split->gc));
  put(report, object, timed ? "lost_ns" : "lost", integer(split->lost));
  return object;
}

static json_t *conservation(struct json_report *report)
{
  const struct figures_conservation *conservation = &report->figures.conservation;
  json_t *object = json_object();
  put(report, object, "sum_of_widths_ns", integer(conservation->width_ns));
  if (conservation->tracing_ns > 0)
    put(report, object, "tracing_ns", integer(conservation->tracing_ns));
  put(report, object, "time_covered_ns", integer(conservation->covered_ns));
  put(report, object, "difference_ns", integer(conservation->difference_ns));
  return object;
}

static json_t *tracing(struct json_report *report)
{
  const struct profile_tracing *tracing = &report->profile->taken_out;
  json_t *object = json_object();
  put(report, object, "taken_ns", integer(tracing->taken_ns));
  put(report, object, "factor", json_real(tracing->factor));
  put(report, object, "scaled", json_boolean(tracing->scaled));
  return object;
}

static json_t *absence(struct json_report *report, const struct profile_absence *absence)
{
  json_t *object = json_object();
  bool counted = profile_has_calls(report->profile);
  put(report, object, "count", known_integer(counted, absence->count));
  put(report, object, "total_ns", integer(absence->total_ns));
  put(report, object, "max_ns", known_integer(counted, absence->max_ns));
  return object;
}

static json_t *gc(struct json_report *report)
{
  const struct profile_gc *gc = &report->profile->gc;
  json_t *object = json_object();
  put(report, object, "minor", integer(gc->minor));
  put(report, object, "major", integer(gc->major));
  put(report, object, "total_ns", integer(gc->pause_ns));
  put(report, object, "max_ns", integer(gc->max_ns));
  put(report, object, "words_given_back", integer(gc->words_given_back));
  return object;
}

static json_t *lost(struct json_report *report)
{
  const struct figures *figures = &report->figures;
  json_t *object = json_object();
  put(report, object, "events", known_integer(figures->lost_events_known, figures->lost_events));
  put(report, object, "total_ns", integer(figures->split.lost));
  return object;
}

static json_t *module_row(struct json_report *report, size_t index)
{
  const struct profile_module *module = &report->profile->modules[index];
  json_t *row = json_object();
  put(report, row, "name", text_value(report, module->name));
  put(report, row, "time_ns", json_integer(module->time_ns));
  put(report, row, "traced", json_boolean(module->traced));
  return row;
}

// `null` where nothing was measured.
static json_t *spread(struct json_report *report, const struct profile_spread *spread)
{
  if (report->profile->measured_calls == 0)
    return json_null();
  json_t *object = json_object();
  put(report, object, "median_ns", integer(spread->median_ns));
  put(report, object, "lower_quartile_ns", integer(spread->lower_quartile_ns));
  put(report, object, "upper_quartile_ns", integer(spread->upper_quartile_ns));
  return object;
}

static json_t *own_time(struct json_report *report, const struct profile_function *function)
{
  const struct profile *profile = report->profile;
  if (profile->measured_calls == 0)
    return json_null();
  const struct profile_spread *times = &profile->function_times[function - profile->functions];
  bool known = profile->times_known || times->median_ns > 0; // a snapshot has lines of some functions
  return known ? spread(report, times) : json_null();
}

static json_t *call_row(struct json_report *report, size_t index)
{
  static const char *const endings[] = {
      [PROFILE_CALL_RETURNED] = "returned",
      [PROFILE_CALL_RAISED] = "raised",
      [PROFILE_CALL_EXITED] = "exited",
      [PROFILE_CALL_CUT] = "cut",
  };
  const struct profile *profile = report->profile;
  const struct profile_call *call = &profile->calls[index];
  const struct profile_process *process = &profile->processes[call->process];
  json_t *row = json_object();
  put(report, row, "start_ns", integer(call->start_ns));
  put(report, row, "length_ns", integer(call->length_ns));
  put(report, row, "pid", text_value(report, process->pid));
  put(report, row, "name", text_value(report, process->title));
  put(report, row, "function", text_value(report, profile->frames[call->frame].name));
  put(report, row, "caller",
      call->caller == PROFILE_NO_FRAME ? json_null() : text_value(report, profile->frames[call->caller].name));
  put(report, row, "ending", json_string(endings[call->ending]));
  return row;
}

static json_t *process_row(struct json_report *report, size_t index)
{
  const struct profile_process *process = report->figures.processes[index];
  json_t *row = json_object();
  put(report, row, "pid", text_value(report, process->pid));
  put(report, row, "name", text_value(report, process->title));
  put(report, row, "events", integer(process->events));
  put(report, row, "covered_ns", integer(figures_covered_ns(process)));
  put(report, row, "width_ns", integer(process->width_ns));
  put(report, row, "ran_ns", integer(figures_ran_ns(process)));
  put(report, row, "waiting_ns", integer(process->waiting_ns));
  put(report, row, "runnable_ns", integer(process->runnable_ns));
  put(report, row, "gc_ns", integer(process->gc_ns));
  put(report, row, "lost_ns", integer(process->lost_ns));
  put(report, row, "exited", json_boolean(process->exited));
  return row;
}

// `null` where nobody found out; the application alone is `null` of a module without one, too.
static json_t *origin(const struct profile_frame *frame)
{
  static const char *const origins[] = {[ORIGIN_UNKNOWN] = NULL,
                                        [ORIGIN_OWN] = "own",
                                        [ORIGIN_DEPENDENCY] = "dependency",
                                        [ORIGIN_ELIXIR] = "elixir",
                                        [ORIGIN_OTP] = "otp"};
  return frame->origin == ORIGIN_UNKNOWN ? json_null() : json_string(origins[frame->origin]);
}

static json_t *function_row(struct json_report *report, size_t index)
{
  const struct profile_function *function = report->figures.functions[index];
  const struct profile_frame *frame = &report->profile->frames[function->frame];
  bool located = frame->line > 0, timed = function->timed_calls > 0;
  json_t *row = json_object();
  put(report, row, "name", text_value(report, frame->name));
  put(report, row, "module", known_text(report, frame->module));
  put(report, row, "application", known_text(report, frame->application));
  put(report, row, "origin", origin(frame));
  put(report, row, "file", known_text(report, located ? frame->file : ""));
  put(report, row, "line", known_integer(located, frame->line));
  put(report, row, "native", json_boolean(frame->native));
  put(report, row, "calls", known_integer(profile_has_calls(report->profile), function->calls));
  put(report, row, "own_ns", integer(function->own_ns));
  put(report, row, "own_share", share(function->own_ns, report->figures.split.ran));
  put(report, row, "total_ns", integer(function->total_ns));
  put(report, row, "total_share", share(function->total_ns, report->figures.split.whole));
  if (report->profile->taken_out.taken_ns > 0) {
    put(report, row, "own_tracing_ns", integer(function->tracing_ns));
    put(report, row, "total_tracing_ns", integer(function->total_tracing_ns));
  }
  put(report, row, "timed_calls", known_integer(profile_has_calls(report->profile), function->timed_calls));
  put(report, row, "mean_ns", known_integer(timed, figures_mean_ns(function)));
  put(report, row, "min_ns", known_integer(timed, function->call_min_ns));
  put(report, row, "max_ns", known_integer(timed, function->call_max_ns));
  put(report, row, "waiting_ns", integer(function->waiting_ns));
  put(report, row, "runnable_ns", integer(function->runnable_ns));
  put(report, row, "gc_ns", integer(function->gc_ns));
  put(report, row, "own_time", own_time(report, function));
  return row;
}

static json_t *snapshot_row(struct json_report *report, size_t index)
{
  const struct profile_function *function = report->figures.functions[index];
  json_t *row = json_object();
  put(report, row, "name", text_value(report, report->profile->frames[function->frame].name));
  put(report, row, "calls", integer(function->calls));
  put(report, row, "own_time", own_time(report, function));
  return row;
}

// The weights of a folded file have a unit that only its writer knows.
static json_t *folded_row(struct json_report *report, size_t index)
{
  const struct profile_function *function = report->figures.functions[index];
  json_t *row = json_object();
  put(report, row, "name", text_value(report, report->profile->frames[function->frame].name));
  put(report, row, "own", integer(function->own_ns));
  put(report, row, "own_share", share(function->own_ns, report->figures.split.ran));
  put(report, row, "total", integer(function->total_ns));
  put(report, row, "total_share", share(function->total_ns, report->figures.split.whole));
  return row;
}

static void write_measured(struct json_report *report)
{
  write_member(report, "measured_calls", integer(report->profile->measured_calls));
  write_member(report, "call_time", spread(report, &report->profile->call_time));
}

static void write_snapshot(struct json_report *report)
{
  write_member(report, "facts", facts(report));
  write_member(report, "calls_seen", integer(report->profile->calls_seen));
  write_measured(report);
}

static void write_capture(struct json_report *report)
{
  const struct profile *profile = report->profile;
  write_member(report, "facts", facts(report));
  write_member(report, "events", integer(profile->events));
  write_member(report, "covered_ns", integer(report->figures.conservation.covered_ns));
  write_member(report, "conservation", conservation(report));
  write_member(report, "time", split(report, true));
  if (profile->taken_out.taken_ns > 0)
    write_member(report, "tracing", tracing(report));
  write_member(report, "waits", absence(report, &profile->waiting));
  write_member(report, "runnable", absence(report, &profile->runnable));
  write_member(report, "gc", gc(report));
  write_member(report, "lost", lost(report));
  write_rows(report, "modules", profile->module_count, module_row);
  write_member(report, "calls_seen", integer(profile->calls_seen));
  write_rows(report, "calls", profile->call_count, call_row);
  write_measured(report);
  write_member(report, "process_count", integer(profile->process_count));
  write_rows(report, "processes", report->figures.processes_shown, process_row);
}

static void write_folded(struct json_report *report)
{
  write_member(report, "weight", integer(report->figures.split.whole));
  write_member(report, "weights", split(report, false));
}

int report_write_json(const struct profile *profile, const struct report_options *options, struct byte_sink *out,
                      struct error *err)
{
  bool snapshot = profile->counts_known && !profile->times_known, capture = profile->counts_known && !snapshot;
  struct json_report report = {.profile = profile, .out = out};
  if (figures_init(&report.figures, profile, options, err) < 0)
    return -1;
  bytes_init(&report.scratch, MAX_TEXT_BYTES);
  write_member(&report, "format", json_integer(FORMAT));
  write_member(&report, "flambeau", json_string(FLAMBEAU_VERSION));
  write_member(&report, "input", json_string(capture ? "capture" : snapshot ? "snapshot" : "folded"));
  if (capture)
    write_capture(&report);
  else if (snapshot)
    write_snapshot(&report);
  else
    write_folded(&report);
  write_member(&report, "function_count", integer(profile->function_count));
  write_rows(&report, "functions", report.figures.functions_shown,
             capture    ? function_row
             : snapshot ? snapshot_row
                        : folded_row);
  byte_sink_text(out, "\n}\n");
  bytes_release(&report.scratch);
  figures_release(&report.figures);
  if (out->error.code != ERROR_NONE)
    return error_set(err, out->error.code, "%s", out->error.message);
  return report.failed ? error_set(err, ERROR_MEMORY, "out of memory for the report") : 0;
}
