// A profile in, the text of an issue out: the finding in a sentence, the system, what was asked and seen, the tables,
// the hottest stack, how to open the rest. Every text that came from a node or a file stands in code, cleaned and cut,
// so that a report fits where trackers have limits.
#include "renderers/bug_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/numbers.h"
#include "base/text.h"
#include "profile/profile.h"
#include "report/markdown.h"
#include "report/page.h"
#include "report/table.h"

#define FUNCTIONS_SHOWN 15
#define PROCESSES_SHOWN 5
#define CALLS_SHOWN 10
#define FRAMES_SHOWN 60
#define NAME_MAX_BYTES 160
#define FACT_MAX_BYTES 600
#define BLOCK_MAX_BYTES ((size_t)1 << 20)

// Where most own time went: a function, and the one stack of it that has most of it.
struct hottest {
  const struct profile_function *function;
  uint32_t node;
  uint32_t own_node; // the innermost frame of the user's own code on that stack; 0 without
};

// As page_clean, cut.
static const char *cut(struct report *report, const char *text, size_t max_bytes)
{
  const char *clean = page_clean(report, text);
  size_t size = strlen(clean);
  if (size <= max_bytes || report->scratch.failed)
    return clean;
  while (max_bytes > 0 && ((unsigned char)clean[max_bytes] & 0xc0) == 0x80)
    max_bytes--;
  report->scratch.size = max_bytes;
  bytes_append(&report->scratch, TEXT_ELLIPSIS, sizeof TEXT_ELLIPSIS);
  return report->scratch.failed ? "" : (const char *)report->scratch.data;
}

static void span(struct report *report, const char *text)
{
  markdown_span(report->out, cut(report, text, NAME_MAX_BYTES));
}

static const char *fact(const struct report *report, const char *key)
{
  const char *value = profile_fact_value(report->profile, key);
  return value && *value ? value : NULL;
}

static bool number_fact(const struct report *report, const char *key, int64_t *number)
{
  char *end;
  const char *value = fact(report, key);
  *number = value ? strtoll(value, &end, 10) : 0;
  return value && *end == '\0';
}

// Text, then the fact as code; nothing without it.
static bool write_fact(struct report *report, const char *before, const char *key)
{
  const char *value = fact(report, key);
  if (!value)
    return false;
  byte_sink_text(report->out, before);
  markdown_span(report->out, cut(report, value, FACT_MAX_BYTES));
  return true;
}

static const struct profile_frame *frame_at(const struct profile *profile, uint32_t node)
{
  return &profile->frames[profile->nodes[node].frame];
}

static struct hottest find_hottest(const struct report *report)
{
  const struct profile *profile = report->profile;
  struct hottest hottest = {0};
  if (report->figures.functions_shown == 0 || report->figures.functions[0]->own_ns == 0)
    return hottest;
  hottest.function = report->figures.functions[0];
  for (uint32_t i = 1; i < profile->node_count; i++)
    if (profile->nodes[i].frame == hottest.function->frame &&
        (hottest.node == 0 || profile->nodes[i].own > profile->nodes[hottest.node].own))
      hottest.node = i;
  for (uint32_t i = hottest.node; i != 0 && hottest.own_node == 0; i = profile->nodes[i].parent)
    if (frame_at(profile, i)->kind == FRAME_FUNCTION && frame_at(profile, i)->origin == ORIGIN_OWN)
      hottest.own_node = i;
  return hottest;
}

// " (`lib/search.ex:37`, of `talk`)".
static void write_place(struct report *report, const struct profile_frame *frame)
{
  struct bytes place;
  bytes_init(&place, TEXT_SCRATCH_BYTES);
  if (frame->line) {
    bytes_append(&place, frame->file, strlen(frame->file));
    bytes_append_u8(&place, ':');
    bytes_append_decimal(&place, frame->line);
  }
  bytes_append_u8(&place, '\0');
  bool placed = !place.failed && place.size > 1;
  if (placed || *frame->application) {
    byte_sink_text(report->out, " (");
    if (placed)
      span(report, (const char *)place.data);
    byte_sink_text(report->out, !*frame->application ? "" : placed ? ", of " : "of ");
    span(report, frame->application);
    byte_sink_text(report->out, ")");
  }
  bytes_release(&place);
}

static void write_hottest(struct report *report, const struct hottest *hottest)
{
  char own[NUMBER_MAX], ran[NUMBER_MAX], share[NUMBER_MAX], calls[NUMBER_MAX], mean[NUMBER_MAX];
  const struct profile_function *function = hottest->function;
  const struct profile_frame *frame = &report->profile->frames[function->frame];
  byte_sink_text(report->out, "Most own time went to ");
  span(report, frame->name);
  write_place(report, frame);
  byte_sink_printf(report->out, ": %s, %s of the %s that the traced processes ran", number_time(own, function->own_ns),
                   number_share(share, function->own_ns, report->figures.split.ran),
                   number_time(ran, report->figures.split.ran));
  if (function->calls)
    byte_sink_printf(report->out, ", in %s call%s", number_count(calls, function->calls),
                     function->calls == 1 ? "" : "s");
  if (function->timed_calls)
    byte_sink_printf(report->out, " of %s on average", number_time(mean, figures_mean_ns(function)));
  byte_sink_text(report->out, ".");
  if (hottest->own_node == 0 || hottest->own_node == hottest->node)
    return;
  frame = frame_at(report->profile, hottest->own_node);
  byte_sink_text(report->out, " The stack that has most of that is beneath ");
  span(report, frame->name);
  write_place(report, frame);
  byte_sink_text(report->out, ", the innermost function there of the user's own code.");
}

// Where it is not the running that takes the time, that is the finding.
static void write_waiting(struct report *report)
{
  char part[NUMBER_MAX], share[NUMBER_MAX];
  const struct figures_split *split = &report->figures.split;
  const struct profile_function *most[1];
  byte_sink_printf(report->out, "%s of all their time (%s) they waited in a receive",
                   number_share(share, split->waiting, split->whole), number_time(part, split->waiting));
  if (figures_waited_in(report->profile, most, 1) > 0) {
    byte_sink_text(report->out, ", longest in ");
    span(report, report->profile->frames[most[0]->frame].name);
  }
  byte_sink_text(report->out, ".");
}

static void write_call_lengths(struct report *report)
{
  char count[NUMBER_MAX], median[NUMBER_MAX], longest[NUMBER_MAX];
  const struct profile_call_lengths *lengths = &report->figures.call_lengths;
  byte_sink_printf(report->out, "%s call%s", number_count(count, report->profile->calls_seen),
                   report->profile->calls_seen == 1 ? "" : "s");
  if (lengths->one_function) {
    byte_sink_text(report->out, " of ");
    span(report, report->profile->frames[report->profile->calls[0].frame].name);
  }
  byte_sink_text(report->out, report->profile->calls_seen == 1 ? " was captured" : " were captured");
  if (lengths->whole == 1)
    byte_sink_printf(report->out, "; it took %s", number_time(longest, lengths->longest->length_ns));
  else if (lengths->longest)
    byte_sink_printf(report->out, ": the median took %s, the longest %s", number_time(median, lengths->median_ns),
                     number_time(longest, lengths->longest->length_ns));
  if (lengths->cut > 0)
    byte_sink_printf(report->out, "; %zu had not ended", lengths->cut);
  byte_sink_text(report->out, ".");
}

static void write_finding(struct report *report, const struct hottest *hottest)
{
  const char *gap = "";
  if (report->profile->call_count > 0) {
    write_call_lengths(report);
    gap = " ";
  }
  if (hottest->function) {
    byte_sink_text(report->out, gap);
    write_hottest(report, hottest);
    gap = " ";
  }
  if (report->figures.split.waiting > report->figures.split.ran) {
    byte_sink_text(report->out, gap);
    write_waiting(report);
  }
  byte_sink_text(report->out, "\n");
}

static void write_system(struct report *report)
{
  if (write_fact(report, "- Erlang/OTP: ", "otp")) {
    write_fact(report, ", ERTS ", "erts");
    write_fact(report, ", Elixir ", "elixir");
    byte_sink_text(report->out, "\n");
  }
  if (write_fact(report, "- System: ", "system"))
    byte_sink_text(report->out, "\n");
  if (write_fact(report, "- flambeau: ", "flambeau"))
    byte_sink_text(report->out, "\n");
}

// A word of a later version, or of nobody's, stands for itself.
static void write_end(struct report *report, const char *before, const char *how)
{
  const char *words = page_ended(how);
  byte_sink_text(report->out, before);
  if (words == how)
    span(report, how);
  else
    byte_sink_text(report->out, words);
}

static void write_asked(struct report *report)
{
  char text[NUMBER_MAX];
  int64_t begin_ns, end_ns, calls, slower_ns;
  if (write_fact(report, "- Asked: ", "asked"))
    byte_sink_text(report->out, "\n");
  if (write_fact(report, "- Target: ", "target")) {
    write_fact(report, ", ", "selection");
    if (number_fact(report, "calls", &calls) && calls > 0)
      byte_sink_printf(report->out, ", %s call%s", number_count(text, (uint64_t)calls), calls == 1 ? "" : "s");
    if (number_fact(report, "slower_than_ns", &slower_ns) && slower_ns > 0)
      byte_sink_printf(report->out, " of %s or longer", number_time(text, (uint64_t)slower_ns));
    byte_sink_text(report->out, "\n");
  }
  const char *how = fact(report, "ended");
  bool known =
      number_fact(report, "begin_ns", &begin_ns) && number_fact(report, "end_ns", &end_ns) && end_ns >= begin_ns;
  if (known || how) {
    byte_sink_text(report->out, profile_is_sampled(report->profile) ? "- Sampled: " : "- Traced: ");
    if (known)
      byte_sink_printf(report->out, "for %s", number_time(text, (uint64_t)end_ns - (uint64_t)begin_ns));
    if (how)
      write_end(report, known ? ", " : "", how);
    write_fact(report, "; began at ", "started");
    byte_sink_text(report->out, "\n");
  }
  if (number_fact(report, "sampled", &begin_ns) && begin_ns > 0)
    byte_sink_printf(report->out, "- Stacks: read every %s, less often where processes wait; %s\n",
                     number_time(text, (uint64_t)begin_ns), SAMPLING_BIAS);
}

static void write_losses(struct report *report)
{
  char count[NUMBER_MAX], time[NUMBER_MAX];
  const struct figures *figures = &report->figures;
  const char *how = fact(report, "ended");
  if (figures->lost_events_known && figures->lost_events == 0)
    byte_sink_text(report->out, "nothing is missing");
  else if (figures->split.lost == 0 && how && strcmp(how, "cut") == 0)
    byte_sink_text(report->out, "what came after the capture was cut off is missing");
  else
    byte_sink_printf(report->out, "**%s events are missing**, %s of time",
                     figures->lost_events_known ? number_count(count, figures->lost_events) : "an unknown number of",
                     number_time(time, figures->split.lost));
}

static void write_seen(struct report *report)
{
  char text[NUMBER_MAX];
  const struct profile *profile = report->profile;
  byte_sink_printf(report->out, "- Seen: %s events", number_count(text, profile->events));
  byte_sink_printf(report->out, " of %s process%s; ", number_count(text, profile->process_count),
                   profile->process_count == 1 ? "" : "es");
  write_losses(report);
  byte_sink_text(report->out, "\n");
  if (write_fact(report, "- Bounds: ", "bounds"))
    byte_sink_text(report->out, "\n");
  if (write_fact(report, "- Not traced: ", "untraced"))
    byte_sink_text(report->out, "\n");
  size_t untraced = 0;
  for (size_t i = 0; i < profile->module_count; i++)
    untraced += !profile->modules[i].traced;
  if (profile->module_count)
    byte_sink_printf(report->out, "- Loaded meanwhile: %zu module%s, %zu of them not traced\n", profile->module_count,
                     profile->module_count == 1 ? "" : "s", untraced);
}

// Lets `fill` write lines and puts them in a block of code.
static void write_block(struct report *report, void (*fill)(struct report *report, const void *context),
                        const void *context)
{
  struct bytes lines;
  struct byte_sink *out = report->out;
  bytes_init(&lines, BLOCK_MAX_BYTES);
  report->out = memory_sink_new(&lines, &out->error);
  if (report->out) {
    fill(report, context);
    byte_sink_finish(report->out, &out->error);
    byte_sink_free(report->out);
    markdown_block(out, &lines);
  }
  report->out = out;
  bytes_release(&lines);
}

static void time_cell(struct table *table, uint64_t time_ns)
{
  char text[NUMBER_MAX];
  table_cell(table, number_time(text, time_ns));
}

static void count_cell(struct table *table, uint64_t count)
{
  char text[NUMBER_MAX];
  table_cell(table, number_count(text, count));
}

static void share_cell(struct table *table, uint64_t part, uint64_t whole)
{
  char text[NUMBER_MAX];
  table_cell(table, number_share(text, part, whole));
}

static void name_cell(struct report *report, struct table *table, const char *name)
{
  table_cell(table, cut(report, name, NAME_MAX_BYTES));
}

static void columns(struct table *table, const char *const *titles, size_t count, size_t left_from)
{
  table_init(table);
  for (size_t i = 0; i < count; i++)
    table_column(table, titles[i], i >= left_from);
}

static void end_table(struct report *report, struct table *table, size_t rest)
{
  table_write(table, 0, report->out);
  page_write_rest(report, rest);
  table_release(table);
}

static void fill_split(struct report *report, const void *context)
{
  (void)context;
  static const char *const titles[] = {"time", "share", "times", "longest", ""};
  const struct figures_split *split = &report->figures.split;
  const struct profile *profile = report->profile;
  const struct {
    uint64_t time_ns, times, max_ns;
    const char *name;
  } rows[] = {
      {split->ran, 0, 0, "ran"},
      {split->waiting, profile->waiting.count, profile->waiting.max_ns, "[waiting] in a receive"},
      {split->runnable, profile->runnable.count, profile->runnable.max_ns, "[runnable], but not scheduled"},
      {split->gc, profile->gc.minor + profile->gc.major, profile->gc.max_ns, "[gc]"},
      {split->lost, 0, 0, "[lost]"},
      {profile->taken_out.taken_ns, 0, 0, "[tracing], taken out of what ran"},
  };
  const size_t parts = sizeof rows / sizeof *rows - 1; // of the whole
  struct table table;
  columns(&table, titles, 5, 4);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[NUMBER_MAX];
    if (rows[i].time_ns == 0 && i > 0)
      continue;
    time_cell(&table, rows[i].time_ns);
    if (i < parts)
      share_cell(&table, rows[i].time_ns, split->whole);
    else
      table_cell(&table, "");
    bool counted = rows[i].times && profile_has_calls(profile); // nobody counts them who only looks now and then
    table_cell(&table, counted ? number_count(text, rows[i].times) : "");
    table_cell(&table, counted ? number_time(text, rows[i].max_ns) : "");
    table_cell(&table, rows[i].name);
  }
  end_table(report, &table, 0);
}

static void place_cell(struct report *report, struct table *table, const struct profile_frame *frame)
{
  char line[16];
  if (!frame->line) {
    table_cell(table, "");
    return;
  }
  const char *file = cut(report, frame->file, NAME_MAX_BYTES);
  bytes_clear(&report->cell);
  bytes_append(&report->cell, file, strlen(file));
  bytes_append(&report->cell, line, (size_t)snprintf(line, sizeof line, ":%" PRIu32, frame->line) + 1);
  table_cell(table, report->cell.failed ? "" : (const char *)report->cell.data);
}

static void fill_functions(struct report *report, const void *context)
{
  (void)context;
  static const char *const titles[] = {"calls", "own", "own %", "total", "mean", "function", "of", "source"};
  struct table table;
  columns(&table, titles, 8, 5);
  for (size_t i = 0; i < report->figures.functions_shown; i++) {
    const struct profile_function *function = report->figures.functions[i];
    const struct profile_frame *frame = &report->profile->frames[function->frame];
    if (profile_has_calls(report->profile))
      count_cell(&table, function->calls);
    else
      table_cell(&table, "");
    time_cell(&table, function->own_ns);
    share_cell(&table, function->own_ns, report->figures.split.ran);
    time_cell(&table, function->total_ns);
    if (function->timed_calls)
      time_cell(&table, figures_mean_ns(function));
    else
      table_cell(&table, "");
    name_cell(report, &table, frame->name);
    name_cell(report, &table, *frame->application || frame->origin != ORIGIN_OWN ? frame->application : "(own code)");
    place_cell(report, &table, frame);
  }
  end_table(report, &table, report->profile->function_count - report->figures.functions_shown);
}

static void fill_processes(struct report *report, const void *context)
{
  (void)context;
  static const char *const titles[] = {"events", "ran", "[waiting]", "process", ""};
  size_t shown = report->figures.processes_shown < PROCESSES_SHOWN ? report->figures.processes_shown : PROCESSES_SHOWN;
  struct table table;
  columns(&table, titles, 5, 3);
  for (size_t i = 0; i < shown; i++) {
    const struct profile_process *process = report->figures.processes[i];
    count_cell(&table, process->events);
    time_cell(&table, figures_ran_ns(process));
    time_cell(&table, process->waiting_ns);
    name_cell(report, &table, process->pid);
    name_cell(report, &table, strcmp(process->title, process->pid) == 0 ? "" : process->title);
  }
  end_table(report, &table, report->profile->process_count - shown);
}

static void fill_calls(struct report *report, const void *context)
{
  (void)context;
  static const char *const titles[] = {"length", "start", "process", "", "function", "called by", ""};
  static const char *const endings[] = {
      [PROFILE_CALL_RETURNED] = "",
      [PROFILE_CALL_RAISED] = "raised an exception",
      [PROFILE_CALL_EXITED] = "its process exited",
      [PROFILE_CALL_CUT] = "cut off",
  };
  const struct profile *profile = report->profile;
  size_t shown = report->figures.calls_shown < CALLS_SHOWN ? report->figures.calls_shown : CALLS_SHOWN;
  struct table table;
  columns(&table, titles, 7, 2);
  for (size_t i = 0; i < shown; i++) {
    const struct profile_call *call = report->figures.calls[i];
    const struct profile_process *process = &profile->processes[call->process];
    time_cell(&table, call->length_ns);
    time_cell(&table, call->start_ns);
    name_cell(report, &table, process->pid);
    name_cell(report, &table, strcmp(process->title, process->pid) == 0 ? "" : process->title);
    name_cell(report, &table, profile->frames[call->frame].name);
    name_cell(report, &table, call->caller == PROFILE_NO_FRAME ? "" : profile->frames[call->caller].name);
    table_cell(&table, endings[call->ending]);
  }
  end_table(report, &table, profile->call_count - shown);
}

struct stack_lines {
  uint32_t *nodes; // outermost first
  size_t depth;
  uint64_t *ran_ns; // by node, with all beneath it
};

static void fill_stack(struct report *report, const void *context)
{
  const struct stack_lines *stack = context;
  size_t hidden = stack->depth > FRAMES_SHOWN ? stack->depth - FRAMES_SHOWN : 0;
  size_t from = FRAMES_SHOWN / 2; // the hidden ones are in the middle
  for (size_t i = 0; i < stack->depth; i++) {
    char share[NUMBER_MAX];
    if (hidden && i == from) {
      byte_sink_printf(report->out, "%7s  %*sand %zu more\n", "", (int)i, "", hidden);
      i += hidden - 1;
      continue;
    }
    byte_sink_printf(report->out, "%7s  %*s%s\n",
                     number_share(share, stack->ran_ns[stack->nodes[i]], report->figures.split.ran),
                     (int)(i > from ? i - hidden + (hidden > 0) : i), "",
                     cut(report, frame_at(report->profile, stack->nodes[i])->name, NAME_MAX_BYTES));
  }
}

// As figures_split counts it: collections, absences and gaps stand beneath what ran.
static uint64_t ran_ns(const struct profile *profile, uint32_t node)
{
  switch (frame_at(profile, node)->kind) {
  case FRAME_WAITING:
  case FRAME_RUNNABLE:
  case FRAME_GC:
  case FRAME_LOST:
    return 0;
  default:
    return profile->nodes[node].own;
  }
}

static void write_stack(struct report *report, uint32_t innermost)
{
  const struct profile *profile = report->profile;
  struct stack_lines stack = {.ran_ns = calloc(profile->node_count, sizeof *stack.ran_ns)};
  for (uint32_t node = innermost; node != 0; node = profile->nodes[node].parent)
    stack.depth++;
  stack.nodes = calloc(stack.depth + 1, sizeof *stack.nodes);
  if (stack.ran_ns && stack.nodes) {
    size_t at = stack.depth;
    for (uint32_t node = innermost; node != 0; node = profile->nodes[node].parent)
      stack.nodes[--at] = node;
    for (size_t node = profile->node_count - 1; node > 0; node--) {
      stack.ran_ns[node] += ran_ns(profile, (uint32_t)node);
      stack.ran_ns[profile->nodes[node].parent] += stack.ran_ns[node];
    }
    write_block(report, fill_stack, &stack);
  } else if (report->out->error.code == ERROR_NONE) {
    error_set(&report->out->error, ERROR_MEMORY, "out of memory for a report");
  }
  free(stack.ran_ns);
  free(stack.nodes);
}

static void write_left_out(struct report *report)
{
  const char *how = fact(report, "redacted");
  if (!how)
    return;
  byte_sink_text(report->out, "\nLeft out, here and in the files: names of nodes and hosts, arguments, labels of "
                              "processes, names of processes that may hold values, folders above an application's.\n");
  if (strcmp(how, "names") == 0)
    byte_sink_text(report->out,
                   "**This report is redacted:** the names of modules, functions, applications and processes that are "
                   "neither Erlang/OTP's nor Elixir's are words in their place, dependencies' too. The same name is "
                   "the same word in every report made with the same key, so reports can be compared. Without a key of "
                   "one's own, whoever guesses a name can tell that the guess is right.\n");
}

static void write_files(struct report *report)
{
  byte_sink_text(report->out,
                 "\n### Files\n\n"
                 "- `flame.svg`: the flame graph; opened in a browser it can be zoomed and searched\n"
                 "- `flame.png`: the same as a still picture\n"
                 "- `capture.flb`: all events; `flambeau render capture.flb -o x.svg` draws them, `flambeau report "
                 "capture.flb` has all functions\n"
                 "\nWhere a tracker does not take such files, attach them as a ZIP archive.\n");
  write_left_out(report);
}

static void write_report(struct report *report)
{
  struct hottest hottest = find_hottest(report);
  byte_sink_text(report->out, "### What was slow\n\n");
  write_finding(report, &hottest);
  byte_sink_text(report->out, "\n### System\n\n");
  write_system(report);
  byte_sink_text(report->out, "\n### What was asked and seen\n\n");
  write_asked(report);
  write_seen(report);
  byte_sink_text(report->out, "\n### Where the time went\n\nOf all processes together:\n\n");
  write_block(report, fill_split, NULL);
  byte_sink_text(report->out,
                 "\nFunctions, by own time (without what they called). To trace a call takes about a microsecond, "
                 "which is in these times: what is small and called often looks slower than it is.\n\n");
  write_block(report, fill_functions, NULL);
  if (hottest.function) {
    byte_sink_text(report->out, "\nThe stack in which ");
    span(report, report->profile->frames[hottest.function->frame].name);
    byte_sink_text(report->out, " spent most, each frame with its share of the time that ran:\n\n");
    write_stack(report, hottest.node);
  }
  if (report->profile->call_count > 0) {
    byte_sink_text(report->out, "\nThe slowest of the captured calls:\n\n");
    write_block(report, fill_calls, NULL);
  }
  byte_sink_text(report->out, "\nProcesses, by events:\n\n");
  write_block(report, fill_processes, NULL);
  write_files(report);
}

int bug_report_write(const struct profile *profile, struct byte_sink *out, struct error *err)
{
  const struct report_options options = {.top = FUNCTIONS_SHOWN, .sort = REPORT_SORT_OWN};
  struct report report = {.profile = profile, .options = &options, .out = out};
  if (figures_init(&report.figures, profile, &options, err) < 0)
    return -1;
  bytes_init(&report.scratch, TEXT_SCRATCH_BYTES);
  bytes_init(&report.cell, 2 * TEXT_SCRATCH_BYTES);
  write_report(&report);
  bytes_release(&report.cell);
  bytes_release(&report.scratch);
  figures_release(&report.figures);
  return out->error.code == ERROR_NONE ? 0 : error_set(err, out->error.code, "%s", out->error.message);
}
