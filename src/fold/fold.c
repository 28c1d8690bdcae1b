// Trace events in, a profile out: one cursor per BEAM process (cursor.c) grows one shared tree. Invariant: for every
// process, the widths of its stacks add up to its last event's time minus its first's.
//
//   event                     the stack it leaves   billed to what was there before
//   at   0  STACK init loop   init;loop
//   at  40  IN                init;loop             init;loop;[waiting] 40   (nothing came before IN: it was out)
//   at  50  CALL a from loop  init;loop;a           init;loop 10
//   at  90  CALL b from loop  init;loop;b           init;loop;a 40           (a ended in a tail call of b)
//   at  95  GC_START          init;loop;b           init;loop;b 5
//   at  99  GC_END            init;loop;b           init;loop;b;[gc] 4
//   at 110  RETURN_TO loop    init;loop             init;loop;b 11
//   at 120  OUT               init;loop             init;loop 10
//   at 150  END                                     init;loop;[waiting] 30   (too few calls for a time slice)
//
//   40 + 10 + 40 + 5 + 4 + 11 + 10 + 30 = 150 - 0
//
// Where it is known what an event costs, that is taken out at the end (tracing_cost.c, and profile_costs.c has the
// arithmetic): each stack pays for all its intervals in which the process ran or collected, and keeps a nanosecond.
// Then the widths and what was taken out add up to that time. Spans, lengths of calls and own times in each call are as
// traced.
#include "fold/fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/bytes.h"
#include "cursor.h"
#include "event/event_sink.h"
#include "frame_name.h"
#include "owners.h"
#include "profile/profile_builder.h"
#include "special_function.h"
#include "tracing_cost.h"

#define MAX_IDS ((uint32_t)1 << 22)
#define MAX_KEPT_FRAMES ((uint64_t)1 << 24) // of all stacks together
#define MAX_NAME_BYTES ((size_t)64 << 10)

struct process {
  struct cursor cursor;
  uint32_t root_frame; // with FOLD_BY_PROCESS; else PROFILE_FAILED
  char *pid;           // owned
  char *title;         // owned
};

struct fold {
  struct event_sink sink;
  struct fold_options options;
  struct fold_tree tree;
  struct process **processes; // by id; NULL where none was defined
  uint32_t process_capacity;
  uint32_t process_count; // highest id and one
  uint64_t events;
  struct span_list spans;
  struct owners owners;
  struct tracing_cost cost;
  struct bytes name; // the one being put together
};

static int fail(struct error *err)
{
  return error_set(err, ERROR_MEMORY, "the profile is too large: out of memory, or more than %zu different stacks",
                   PROFILE_MAX_NODES);
}

// Room for element `id` of an array of `item` bytes each; new elements are zero.
static void *grow_to(void *array, uint32_t *capacity, uint32_t id, size_t item)
{
  uint32_t grown = *capacity ? *capacity : 64;
  while (grown <= id)
    grown *= 2;
  char *bigger = realloc(array, grown * item);
  if (!bigger)
    return NULL;
  memset(bigger + *capacity * item, 0, (grown - *capacity) * item);
  *capacity = grown;
  return bigger;
}

static int take_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  struct fold *fold = (struct fold *)sink;
  struct fold_tree *tree = &fold->tree;
  if (definition->id == FUNCTION_NONE || definition->id >= MAX_IDS)
    return error_set(err, ERROR_DATA, "function id %u is out of range", definition->id);
  if (definition->id >= tree->function_capacity) {
    uint32_t capacity = tree->function_capacity;
    void *absences = grow_to(tree->absences, &capacity, definition->id, sizeof *tree->absences);
    if (!absences)
      return fail(err);
    tree->absences = absences;
    void *functions = grow_to(tree->functions, &tree->function_capacity, definition->id, sizeof *tree->functions);
    if (!functions)
      return fail(err);
    tree->functions = functions;
  }
  struct fold_function *function = &tree->functions[definition->id];
  if (function->defined)
    return error_set(err, ERROR_DATA, "function id %u is defined twice", definition->id);
  bytes_clear(&fold->name);
  frame_name_append(&fold->name, definition, fold->options.raw_names);
  if (fold->name.failed)
    return fail(err);
  for (size_t i = 0; i < fold->name.size; i++) {
    if (fold->name.data[i] == '\0') // only raw names have it, and no output could show it
      fold->name.data[i] = '?';
  }
  function->frame = profile_builder_frame(tree->builder, FRAME_FUNCTION, (const char *)fold->name.data, fold->name.size,
                                          definition->module, definition->module_size, definition->native);
  if (function->frame == PROFILE_FAILED || owners_take_function(&fold->owners, definition, function->frame) < 0)
    return fail(err);
  const struct special_function *special = special_function_find(definition);
  function->defined = true;
  function->native = definition->native || special->never_waits;
  function->opaque = definition->opaque;
  function->raises = special->raises;
  function->hibernates = special->hibernates;
  return 0;
}

// NULL when out of memory.
static char *title_of(struct fold *fold, const struct process_definition *definition)
{
  bytes_clear(&fold->name);
  frame_name_append_process(&fold->name, definition, fold->options.raw_names);
  return fold->name.failed ? NULL : strndup((const char *)fold->name.data, fold->name.size);
}

static struct process *process_new(struct fold *fold, uint32_t id)
{
  struct process *process = calloc(1, sizeof *process);
  if (!process)
    return NULL;
  struct fold_tree *tree = &fold->tree;
  uint32_t root_node = 0;
  process->root_frame = PROFILE_FAILED;
  if (fold->options.by == FOLD_BY_PROCESS) {
    // Found by its id until all titles are known.
    char key[16];
    int size = snprintf(key, sizeof key, "%u", id);
    process->root_frame = profile_builder_frame(tree->builder, FRAME_PROCESS, key, (size_t)size, "", 0, false);
    root_node = process->root_frame == PROFILE_FAILED ? PROFILE_FAILED
                                                      : profile_builder_child(tree->builder, 0, process->root_frame);
    if (root_node == PROFILE_FAILED) {
      free(process);
      return NULL;
    }
  }
  cursor_init(&process->cursor, id, root_node);
  return process;
}

static void process_free(struct process *process, struct fold_tree *tree)
{
  if (!process)
    return;
  cursor_release(&process->cursor, tree);
  free(process->pid);
  free(process->title);
  free(process);
}

static int take_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  struct fold *fold = (struct fold *)sink;
  uint32_t id = definition->id;
  if (id >= MAX_IDS)
    return error_set(err, ERROR_DATA, "process id %u is out of range", id);
  if (id >= fold->process_capacity) {
    void *grown = grow_to(fold->processes, &fold->process_capacity, id, sizeof(struct process *));
    if (!grown)
      return fail(err);
    fold->processes = grown;
  }
  if (!fold->processes[id] && !(fold->processes[id] = process_new(fold, id)))
    return fail(err);
  struct process *process = fold->processes[id];
  free(process->pid);
  free(process->title);
  process->pid = strndup(definition->pid, definition->pid_size);
  process->title = title_of(fold, definition);
  if (id >= fold->process_count)
    fold->process_count = id + 1;
  return process->pid && process->title ? 0 : fail(err);
}

static int take_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  struct fold *fold = (struct fold *)sink;
  if (strcmp(key, "selection") == 0)
    fold->tree.selective = true;
  tracing_cost_take_fact(&fold->cost, key, value);
  return profile_builder_fact(fold->tree.builder, key, value) < 0
             ? error_set(err, ERROR_DATA, "there are too many different facts of the run, or no memory for them")
             : 0;
}

static bool is_defined(const struct fold_tree *tree, uint32_t function)
{
  return function < tree->function_capacity && tree->functions[function].defined;
}

static int take_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  struct fold *fold = (struct fold *)sink;
  const struct fold_tree *tree = &fold->tree;
  if (location->function == FUNCTION_NONE || !is_defined(tree, location->function))
    return error_set(err, ERROR_DATA, "a location names a function that is not defined");
  struct fold_function *function = &tree->functions[location->function];
  if (function->code_known)
    return error_set(err, ERROR_DATA, "a function's location is told twice");
  function->code_known = true;
  function->receives = location->receives;
  if (location->line == 0)
    return 0;
  return profile_builder_locate(tree->builder, function->frame, location->file, location->line) < 0 ? fail(err) : 0;
}

static int take_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  struct fold *fold = (struct fold *)sink;
  return owners_take_module(&fold->owners, application) < 0 ? fail(err) : 0;
}

static int take_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  struct fold *fold = (struct fold *)sink;
  struct profile_module module = {.name = name, .time_ns = time_ns, .traced = traced};
  return profile_builder_module(fold->tree.builder, &module) < 0 ? fail(err) : 0;
}

static bool functions_are_defined(const struct fold_tree *tree, const struct trace_event *event)
{
  switch (event->kind) {
  case EVENT_CALL:
  case EVENT_BEGIN:
    return is_defined(tree, event->function) && (event->caller == FUNCTION_NONE || is_defined(tree, event->caller));
  case EVENT_RETURN_TO:
  case EVENT_OUT:
  case EVENT_IN:
    return event->function == FUNCTION_NONE || is_defined(tree, event->function);
  case EVENT_STACK:
  case EVENT_SAMPLE:
    for (size_t i = 0; i < event->stack_size; i++) {
      if (!is_defined(tree, event->stack[i]))
        return false;
    }
    return true;
  default:
    return true;
  }
}

// A spawned process can stand where its parent is then (rule 11).
static void take_spawn(struct fold *fold, const struct trace_event *event)
{
  struct process *child = event->child < fold->process_count ? fold->processes[event->child] : NULL;
  if (!child)
    return;
  uint32_t root_node = child->cursor.root_node;
  if (fold->options.by == FOLD_BY_PARENT)
    root_node = cursor_top_node(&fold->processes[event->process]->cursor, &fold->tree);
  cursor_spawn(&child->cursor, root_node);
}

static int take_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  struct fold *fold = (struct fold *)sink;
  if (event->process >= fold->process_count || !fold->processes[event->process])
    return error_set(err, ERROR_DATA, "an event names process %u, which is not defined", event->process);
  if (!functions_are_defined(&fold->tree, event))
    return error_set(err, ERROR_DATA, "an event of process %u names a function that is not defined", event->process);
  fold->events++;
  bool counts = cursor_apply(&fold->processes[event->process]->cursor, &fold->tree, event);
  if (counts && event->kind == EVENT_SPAWN)
    take_spawn(fold, event);
  return fold->tree.failed ? fail(err) : 0;
}

static bool make_synthetic_frames(struct fold_tree *tree)
{
  static const char *const names[] = {
      [FRAME_WAITING] = "[waiting]", [FRAME_RUNNABLE] = "[runnable]", [FRAME_GC] = "[gc]",
      [FRAME_LOST] = "[lost]",       [FRAME_CUT] = "[cut]",           [FRAME_DEEPER] = "[deeper]"};
  for (enum frame_kind kind = FRAME_WAITING; kind <= FRAME_DEEPER; kind++) {
    tree->synthetic[kind] = profile_builder_frame(tree->builder, kind, names[kind], strlen(names[kind]), "", 0, false);
    if (tree->synthetic[kind] == PROFILE_FAILED)
      return false;
  }
  return true;
}

struct fold *fold_new(const struct fold_options *options, struct error *err)
{
  static const struct event_sink_ops ops = {
      .function = take_function,
      .process = take_process,
      .fact = take_fact,
      .module = take_module,
      .location = take_location,
      .application = take_application,
      .event = take_event,
  };
  struct fold *fold = calloc(1, sizeof *fold);
  if (!fold) {
    fail(err);
    return NULL;
  }
  fold->sink.ops = &ops;
  fold->options = *options;
  fold->tree.budget.frames_left = MAX_KEPT_FRAMES;
  fold->spans.limit = FOLD_MAX_SPANS;
  fold->tree.spans = options->spans ? &fold->spans : NULL;
  if (getrandom(&fold->tree.budget.multiplier, sizeof fold->tree.budget.multiplier, GRND_NONBLOCK) < 0)
    fold->tree.budget.multiplier = 0;
  fold->tree.budget.multiplier |= fold->tree.budget.multiplier != 0;
  fold->tree.undecided.multiplier = fold->tree.budget.multiplier ? fold->tree.budget.multiplier : 0x9e3779b97f4a7c15u;
  bytes_init(&fold->name, MAX_NAME_BYTES);
  fold->tree.builder = profile_builder_new(err);
  if (owners_init(&fold->owners) < 0 || !fold->tree.builder || !make_synthetic_frames(&fold->tree)) {
    fail(err);
    fold_free(fold);
    return NULL;
  }
  return fold;
}

void fold_free(struct fold *fold)
{
  if (!fold)
    return;
  for (uint32_t id = 0; id < fold->process_count; id++)
    process_free(fold->processes[id], &fold->tree);
  free(fold->processes);
  free(fold->tree.functions);
  free(fold->tree.absences);
  span_list_release(&fold->spans);
  owners_release(&fold->owners);
  undecided_release(&fold->tree.undecided);
  captured_calls_release(&fold->tree.calls);
  call_times_release(&fold->tree.call_times);
  profile_builder_free(fold->tree.builder);
  bytes_release(&fold->name);
  free(fold);
}

struct event_sink *fold_sink(struct fold *fold)
{
  return &fold->sink;
}

static int by_title(const void *left, const void *right)
{
  const struct process *const *a = left, *const *b = right;
  return strcmp((*a)->title, (*b)->title);
}

static bool show_title(struct fold *fold, const struct process *process, bool shared)
{
  bytes_clear(&fold->name);
  bytes_append(&fold->name, process->title, strlen(process->title));
  if (shared) {
    bytes_append_u8(&fold->name, ' ');
    bytes_append(&fold->name, process->pid, strlen(process->pid));
  }
  bytes_append_u8(&fold->name, '\0');
  return !fold->name.failed &&
         profile_builder_rename(fold->tree.builder, process->root_frame, (const char *)fold->name.data) == 0;
}

// Names the root frame of each process by its title, and its pid where others have the same title.
static int show_titles(struct fold *fold, struct error *err)
{
  struct process **sorted = malloc((fold->process_count + 1) * sizeof(struct process *));
  if (!sorted)
    return fail(err);
  uint32_t count = 0;
  for (uint32_t id = 0; id < fold->process_count; id++) {
    if (fold->processes[id])
      sorted[count++] = fold->processes[id];
  }
  qsort(sorted, count, sizeof(struct process *), by_title);
  bool shown = true;
  for (uint32_t i = 0; i < count && shown; i++) {
    bool shared = (i > 0 && by_title(&sorted[i - 1], &sorted[i]) == 0) ||
                  (i + 1 < count && by_title(&sorted[i], &sorted[i + 1]) == 0);
    shown = show_title(fold, sorted[i], shared);
  }
  free(sorted);
  return shown ? 0 : fail(err);
}

static bool has_events(const struct process *process)
{
  return process && process->cursor.events > 0;
}

static int close_processes(struct fold *fold, struct error *err)
{
  struct fold_tree *tree = &fold->tree;
  for (uint32_t id = 0; id < fold->process_count; id++) {
    if (has_events(fold->processes[id]))
      cursor_close(&fold->processes[id]->cursor, tree);
  }
  for (size_t i = 0; i < undecided_size(&tree->undecided) && !tree->failed; i++) {
    const struct undecided_time *time = &tree->undecided.times[i];
    if (time->node != 0)
      cursor_decide(&fold->processes[time->process]->cursor, tree, time);
  }
  if (tree->spans)
    cursor_decide_spans(tree);
  return tree->failed ? fail(err) : 0;
}

// Gives every process that had events a row; `rows` says which.
static int add_rows(struct fold *fold, uint32_t *rows, struct error *err)
{
  for (uint32_t id = 0; id < fold->process_count; id++) {
    const struct process *process = fold->processes[id];
    if (!has_events(process))
      continue;
    const struct cursor *cursor = &process->cursor;
    struct profile_process row = {.pid = process->pid,
                                  .title = process->title,
                                  .events = cursor->events,
                                  .first_ns = cursor->first_ns,
                                  .last_ns = cursor->last_ns,
                                  .away_ns = cursor->away_ns,
                                  .width_ns = cursor->width_ns,
                                  .waiting_ns = cursor->waiting_ns,
                                  .runnable_ns = cursor->runnable_ns,
                                  .gc_ns = cursor->gc_ns,
                                  .lost_ns = cursor->lost_ns,
                                  .exited = cursor->exited};
    rows[id] = profile_builder_process(fold->tree.builder, &row);
    if (rows[id] == PROFILE_FAILED)
      return fail(err);
  }
  return fold->options.by == FOLD_BY_PROCESS ? show_titles(fold, err) : 0;
}

static int64_t first_of_all_ns(const struct fold *fold)
{
  int64_t first_ns = INT64_MAX;
  for (uint32_t id = 0; id < fold->process_count; id++) {
    const struct process *process = fold->processes[id];
    if (process && process->cursor.started && process->cursor.first_ns < first_ns)
      first_ns = process->cursor.first_ns;
  }
  return first_ns;
}

static int hand_over_spans(struct fold *fold, const uint32_t *rows, struct error *err)
{
  int64_t first_ns = first_of_all_ns(fold);
  if (!span_list_trim(&fold->spans))
    return fail(err);
  struct profile_span *spans = malloc((fold->spans.count + 1) * sizeof *spans);
  if (!spans)
    return fail(err);
  for (size_t i = 0; i < fold->spans.count; i++) {
    const struct span *span = &fold->spans.items[i];
    spans[i] = (struct profile_span){.process = rows[span->process],
                                     .node = span->node,
                                     .start_ns = (uint64_t)span->start_ns - (uint64_t)first_ns,
                                     .width_ns = span->width_ns};
  }
  uint64_t gone_ns = fold->spans.longest_gone_ns;
  uint64_t min_ns = gone_ns == 0 || gone_ns == UINT64_MAX ? gone_ns : gone_ns + 1;
  int status = profile_builder_spans(fold->tree.builder, spans, fold->spans.count, min_ns);
  free(spans);
  return status < 0 ? fail(err) : 0;
}

static int close_all(struct fold *fold, struct error *err)
{
  uint32_t *rows = calloc((size_t)fold->process_count + 1, sizeof *rows);
  if (!rows)
    return fail(err);
  int status = close_processes(fold, err);
  if (status == 0)
    status = add_rows(fold, rows, err);
  if (status == 0 && fold->options.spans)
    status = hand_over_spans(fold, rows, err);
  if (status == 0)
    status = captured_calls_hand_over(&fold->tree, rows, first_of_all_ns(fold)) < 0 ? fail(err) : 0;
  if (status == 0 && !call_times_hand_over(&fold->tree.call_times, fold->tree.builder))
    status = fail(err);
  free(rows);
  return status;
}

static int take_out_tracing(struct fold *fold, struct profile_tracing *taken, struct error *err)
{
  struct tracing_cost_run run = {0};
  for (uint32_t id = 0; id < fold->process_count; id++) {
    if (!has_events(fold->processes[id]))
      continue;
    run.processes++;
    run.waiting_ns += fold->processes[id]->cursor.waiting_ns;
    run.lost_ns += fold->processes[id]->cursor.lost_ns;
  }
  if (fold->options.raw_times || tracing_cost_take_out(&fold->cost, &fold->tree, &run, taken))
    return 0;
  return fail(err);
}

struct profile *fold_finish(struct fold *fold, struct error *err)
{
  struct profile_tracing tracing = {0};
  if (close_all(fold, err) < 0 || take_out_tracing(fold, &tracing, err) < 0)
    return NULL;
  if (owners_hand_over(&fold->owners, fold->tree.builder) < 0) {
    fail(err);
    return NULL;
  }
  struct profile_totals totals = {
      .events = fold->events,
      .lost_events = fold->tree.lost_events,
      .gc = fold->tree.gc,
      .waiting = fold->tree.waiting,
      .runnable = fold->tree.runnable,
      .taken_out = tracing,
      .counts_known = true,
  };
  struct profile_builder *builder = fold->tree.builder;
  fold->tree.builder = NULL;
  return profile_builder_finish(builder, &totals, err);
}
