// The captured calls: how long they took, in words, and each of them, the slowest first.
#include <string.h>

#include "base/byte_io.h"
#include "base/numbers.h"
#include "profile/profile.h"
#include "report/page.h"
#include "report/table.h"

#define QUARTILES_MIN_CALLS 4

// "20 calls of shop_price:discount/5, all from shop_cart:total/2".
static void write_calls_of_what(struct report *report)
{
  char text[NUMBER_MAX];
  const struct profile *profile = report->profile;
  const struct profile_call_lengths *lengths = &report->figures.call_lengths;
  const struct profile_call *any = &profile->calls[0];
  bool one = profile->calls_seen == 1;
  byte_sink_printf(report->out, "\n%s call%s", number_count(text, profile->calls_seen), one ? "" : "s");
  if (lengths->one_function)
    byte_sink_printf(report->out, " of %s", page_clean(report, profile->frames[any->frame].name));
  if (lengths->one_caller && any->caller != PROFILE_NO_FRAME)
    byte_sink_printf(report->out, "%s from %s", one ? "" : ", all",
                     page_clean(report, profile->frames[any->caller].name));
  if (profile->calls_seen > profile->call_count)
    byte_sink_printf(report->out, ", of the first %s", number_count(text, profile->call_count));
}

// ", quartiles 1.80 ms and 2.90 ms".
static void write_quartiles(struct report *report)
{
  char lower[NUMBER_MAX], upper[NUMBER_MAX], count[NUMBER_MAX];
  const struct profile *profile = report->profile;
  const struct profile_spread *spread = &profile->call_time;
  byte_sink_printf(report->out, ", quartiles %s and %s", number_time(lower, spread->lower_quartile_ns),
                   number_time(upper, spread->upper_quartile_ns));
  if (profile->measured_calls < report->figures.call_lengths.whole)
    byte_sink_printf(report->out, " (of the first %s)", number_count(count, profile->measured_calls));
}

// "shortest 1.20 ms, median 2.00 ms, quartiles 1.80 ms and 2.90 ms, mean 2.40 ms, longest 9.90 ms (<0.123.0>
// shop_price, 3.20 s after the start)". Quartiles are of as many calls as make them mean something.
static void write_call_lengths(struct report *report)
{
  char shortest[NUMBER_MAX], median[NUMBER_MAX], mean[NUMBER_MAX], longest[NUMBER_MAX], start[NUMBER_MAX];
  const struct profile_call_lengths *lengths = &report->figures.call_lengths;
  if (lengths->longest) {
    const struct profile_call *call = lengths->longest;
    const struct profile_process *process = &report->profile->processes[call->process];
    if (lengths->whole > 1) {
      byte_sink_printf(report->out, "shortest %s, median %s", number_time(shortest, lengths->shortest_ns),
                       number_time(median, lengths->median_ns));
      if (report->profile->measured_calls >= QUARTILES_MIN_CALLS)
        write_quartiles(report);
      byte_sink_printf(report->out, ", mean %s, longest ", number_time(mean, lengths->mean_ns));
    }
    byte_sink_printf(report->out, "%s (%s", number_time(longest, call->length_ns), page_clean(report, process->pid));
    const char *title = page_title_of(report, process);
    byte_sink_printf(report->out, "%s%s, %s after the start)", *title ? " " : "", title,
                     number_time(start, call->start_ns));
  }
  if (lengths->cut > 0)
    byte_sink_printf(report->out, "%s%zu cut off, after %s%s", lengths->longest ? "; " : "", lengths->cut,
                     number_time(longest, lengths->cut_max_ns), lengths->cut > 1 ? " at most" : "");
}

static void call_cells(struct report *report, struct table *table, const struct profile_call *call)
{
  // A return needs no words.
  static const char *const endings[] = {
      [PROFILE_CALL_RETURNED] = "",
      [PROFILE_CALL_RAISED] = "raised an exception",
      [PROFILE_CALL_EXITED] = "its process exited",
      [PROFILE_CALL_CUT] = "cut off",
  };
  char text[NUMBER_MAX];
  const struct profile *profile = report->profile;
  const struct profile_call_lengths *lengths = &report->figures.call_lengths;
  const struct profile_process *process = &profile->processes[call->process];
  table_cell(table, number_time(text, call->length_ns));
  table_cell(table, number_time(text, call->start_ns));
  table_cell(table, page_clean(report, process->pid));
  table_cell(table, page_title_of(report, process));
  if (!lengths->one_function)
    table_cell(table, page_clean(report, profile->frames[call->frame].name));
  if (!lengths->one_caller)
    table_cell(table, call->caller == PROFILE_NO_FRAME ? "-" : page_clean(report, profile->frames[call->caller].name));
  table_cell(table, endings[call->ending]);
}

void page_write_calls(struct report *report)
{
  const struct figures *figures = &report->figures;
  if (report->profile->call_count == 0)
    return;
  write_calls_of_what(report);
  byte_sink_text(report->out, ": ");
  write_call_lengths(report);
  struct table table;
  table_init(&table);
  table_column(&table, "length", false);
  table_column(&table, "start", false);
  table_column(&table, "process", true);
  table_column(&table, "", true);
  if (!figures->call_lengths.one_function)
    table_column(&table, "function", true);
  if (!figures->call_lengths.one_caller)
    table_column(&table, "called by", true);
  table_column(&table, "", true);
  for (size_t i = 0; i < figures->calls_shown; i++)
    call_cells(report, &table, figures->calls[i]);
  byte_sink_text(report->out, "\n\n");
  table_write(&table, PAGE_INDENT, report->out);
  page_write_rest(report, report->profile->call_count - figures->calls_shown);
  table_release(&table);
}
