// A comparison in, a page of text out: both sides, the totals, the largest change in a sentence, the functions that
// changed. Signs and percentages are of the way from BASE to HEAD. Every text that came from a node or a file goes
// through text_clean first.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/numbers.h"
#include "base/text.h"
#include "profile/profile_compare.h"
#include "renderers/renderer.h"
#include "renderers/report.h"
#include "report/table.h"

#define INDENT 2

struct sides {
  uint64_t base, head;
};

enum change_kind { CHANGE_NONE, CHANGE_BOTH, CHANGE_NEW, CHANGE_GONE };

struct change {
  uint32_t frame;
  enum change_kind kind;
  struct sides weight, calls;
};

struct diff {
  const struct profile *comparison;
  const struct diff_options *options;
  struct byte_sink *out;
  struct bytes scratch;
  struct change *changes; // of the functions that changed, most first
  size_t change_count;
  size_t appeared, vanished, unchanged;
  bool in_common; // a function that both sides have
};

static uint64_t distance(struct sides sides)
{
  return sides.head > sides.base ? sides.head - sides.base : sides.base - sides.head;
}

static bool counts(const struct diff *diff)
{
  return diff->options->weight == WEIGHT_CALLS;
}

static const char *weight_text(const struct diff *diff, char text[NUMBER_MAX], uint64_t weight)
{
  bool time = diff->comparison->counts_known && !counts(diff);
  return time ? number_time(text, weight) : number_count(text, weight);
}

// "+1.20 s", "-12", "0".
static const char *signed_text(const struct diff *diff, char text[NUMBER_MAX], struct sides sides)
{
  char number[NUMBER_MAX];
  weight_text(diff, number, distance(sides));
  snprintf(text, NUMBER_MAX, "%s%.*s",
           sides.head > sides.base   ? "+"
           : sides.head < sides.base ? "-"
                                     : "",
           NUMBER_MAX - 2, number);
  return text;
}

static bool is_there(const struct profile_function *function)
{
  return function->own_ns || function->total_ns || function->calls;
}

static struct change change_of(const struct diff *diff, size_t index)
{
  const struct profile *comparison = diff->comparison;
  const struct profile_function *base = &comparison->base_functions[index], *head = &comparison->functions[index];
  struct change change = {
      .frame = head->frame,
      .weight = {profile_function_weight(base, diff->options->weight),
                 profile_function_weight(head, diff->options->weight)},
  };
  if (comparison->counts_known)
    change.calls = (struct sides){base->calls, head->calls};
  if (!is_there(base))
    change.kind = CHANGE_NEW;
  else if (!is_there(head))
    change.kind = CHANGE_GONE;
  else if (distance(change.weight) || distance(change.calls))
    change.kind = CHANGE_BOTH;
  return change;
}

struct order {
  const struct profile_frame *frames;
  bool by_calls;
};

static int most_changed_first(const void *left, const void *right, void *context)
{
  const struct change *a = left, *b = right;
  const struct order *order = context;
  uint64_t weight_a = distance(a->weight), weight_b = distance(b->weight);
  uint64_t calls_a = distance(a->calls), calls_b = distance(b->calls);
  if (order->by_calls && calls_a != calls_b)
    return calls_a < calls_b ? 1 : -1;
  if (weight_a != weight_b)
    return weight_a < weight_b ? 1 : -1;
  if (calls_a != calls_b)
    return calls_a < calls_b ? 1 : -1;
  return strcmp(order->frames[a->frame].name, order->frames[b->frame].name);
}

static int find_changes(struct diff *diff, struct error *err)
{
  const struct profile *comparison = diff->comparison;
  diff->changes = calloc(comparison->function_count + 1, sizeof *diff->changes);
  if (!diff->changes)
    return error_set(err, ERROR_MEMORY, "out of memory for a table of %zu functions", comparison->function_count);
  for (size_t i = 0; i < comparison->function_count; i++) {
    struct change change = change_of(diff, i);
    diff->appeared += change.kind == CHANGE_NEW;
    diff->vanished += change.kind == CHANGE_GONE;
    diff->unchanged += change.kind == CHANGE_NONE;
    diff->in_common |= change.kind == CHANGE_NONE || change.kind == CHANGE_BOTH;
    if (change.kind != CHANGE_NONE)
      diff->changes[diff->change_count++] = change;
  }
  struct order order = {.frames = comparison->frames, .by_calls = diff->options->by_calls};
  qsort_r(diff->changes, diff->change_count, sizeof *diff->changes, most_changed_first, &order);
  return 0;
}

// The same two sides that stand above a picture, one a line.
static void write_sides(struct diff *diff)
{
  char *line = picture_default_subtitle(diff->comparison, diff->options->weight, false);
  const char *at = text_clean(&diff->scratch, line ? line : "");
  static const char separator[] = " \u00b7 ";
  for (const char *end; *at; at = end) {
    const char *next = strstr(at, separator);
    size_t size = next ? (size_t)(next - at) : strlen(at);
    byte_sink_write(diff->out, at, size);
    byte_sink_text(diff->out, "\n");
    end = next ? next + strlen(separator) : at + size;
  }
  free(line);
}

static enum frame_kind kind_of(const struct profile *comparison, size_t node)
{
  return comparison->own_kinds ? (enum frame_kind)comparison->own_kinds[node]
                               : comparison->frames[comparison->nodes[node].frame].kind;
}

struct total_row {
  const char *name;
  struct sides sides;
};

static void total_cells(const struct diff *diff, struct table *table, const struct total_row *row)
{
  char text[NUMBER_MAX];
  table_cell(table, weight_text(diff, text, row->sides.base));
  table_cell(table, weight_text(diff, text, row->sides.head));
  table_cell(table, signed_text(diff, text, row->sides));
  table_cell(table, distance(row->sides) ? number_change(text, row->sides.base, row->sides.head) : "");
  table_cell(table, row->name);
}

// What does not take part in the weight is left out.
static void write_totals(struct diff *diff)
{
  const struct profile *comparison = diff->comparison;
  enum { RAN, WAITING, RUNNABLE, GC, LOST, ALL, ROWS };
  struct total_row rows[ROWS] = {{.name = "ran"},  {.name = "[waiting]"}, {.name = "[runnable]"},
                                 {.name = "[gc]"}, {.name = "[lost]"},    {.name = "in all"}};
  for (size_t i = 1; i < comparison->node_count; i++) {
    enum frame_kind kind = kind_of(comparison, i);
    size_t row = kind == FRAME_WAITING    ? WAITING
                 : kind == FRAME_RUNNABLE ? RUNNABLE
                 : kind == FRAME_GC       ? GC
                 : kind == FRAME_LOST     ? LOST
                                          : RAN;
    uint64_t base = profile_base_weight(comparison, (uint32_t)i, diff->options->weight);
    uint64_t head = profile_head_weight(comparison, (uint32_t)i, diff->options->weight);
    rows[row].sides.base += base, rows[ALL].sides.base += base;
    rows[row].sides.head += head, rows[ALL].sides.head += head;
  }
  if (counts(diff)) // all of them are functions'
    rows[RAN] = (struct total_row){.name = "ran"};
  struct table table;
  table_init(&table);
  static const char *const titles[] = {"BASE", "HEAD", "change", ""};
  for (size_t i = 0; i < 4; i++)
    table_column(&table, titles[i], false);
  table_column(&table, "", true);
  for (size_t i = 0; i < ROWS; i++)
    if (rows[i].sides.base || rows[i].sides.head || i == ALL)
      total_cells(diff, &table, &rows[i]);
  byte_sink_text(diff->out, "\n");
  table_write(&table, INDENT, diff->out);
  table_release(&table);
}

static const char *measure(const struct diff *diff)
{
  static const char *const nouns[] = {[WEIGHT_WALL] = "own time",
                                      [WEIGHT_CPU] = "own time",
                                      [WEIGHT_WAIT] = "waiting",
                                      [WEIGHT_GC] = "garbage collection",
                                      [WEIGHT_CALLS] = "calls"};
  bool plain = !diff->comparison->counts_known && diff->options->weight <= WEIGHT_CPU;
  return plain ? "own weight" : nouns[diff->options->weight];
}

// "calls 3 \u2192 4" behind a change of time: whether it is more work, or slower.
static void write_calls_beside(struct diff *diff, const struct change *change)
{
  char base[NUMBER_MAX], head[NUMBER_MAX];
  if (change->kind != CHANGE_BOTH || !profile_has_calls(diff->comparison))
    return;
  if (distance(change->calls))
    byte_sink_printf(diff->out, ", calls %s \u2192 %s", number_count(base, change->calls.base),
                     number_count(head, change->calls.head));
  else
    byte_sink_text(diff->out, ", with as many calls");
}

// "The largest change: m:f/1 grew from 800 ms to 1.20 s of own time (+50.0%), calls 3 \u2192 4."
static void write_largest(struct diff *diff)
{
  char base[NUMBER_MAX], head[NUMBER_MAX], text[NUMBER_MAX];
  const struct change *most = &diff->changes[0];
  bool calls = diff->options->by_calls || distance(most->weight) == 0;
  struct sides sides = calls ? most->calls : most->weight;
  const char *unit = calls ? " calls" : " of ", *of = calls ? "" : measure(diff);
  byte_sink_printf(diff->out, "\nThe largest change: %s ",
                   text_clean(&diff->scratch, diff->comparison->frames[most->frame].name));
  if (calls)
    number_count(base, sides.base), number_count(head, sides.head);
  else
    weight_text(diff, base, sides.base), weight_text(diff, head, sides.head);
  if (most->kind == CHANGE_NEW)
    byte_sink_printf(diff->out, "appeared, with %s%s%s", head, unit, of);
  else if (most->kind == CHANGE_GONE)
    byte_sink_printf(diff->out, "vanished, with %s%s%s", base, unit, of);
  else
    byte_sink_printf(diff->out, "%s from %s to %s%s%s (%s)", sides.head > sides.base ? "grew" : "shrank", base, head,
                     unit, of, number_change(text, sides.base, sides.head));
  if (!calls)
    write_calls_beside(diff, most);
  byte_sink_text(diff->out, ".\n");
}

static const char *change_word(char text[NUMBER_MAX], const struct change *change, struct sides sides)
{
  if (change->kind == CHANGE_NEW)
    return "new";
  if (change->kind == CHANGE_GONE)
    return "gone";
  return distance(sides) ? number_change(text, sides.base, sides.head) : "";
}

static void change_cells(struct diff *diff, struct table *table, const struct change *change)
{
  char text[NUMBER_MAX];
  table_cell(table, signed_text(diff, text, change->weight));
  table_cell(table, change_word(text, change, change->weight));
  table_cell(table, change->kind == CHANGE_NEW ? "-" : weight_text(diff, text, change->weight.base));
  table_cell(table, change->kind == CHANGE_GONE ? "-" : weight_text(diff, text, change->weight.head));
  if (profile_has_calls(diff->comparison) && !counts(diff)) {
    table_cell(table, change->kind == CHANGE_NEW ? "-" : number_count(text, change->calls.base));
    table_cell(table, change->kind == CHANGE_GONE ? "-" : number_count(text, change->calls.head));
  }
  table_cell(table, text_clean(&diff->scratch, diff->comparison->frames[change->frame].name));
}

static void write_functions(struct diff *diff)
{
  static const char *const headings[][2] = {[WEIGHT_WALL] = {"own BASE", "own HEAD"},
                                            [WEIGHT_CPU] = {"own BASE", "own HEAD"},
                                            [WEIGHT_WAIT] = {"waits BASE", "waits HEAD"},
                                            [WEIGHT_GC] = {"gc BASE", "gc HEAD"},
                                            [WEIGHT_CALLS] = {"calls BASE", "calls HEAD"}};
  char text[NUMBER_MAX];
  size_t top = diff->options->top, shown = top && top < diff->change_count ? top : diff->change_count;
  struct table table;
  table_init(&table);
  table_column(&table, "change", false);
  table_column(&table, "", false);
  table_column(&table, headings[diff->options->weight][0], false);
  table_column(&table, headings[diff->options->weight][1], false);
  if (profile_has_calls(diff->comparison) && !counts(diff)) {
    table_column(&table, "calls BASE", false);
    table_column(&table, "HEAD", false);
  }
  table_column(&table, "function", true);
  for (size_t i = 0; i < shown; i++)
    change_cells(diff, &table, &diff->changes[i]);
  byte_sink_text(diff->out, "\n");
  table_write(&table, INDENT, diff->out);
  if (shown < diff->change_count)
    byte_sink_printf(diff->out, "  and %s more\n", number_count(text, diff->change_count - shown));
  table_release(&table);
}

static void write_counts(struct diff *diff)
{
  char text[NUMBER_MAX];
  size_t count = diff->comparison->function_count;
  byte_sink_printf(diff->out, "\n%s function%s: ", number_count(text, count), count == 1 ? "" : "s");
  byte_sink_printf(diff->out, "%s changed, ", number_count(text, diff->change_count - diff->appeared - diff->vanished));
  byte_sink_printf(diff->out, "%s appeared, ", number_count(text, diff->appeared));
  byte_sink_printf(diff->out, "%s vanished, ", number_count(text, diff->vanished));
  byte_sink_printf(diff->out, "%s the same; the most changed first, by %s\n", number_count(text, diff->unchanged),
                   diff->options->by_calls ? "calls" : measure(diff));
}

// Stacks that weigh something else than they did, though it may even out in each function.
static size_t changed_stacks(const struct profile *comparison)
{
  size_t count = 0;
  for (uint32_t i = 1; i < comparison->node_count; i++)
    count += profile_base_weight(comparison, i, WEIGHT_WALL) != profile_head_weight(comparison, i, WEIGHT_WALL) ||
             profile_base_weight(comparison, i, WEIGHT_CALLS) != profile_head_weight(comparison, i, WEIGHT_CALLS);
  return count;
}

static void write_no_changes(struct diff *diff)
{
  char text[NUMBER_MAX];
  size_t stacks = changed_stacks(diff->comparison);
  const struct profile *comparison = diff->comparison;
  const char *what = !comparison->counts_known        ? "weight"
                     : profile_is_sampled(comparison) ? "time"
                     : comparison->times_known        ? "time and calls"
                                                      : "calls";
  if (stacks == 0)
    byte_sink_printf(diff->out, "\nNothing changed: every stack has the same %s on both sides.\n", what);
  else
    byte_sink_printf(diff->out, "\nNo function changed in sum, but %s stack%s did.\n", number_count(text, stacks),
                     stacks == 1 ? "" : "s");
}

static void write_page(struct diff *diff)
{
  write_sides(diff);
  write_totals(diff);
  if (diff->change_count == 0) {
    write_no_changes(diff);
    return;
  }
  if (!diff->in_common)
    byte_sink_text(diff->out, "\nThe two have no function in common: are they runs of the same program?\n");
  write_largest(diff);
  write_counts(diff);
  write_functions(diff);
}

int report_write_diff(const struct profile *comparison, const struct diff_options *options, struct byte_sink *out,
                      struct error *err)
{
  struct diff diff = {.comparison = comparison, .options = options, .out = out};
  if (find_changes(&diff, err) < 0)
    return -1;
  bytes_init(&diff.scratch, TEXT_SCRATCH_BYTES);
  write_page(&diff);
  bytes_release(&diff.scratch);
  free(diff.changes);
  return out->error.code == ERROR_NONE ? 0 : error_set(err, out->error.code, "%s", out->error.message);
}
