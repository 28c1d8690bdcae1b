// A profile in, a page of text out: facts, processes, the proof that no time was lost, functions. Every text that came
// from a node or a file goes through text_clean first.
#include "renderers/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/numbers.h"
#include "picture/text.h"
#include "profile/profile.h"
#include "report/table.h"

#define LABEL_WIDTH 11
#define MAX_MODULES_NAMED 12
#define MAX_CLEAN_BYTES ((size_t)64 << 10)

struct report {
  const struct profile *profile;
  const struct report_options *options;
  struct byte_sink *out;
  struct bytes scratch; // of the text last cleaned
  uint64_t weight;      // of the whole profile
};

static const char *clean(struct report *report, const char *text)
{
  return text_clean(&report->scratch, text);
}

static const char *fact(struct report *report, const char *key)
{
  const char *value = profile_fact_value(report->profile, key);
  return value && *value ? clean(report, value) : NULL;
}

static void write_label(struct report *report, const char *label)
{
  byte_sink_printf(report->out, "%-*s", LABEL_WIDTH, label);
}

static void write_fact(struct report *report, const char *label, const char *key)
{
  const char *value = fact(report, key);
  if (!value)
    return;
  write_label(report, label);
  byte_sink_printf(report->out, "%s\n", value);
}

static bool number_fact(const struct report *report, const char *key, int64_t *number)
{
  const char *value = profile_fact_value(report->profile, key);
  char *end;
  if (!value || !*value)
    return false;
  *number = strtoll(value, &end, 10);
  return *end == '\0';
}

static void write_node(struct report *report)
{
  const char *node = fact(report, "node");
  if (!node)
    return;
  write_label(report, "node");
  byte_sink_text(report->out, node);
  const char *otp = fact(report, "otp");
  if (otp)
    byte_sink_printf(report->out, ", OTP %s", otp);
  const char *erts = fact(report, "erts");
  if (erts)
    byte_sink_printf(report->out, " (erts %s)", erts);
  byte_sink_text(report->out, "\n");
}

// What the fact `ended` means.
static const char *ended(const char *how)
{
  static const char *const words[][2] = {
      {"deadline", "until its time was up"},
      {"interrupted", "until it was interrupted"},
      {"exited", "until all traced processes were gone"},
      {"max-events", "until the bound --max-events"},
      {"max-queue", "until the bound --max-queue"},
      {"max-memory", "until the bound --max-memory"},
      {"unanswered", "until flambeau stopped answering"},
      {"disconnected", "until the connection was lost"},
      {"cut", "until where the capture was cut off"},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strcmp(words[i][0], how) == 0)
      return words[i][1];
  }
  return how;
}

static void write_span(struct report *report)
{
  char text[NUMBER_MAX];
  int64_t begin_ns, end_ns;
  const char *how = fact(report, "ended");
  bool known =
      number_fact(report, "begin_ns", &begin_ns) && number_fact(report, "end_ns", &end_ns) && end_ns >= begin_ns;
  if (!known && !how)
    return;
  write_label(report, "traced");
  if (known)
    byte_sink_printf(report->out, "%s%s", number_time(text, (uint64_t)end_ns - (uint64_t)begin_ns), how ? ", " : "");
  byte_sink_printf(report->out, "%s\n", how ? ended(how) : "");
}

static void write_events(struct report *report)
{
  char text[NUMBER_MAX];
  int64_t bytes, events;
  write_label(report, "events");
  byte_sink_text(report->out, number_count(text, report->profile->events));
  if (number_fact(report, "wire_bytes", &bytes) && number_fact(report, "wire_events", &events) && bytes >= 0 &&
      events > 0)
    byte_sink_printf(report->out, ", %" PRId64 ".%02" PRId64 " bytes each on the wire", bytes / events,
                     (int64_t)((double)(bytes % events) / (double)events * 100));
  int64_t queue;
  if (number_fact(report, "max_queue", &queue) && queue >= 0)
    byte_sink_printf(report->out, ", longest queue %s", number_count(text, (uint64_t)queue));
  byte_sink_text(report->out, "\n");
}

static uint64_t lost_ns(const struct profile *profile)
{
  uint64_t sum_ns = 0;
  for (size_t i = 1; i < profile->node_count; i++) {
    if (profile->frames[profile->nodes[i].frame].kind == FRAME_LOST)
      sum_ns += profile->nodes[i].own;
  }
  return sum_ns;
}

static void write_losses(struct report *report)
{
  char count[NUMBER_MAX], time[NUMBER_MAX];
  uint64_t events = report->profile->lost_events, length_ns = lost_ns(report->profile);
  int64_t known;
  if (number_fact(report, "lost_events", &known) && known > 0 && (uint64_t)known > events)
    events = (uint64_t)known;
  write_label(report, "lost");
  const char *how = fact(report, "ended");
  if (events == 0 && length_ns == 0)
    byte_sink_text(report->out, how && strcmp(how, "cut") == 0 ? "what came after the cut\n" : "nothing\n");
  else
    byte_sink_printf(report->out, "%s%s events, %s of time\n", events ? number_count(count, events) : "",
                     events ? "" : "an unknown number of", number_time(time, length_ns));
}

static void write_gc(struct report *report)
{
  const struct profile_gc *gc = &report->profile->gc;
  char minor[NUMBER_MAX], major[NUMBER_MAX], pause[NUMBER_MAX], longest[NUMBER_MAX], words[NUMBER_MAX];
  write_label(report, "gc");
  if (gc->minor == 0 && gc->major == 0)
    byte_sink_text(report->out, "none\n");
  else
    byte_sink_printf(report->out, "%s minor, %s major; %s in all, the longest %s; %s words given back\n",
                     number_count(minor, gc->minor), number_count(major, gc->major), number_time(pause, gc->pause_ns),
                     number_time(longest, gc->max_ns), number_count(words, gc->words_given_back));
}

static void write_modules(struct report *report)
{
  const struct profile *profile = report->profile;
  for (size_t i = 0; i < profile->module_count; i++) {
    write_label(report, i == 0 ? "loaded" : "");
    if (i == MAX_MODULES_NAMED) {
      byte_sink_printf(report->out, "and %zu more modules\n", profile->module_count - i);
      return;
    }
    byte_sink_printf(report->out, "%s during the trace, %s\n", clean(report, profile->modules[i].name),
                     profile->modules[i].traced ? "traced from then on" : "not traced");
  }
}

static void write_facts(struct report *report)
{
  write_node(report);
  write_fact(report, "asked", "asked");
  write_fact(report, "target", "target");
  write_fact(report, "started", "started");
  write_span(report);
  write_fact(report, "bounds", "bounds");
  write_fact(report, "patterns", "functions");
  write_fact(report, "untraced", "untraced");
  write_events(report);
  write_losses(report);
  write_gc(report);
  write_modules(report);
}

static int by_events(const void *left, const void *right)
{
  const struct profile_process *const *a = left, *const *b = right;
  if ((*a)->events != (*b)->events)
    return (*a)->events < (*b)->events ? 1 : -1;
  return (*a > *b) - (*a < *b);
}

static size_t shown(const struct report *report, size_t count)
{
  uint64_t top = report->options->top;
  return top && top < count ? (size_t)top : count;
}

static void write_rest(struct report *report, size_t count)
{
  char text[NUMBER_MAX];
  size_t rest = count - shown(report, count);
  if (rest)
    byte_sink_printf(report->out, "  and %s more\n", number_count(text, rest));
}

static void fill_processes(struct report *report, const struct profile_process **processes, struct table *table)
{
  char text[NUMBER_MAX];
  table_column(table, "events", false);
  table_column(table, "covered", false);
  table_column(table, "process", true);
  table_column(table, "", true);
  table_column(table, "", true);
  for (size_t i = 0; i < shown(report, report->profile->process_count); i++) {
    const struct profile_process *process = processes[i];
    table_cell(table, number_count(text, process->events));
    table_cell(table, number_time(text, (uint64_t)process->last_ns - (uint64_t)process->first_ns));
    table_cell(table, clean(report, process->pid));
    table_cell(table, strcmp(process->title, process->pid) == 0 ? "" : clean(report, process->title));
    table_cell(table, process->exited ? "exited" : "");
  }
}

static void write_conservation(struct report *report)
{
  uint64_t width_ns = 0, covered_ns = 0, difference_ns = 0;
  char width[NUMBER_MAX], covered[NUMBER_MAX], difference[NUMBER_MAX];
  for (size_t i = 0; i < report->profile->process_count; i++) {
    const struct profile_process *process = &report->profile->processes[i];
    uint64_t own_ns = (uint64_t)process->last_ns - (uint64_t)process->first_ns;
    width_ns += process->width_ns;
    covered_ns += own_ns;
    difference_ns += own_ns > process->width_ns ? own_ns - process->width_ns : process->width_ns - own_ns;
  }
  byte_sink_printf(report->out, "  sum of widths %s ns, time covered %s ns, difference %s ns\n",
                   number_count(width, width_ns), number_count(covered, covered_ns),
                   number_count(difference, difference_ns));
}

static int write_processes(struct report *report, struct error *err)
{
  const struct profile *profile = report->profile;
  size_t count = profile->process_count;
  const struct profile_process **processes = calloc(count + 1, sizeof *processes);
  if (!processes)
    return error_set(err, ERROR_MEMORY, "out of memory for the table of %zu processes", count);
  for (size_t i = 0; i < count; i++)
    processes[i] = &profile->processes[i];
  qsort(processes, count, sizeof *processes, by_events);
  struct table table;
  table_init(&table);
  fill_processes(report, processes, &table);
  byte_sink_printf(report->out, "\n%zu process%s\n\n", count, count == 1 ? "" : "es");
  table_write(&table, 2, report->out);
  write_rest(report, count);
  byte_sink_text(report->out, "\n");
  write_conservation(report);
  table_release(&table);
  free(processes);
  return 0;
}

struct order {
  const struct profile *profile;
  enum report_sort sort;
};

static int falling(uint64_t a, uint64_t b)
{
  return (a < b) - (a > b);
}

static int by_choice(const void *left, const void *right, void *context)
{
  const struct order *order = context;
  const struct profile_function *a = left, *b = right;
  int result = 0;
  if (order->sort == REPORT_SORT_OWN)
    result = falling(a->own_ns, b->own_ns);
  else if (order->sort == REPORT_SORT_TOTAL)
    result = falling(a->total_ns, b->total_ns);
  else if (order->sort == REPORT_SORT_CALLS)
    result = falling(a->calls, b->calls);
  return result ? result : strcmp(order->profile->frames[a->frame].name, order->profile->frames[b->frame].name);
}

static void weight_cell(const struct report *report, struct table *table, uint64_t weight)
{
  char text[NUMBER_MAX];
  table_cell(table, report->profile->counts_known ? number_time(text, weight) : number_count(text, weight));
}

static void call_length_cells(struct table *table, const struct profile_function *function)
{
  char text[NUMBER_MAX];
  uint64_t calls = function->timed_calls;
  table_cell(table, calls ? number_time(text, function->call_sum_ns / calls) : "-");
  table_cell(table, calls ? number_time(text, function->call_min_ns) : "-");
  table_cell(table, calls ? number_time(text, function->call_max_ns) : "-");
}

static void fill_functions(struct report *report, const struct profile_function *functions, struct table *table)
{
  static const char *const titles[] = {"calls", "own", "own %", "total", "mean", "min", "max"};
  char text[NUMBER_MAX];
  bool counted = report->profile->counts_known;
  for (size_t i = counted ? 0 : 1; i < (counted ? 7 : 4); i++)
    table_column(table, titles[i], false);
  table_column(table, "function", true);
  for (size_t i = 0; i < shown(report, report->profile->function_count); i++) {
    const struct profile_function *function = &functions[i];
    if (counted)
      table_cell(table, number_count(text, function->calls));
    weight_cell(report, table, function->own_ns);
    table_cell(table, number_share(text, function->own_ns, report->weight));
    weight_cell(report, table, function->total_ns);
    if (counted)
      call_length_cells(table, function);
    table_cell(table, clean(report, report->profile->frames[function->frame].name));
  }
}

static int write_functions(struct report *report, struct error *err)
{
  static const char *const orders[] = {"own time", "time with callees", "calls", "name"};
  const struct profile *profile = report->profile;
  size_t count = profile->function_count;
  struct profile_function *functions = malloc((count + 1) * sizeof *functions);
  if (!functions)
    return error_set(err, ERROR_MEMORY, "out of memory for the table of %zu functions", count);
  if (count)
    memcpy(functions, profile->functions, count * sizeof *functions);
  struct order order = {.profile = profile, .sort = report->options->sort};
  qsort_r(functions, count, sizeof *functions, by_choice, &order);
  struct table table;
  table_init(&table);
  fill_functions(report, functions, &table);
  byte_sink_printf(report->out, "\n%zu function%s, by %s\n\n", count, count == 1 ? "" : "s",
                   orders[report->options->sort]);
  table_write(&table, 2, report->out);
  write_rest(report, count);
  table_release(&table);
  free(functions);
  return 0;
}

static void write_folded_head(struct report *report)
{
  char text[NUMBER_MAX];
  byte_sink_printf(report->out, "folded stacks, %s in all: calls, times and facts of the run are not in this file\n",
                   number_count(text, report->weight));
}

int report_write(const struct profile *profile, const struct report_options *options, struct byte_sink *out,
                 struct error *err)
{
  struct report report = {.profile = profile, .options = options, .out = out};
  bytes_init(&report.scratch, MAX_CLEAN_BYTES);
  for (size_t i = 1; i < profile->node_count; i++)
    report.weight += profile->nodes[i].own;
  int status = 0;
  if (profile->counts_known) {
    write_facts(&report);
    status = write_processes(&report, err);
  } else {
    write_folded_head(&report);
  }
  if (status == 0)
    status = write_functions(&report, err);
  if (status == 0 && out->error.code != ERROR_NONE)
    status = error_set(err, out->error.code, "%s", out->error.message);
  bytes_release(&report.scratch);
  return status;
}
