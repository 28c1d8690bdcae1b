// A profile in, a page of text out: facts, where the time went, captured calls, processes, the proof that no time was
// lost, functions. Every text that came from a node or a file goes through text_clean first.
#include "renderers/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/numbers.h"
#include "base/text.h"
#include "profile/profile.h"
#include "report/page.h"
#include "report/table.h"

#define MAX_WAITS_NAMED 5

const char *page_clean(struct report *report, const char *text)
{
  return text_clean(&report->scratch, text);
}

const char *page_title_of(struct report *report, const struct profile_process *process)
{
  return strcmp(process->title, process->pid) == 0 ? "" : page_clean(report, process->title);
}

void page_write_rest(struct report *report, size_t rest)
{
  char text[NUMBER_MAX];
  if (rest)
    byte_sink_printf(report->out, "  and %s more\n", number_count(text, rest));
}

static const char *weight_text(const struct report *report, char text[NUMBER_MAX], uint64_t weight)
{
  return report->profile->counts_known ? number_time(text, weight) : number_count(text, weight);
}

static void weight_cell(const struct report *report, struct table *table, uint64_t weight)
{
  char text[NUMBER_MAX];
  table_cell(table, weight_text(report, text, weight));
}

static void share_cell(struct table *table, uint64_t part, uint64_t whole)
{
  char text[NUMBER_MAX];
  table_cell(table, number_share(text, part, whole));
}

struct split_row {
  uint64_t weight;
  bool beside; // no part of the whole
  uint64_t times, max_ns;
  const char *name;
  const char *note;
};

// Unknown counts and lengths are left empty.
static void split_cells(struct report *report, struct table *table, const struct split_row *row)
{
  char text[NUMBER_MAX];
  weight_cell(report, table, row->weight);
  if (row->beside)
    table_cell(table, "");
  else
    share_cell(table, row->weight, report->figures.split.whole);
  if (profile_has_calls(report->profile)) {
    table_cell(table, row->times ? number_count(text, row->times) : "");
    table_cell(table, row->times ? number_time(text, row->max_ns) : "");
  }
  table_cell(table, row->name);
  table_cell(table, row->note);
}

static void describe_gc(const struct profile_gc *gc, char *text, size_t size)
{
  char minor[NUMBER_MAX], major[NUMBER_MAX], words[NUMBER_MAX];
  *text = '\0';
  if (gc->minor || gc->major)
    snprintf(text, size, "%s minor, %s major; %s words given back", number_count(minor, gc->minor),
             number_count(major, gc->major), number_count(words, gc->words_given_back));
}

static void describe_tracing(const struct profile_tracing *tracing, char *text, size_t size)
{
  if (tracing->scaled)
    snprintf(text, size, "taken out: %.3g times what the events were measured to cost", tracing->factor);
  else
    snprintf(text, size, "taken out: what the events were measured to cost");
}

static void write_split(struct report *report)
{
  const struct profile *profile = report->profile;
  const struct figures_split *split = &report->figures.split;
  const struct profile_gc *gc = &profile->gc;
  char note[4 * NUMBER_MAX], taken[4 * NUMBER_MAX];
  describe_gc(gc, note, sizeof note);
  describe_tracing(&profile->taken_out, taken, sizeof taken);
  const struct split_row rows[] = {
      {split->ran, false, 0, 0, "ran", ""},
      {split->waiting, false, profile->waiting.count, profile->waiting.max_ns, "[waiting]", ""},
      {split->runnable, false, profile->runnable.count, profile->runnable.max_ns, "[runnable]", ""},
      {split->gc, false, gc->minor + gc->major, gc->max_ns, "[gc]", note},
      {split->lost, false, 0, 0, "[lost]", ""},
      {split->whole, false, 0, 0, "in all", ""},
      {profile->taken_out.taken_ns, true, 0, 0, "[tracing]", taken},
  };
  size_t count = sizeof rows / sizeof *rows - (profile->taken_out.taken_ns == 0);
  struct table table;
  table_init(&table);
  table_column(&table, profile->counts_known ? "time" : "weight", false);
  table_column(&table, "share", false);
  if (profile_has_calls(profile)) { // a look does not see how often
    table_column(&table, "times", false);
    table_column(&table, "longest", false);
  }
  table_column(&table, "", true);
  table_column(&table, "", true);
  for (size_t i = 0; i < count; i++)
    split_cells(report, &table, &rows[i]);
  byte_sink_text(report->out, "\n");
  table_write(&table, PAGE_INDENT, report->out);
  table_release(&table);
}

static void write_waits(struct report *report)
{
  const struct profile_function *functions[MAX_WAITS_NAMED];
  size_t count = figures_waited_in(report->profile, functions, MAX_WAITS_NAMED);
  if (count == 0)
    return;
  struct table table;
  table_init(&table);
  table_column(&table, report->profile->counts_known ? "time" : "weight", false);
  table_column(&table, "share", false);
  table_column(&table, "waited in", true);
  for (size_t i = 0; i < count; i++) {
    weight_cell(report, &table, functions[i]->waiting_ns);
    share_cell(&table, functions[i]->waiting_ns, report->figures.split.whole);
    table_cell(&table, page_clean(report, report->profile->frames[functions[i]->frame].name));
  }
  byte_sink_text(report->out, "\n");
  table_write(&table, PAGE_INDENT, report->out);
  table_release(&table);
}

static void fill_processes(struct report *report, struct table *table)
{
  char text[NUMBER_MAX];
  table_column(table, "events", false);
  table_column(table, "covered", false);
  table_column(table, "ran", false);
  table_column(table, "[waiting]", false);
  table_column(table, "process", true);
  table_column(table, "", true);
  table_column(table, "", true);
  for (size_t i = 0; i < report->figures.processes_shown; i++) {
    const struct profile_process *process = report->figures.processes[i];
    table_cell(table, number_count(text, process->events));
    table_cell(table, number_time(text, figures_covered_ns(process)));
    table_cell(table, number_time(text, figures_ran_ns(process)));
    table_cell(table, number_time(text, process->waiting_ns));
    table_cell(table, page_clean(report, process->pid));
    table_cell(table, page_title_of(report, process));
    table_cell(table, process->exited ? "exited" : "");
  }
}

static void write_processes(struct report *report)
{
  size_t count = report->profile->process_count;
  struct table table;
  table_init(&table);
  fill_processes(report, &table);
  byte_sink_printf(report->out, "\n%zu process%s\n\n", count, count == 1 ? "" : "es");
  table_write(&table, PAGE_INDENT, report->out);
  page_write_rest(report, count - report->figures.processes_shown);
  table_release(&table);
}

static void write_conservation(struct report *report)
{
  const struct figures_conservation *conservation = &report->figures.conservation;
  char width[NUMBER_MAX], tracing[NUMBER_MAX], covered[NUMBER_MAX], difference[NUMBER_MAX];
  byte_sink_printf(report->out, "\n  sum of widths %s ns, ", number_count(width, conservation->width_ns));
  if (conservation->tracing_ns > 0)
    byte_sink_printf(report->out, "tracing taken out %s ns, ", number_count(tracing, conservation->tracing_ns));
  byte_sink_printf(report->out, "time covered %s ns, difference %s ns\n",
                   number_count(covered, conservation->covered_ns),
                   number_count(difference, conservation->difference_ns));
}

static void call_length_cells(struct table *table, const struct profile_function *function)
{
  char text[NUMBER_MAX];
  bool timed = function->timed_calls > 0;
  table_cell(table, timed ? number_time(text, figures_mean_ns(function)) : "-");
  table_cell(table, timed ? number_time(text, function->call_min_ns) : "-");
  table_cell(table, timed ? number_time(text, function->call_max_ns) : "-");
}

// The place follows the name in its cell: a column of its own would begin behind the longest name. Without folders:
// beside the module's name the file's is enough.
static void add_to_cell(struct report *report, const char *text)
{
  bytes_append(&report->cell, text, strlen(text));
}

static void add_place(struct report *report, const struct profile_frame *frame)
{
  if (!frame->line)
    return;
  add_to_cell(report, "  ");
  const char *slash = strrchr(frame->file, '/');
  add_to_cell(report, page_clean(report, slash && slash[1] ? slash + 1 : frame->file));
  char line[16];
  snprintf(line, sizeof line, ":%" PRIu32, frame->line);
  add_to_cell(report, line);
}

static void add_doubt(struct report *report, const struct profile_function *function)
{
  char left[NUMBER_MAX], all[NUMBER_MAX], text[3 * NUMBER_MAX];
  if (!profile_is_uncertain(function->total_ns, function->total_tracing_ns))
    return;
  snprintf(text, sizeof text, "  uncertain: %s left of %s", number_time(left, function->total_ns),
           number_time(all, function->total_ns + function->total_tracing_ns));
  add_to_cell(report, text);
}

static void name_cell(struct report *report, struct table *table, const struct profile_function *function)
{
  const struct profile_frame *frame = &report->profile->frames[function->frame];
  bytes_clear(&report->cell);
  add_to_cell(report, page_clean(report, frame->name));
  add_place(report, frame);
  add_doubt(report, function);
  bytes_append_u8(&report->cell, 0);
  table_cell(table, report->cell.failed ? "" : (const char *)report->cell.data);
}

static void fill_functions(struct report *report, struct table *table)
{
  static const char *const titles[] = {"calls", "own", "own %", "total", "total %", "mean", "min", "max"};
  char text[NUMBER_MAX];
  bool counted = profile_has_calls(report->profile);
  for (size_t i = counted ? 0 : 1; i < (counted ? 8 : 5); i++)
    table_column(table, titles[i], false);
  table_column(table, "function", true);
  for (size_t i = 0; i < report->figures.functions_shown; i++) {
    const struct profile_function *function = report->figures.functions[i];
    if (counted)
      table_cell(table, number_count(text, function->calls));
    weight_cell(report, table, function->own_ns);
    share_cell(table, function->own_ns, report->figures.split.ran);
    weight_cell(report, table, function->total_ns);
    share_cell(table, function->total_ns, report->figures.split.whole);
    if (counted)
      call_length_cells(table, function);
    name_cell(report, table, function);
  }
}

static void write_functions(struct report *report)
{
  static const char *const orders[] = {
      [REPORT_SORT_OWN] = "own time", [REPORT_SORT_TOTAL] = "time with callees", [REPORT_SORT_CALLS] = "calls",
      [REPORT_SORT_NAME] = "name",    [REPORT_SORT_MEAN] = "mean call",          [REPORT_SORT_MAX] = "longest call",
  };
  char ran[NUMBER_MAX], whole[NUMBER_MAX];
  size_t count = report->profile->function_count;
  struct table table;
  table_init(&table);
  fill_functions(report, &table);
  byte_sink_printf(report->out, "\n%zu function%s, by %s; own %% of the %s that ran, total %% of %s in all\n\n", count,
                   count == 1 ? "" : "s", orders[report->options->sort],
                   weight_text(report, ran, report->figures.split.ran),
                   weight_text(report, whole, report->figures.split.whole));
  table_write(&table, PAGE_INDENT, report->out);
  page_write_rest(report, count - report->figures.functions_shown);
  table_release(&table);
}

static void write_folded_head(struct report *report)
{
  char text[NUMBER_MAX];
  byte_sink_printf(report->out, "folded stacks, %s in all: calls, times and facts of the run are not in this file\n",
                   number_count(text, report->figures.split.whole));
}

static void write_snapshot_head(struct report *report)
{
  char text[NUMBER_MAX];
  const struct profile *profile = report->profile;
  page_write_snapshot_facts(report);
  if (profile->calls_seen == 0)
    byte_sink_text(report->out, "\na snapshot: calls of a whole trace, no times\n");
  else
    byte_sink_printf(report->out, "\na snapshot: calls in %s captured call%s\n",
                     number_count(text, profile->calls_seen), profile->calls_seen == 1 ? "" : "s");
}

static void spread_cells(struct table *table, const struct profile_spread *spread)
{
  char text[NUMBER_MAX];
  bool known = spread->median_ns > 0;
  table_cell(table, known ? number_time(text, spread->median_ns) : "");
  table_cell(table, known ? number_time(text, spread->lower_quartile_ns) : "");
  table_cell(table, known ? number_time(text, spread->upper_quartile_ns) : "");
}

static void fill_snapshot(struct report *report, struct table *table)
{
  char text[NUMBER_MAX];
  const struct profile *profile = report->profile;
  bool measured = profile->measured_calls > 0;
  table_column(table, "calls", false);
  if (measured) {
    table_column(table, "own", false);
    table_column(table, "quartiles", false);
    table_column(table, "", false);
  }
  table_column(table, "function", true);
  for (size_t i = 0; i < report->figures.functions_shown; i++) {
    const struct profile_function *function = report->figures.functions[i];
    table_cell(table, number_count(text, function->calls));
    if (measured)
      spread_cells(table, &profile->function_times[function - profile->functions]);
    name_cell(report, table, function);
  }
}

static void write_snapshot(struct report *report)
{
  char text[NUMBER_MAX], median[NUMBER_MAX], lower[NUMBER_MAX], upper[NUMBER_MAX];
  const struct profile *profile = report->profile;
  size_t count = profile->function_count;
  struct table table;
  write_snapshot_head(report);
  if (profile->measured_calls > 0)
    byte_sink_printf(report->out, "own times are medians of %s captured calls, which took %s, quartiles %s and %s\n",
                     number_count(text, profile->measured_calls), number_time(median, profile->call_time.median_ns),
                     number_time(lower, profile->call_time.lower_quartile_ns),
                     number_time(upper, profile->call_time.upper_quartile_ns));
  byte_sink_printf(report->out, "\n%zu function%s, by %s\n\n", count, count == 1 ? "" : "s",
                   report->options->sort == REPORT_SORT_NAME ? "name" : "calls");
  table_init(&table);
  fill_snapshot(report, &table);
  table_write(&table, PAGE_INDENT, report->out);
  page_write_rest(report, count - report->figures.functions_shown);
  table_release(&table);
}

static void write_run(struct report *report)
{
  if (report->profile->counts_known)
    page_write_facts(report);
  else
    write_folded_head(report);
  write_split(report);
  write_waits(report);
  page_write_calls(report);
  if (report->profile->counts_known) {
    write_processes(report);
    write_conservation(report);
  }
  write_functions(report);
}

int report_write(const struct profile *profile, const struct report_options *options, struct byte_sink *out,
                 struct error *err)
{
  struct report report = {.profile = profile, .options = options, .out = out};
  if (figures_init(&report.figures, profile, options, err) < 0)
    return -1;
  bytes_init(&report.scratch, TEXT_SCRATCH_BYTES);
  bytes_init(&report.cell, 2 * TEXT_SCRATCH_BYTES);
  if (profile->times_known)
    write_run(&report);
  else
    write_snapshot(&report);
  bytes_release(&report.cell);
  bytes_release(&report.scratch);
  figures_release(&report.figures);
  return out->error.code == ERROR_NONE ? 0 : error_set(err, out->error.code, "%s", out->error.message);
}
