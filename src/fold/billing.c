// Which time is whose: the time between two events of a process goes to the stack that the first left behind (rule 1),
// what it was out for to [waiting] or [runnable], by what was seen of it, at once or when all has been seen (rule 4).
// Invariant: width_ns + pending_ns + away_ns is the time from the first event to the last.
#include "billing.h"

// A process that was preempted used up its slice of 4,000 reductions. A call takes one, and so does a return, where the
// JIT looks too; garbage collections and functions that are not traced take the rest. With fewer calls and returns
// than half of them since it came in, it more likely went out by itself, that is, into a receive.
#define SLICE_MIN_STEPS 2000

uint32_t cursor_child(struct fold_tree *tree, uint32_t parent, uint32_t frame)
{
  uint32_t node = profile_builder_child(tree->builder, parent, frame);
  if (node != PROFILE_FAILED)
    return node;
  tree->failed = true;
  return parent;
}

uint32_t cursor_top_node(const struct cursor *cursor, struct fold_tree *tree)
{
  const struct call_stack *stack = &cursor->stack;
  if (stack->depth)
    return stack->frames[stack->depth - 1].node;
  if (cursor->base_node != cursor->root_node)
    return cursor->base_node;
  return cursor_child(tree, cursor->root_node, tree->synthetic[FRAME_CUT]);
}

// Whose the time is: FUNCTION_NONE while nothing is known of the stack. What an opaque frame hides is not all known, so
// its time is the opaque function's, but for a native one, which calls nothing unseen.
static uint32_t top_function(const struct cursor *cursor, const struct fold_tree *tree)
{
  const struct call_stack *stack = &cursor->stack;
  if (stack->depth == 0)
    return FUNCTION_NONE;
  uint32_t top = stack->beyond ? stack->beyond_top : stack->frames[stack->depth - 1].function;
  if (cursor->opaque_depth && !tree->functions[top].native)
    return stack->frames[cursor->opaque_depth - 1].function;
  return top;
}

static void bill(struct cursor *cursor, struct fold_tree *tree, uint32_t node, uint64_t length_ns)
{
  uint32_t frame = profile_builder_bill(tree->builder, node, length_ns);
  cursor->width_ns += length_ns;
  if (cursor->measured)
    measured_call_add(cursor->measured, frame, length_ns);
}

static enum interval_kind interval_kind(enum event_kind begin, enum event_kind end)
{
  bool after_return = begin == EVENT_RETURN_TO || begin == EVENT_LEAVE;
  switch (end) {
  case EVENT_GC_START:
  case EVENT_GC_END:
    return INTERVAL_GC;
  case EVENT_OUT:
    if (begin == EVENT_IN)
      return INTERVAL_TURN;
    __attribute__((fallthrough));
  case EVENT_CALL:
    return after_return ? INTERVAL_RETURN_CALL : INTERVAL_CALL_CALL;
  case EVENT_RETURN_TO:
  case EVENT_LEAVE:
    return after_return ? INTERVAL_RETURN_RETURN : INTERVAL_CALL_RETURN;
  default:
    return INTERVAL_OTHER;
  }
}

// The time between two events in which the process ran or collected, which is when tracing them costs it time.
static void bill_interval(struct cursor *cursor, struct fold_tree *tree, uint32_t node, uint64_t length_ns,
                          enum interval_kind kind)
{
  uint32_t frame = profile_builder_bill_interval(tree->builder, node, length_ns, kind);
  cursor->width_ns += length_ns;
  if (cursor->measured)
    measured_call_add(cursor->measured, frame, length_ns);
}

void cursor_add_span(const struct cursor *cursor, struct fold_tree *tree, uint32_t node, int64_t start_ns)
{
  if (!tree->spans)
    return;
  struct span span = {.start_ns = start_ns,
                      .width_ns = (uint64_t)cursor->last_ns - (uint64_t)start_ns,
                      .process = cursor->process,
                      .node = node};
  if (!span_list_add(tree->spans, &span))
    tree->failed = true;
}

static void add_piece(struct absence_pieces *pieces, int64_t start_ns, int64_t end_ns)
{
  if (pieces->count && pieces->end_ns[pieces->count - 1] == start_ns) {
    pieces->end_ns[pieces->count - 1] = end_ns;
  } else if (pieces->count < ABSENCE_PIECES) {
    pieces->start_ns[pieces->count] = start_ns;
    pieces->end_ns[pieces->count++] = end_ns;
  }
}

void cursor_add_pieces(const struct cursor *cursor, struct fold_tree *tree, unsigned count, struct span span)
{
  span.process = cursor->process;
  for (unsigned i = 0; i < count; i++) {
    span.start_ns = cursor->pieces.start_ns[i];
    span.width_ns = (uint64_t)cursor->pieces.end_ns[i] - (uint64_t)span.start_ns;
    if (!span_list_add(tree->spans, &span))
      tree->failed = true;
  }
}

static uint32_t lost_node(const struct cursor *cursor, struct fold_tree *tree)
{
  return cursor_child(tree, cursor->root_node, tree->synthetic[FRAME_LOST]);
}

static bool is_nowhere(const struct cursor *cursor)
{
  return cursor->stack.depth == 0 && cursor->base_node == cursor->root_node;
}

// What has no frame on the stack: a gap, a stack of which nothing is known; and time that is not decided yet.
static void advance_spans(struct cursor *cursor, struct fold_tree *tree, int64_t since_ns)
{
  if (!cursor->collecting && cursor->activity == ACTIVITY_LOST) {
    cursor_add_span(cursor, tree, lost_node(cursor, tree), since_ns);
    return;
  }
  if (!cursor->collecting && cursor->activity != ACTIVITY_RUNNING)
    add_piece(&cursor->pieces, since_ns, cursor->last_ns);
  else if (!cursor->collecting && is_nowhere(cursor))
    cursor_add_span(cursor, tree, cursor_top_node(cursor, tree), since_ns);
}

void cursor_advance(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  int64_t now_ns = event->time_ns;
  enum interval_kind kind = interval_kind(cursor->since_kind, event->kind);
  cursor->since_kind = event->kind;
  if (!cursor->started) {
    cursor->started = true;
    cursor->first_ns = cursor->last_ns = cursor->in_sight_since_ns = now_ns;
  }
  if (now_ns <= cursor->last_ns)
    return;
  int64_t since_ns = cursor->last_ns;
  uint64_t length_ns = (uint64_t)now_ns - (uint64_t)since_ns;
  cursor->last_ns = now_ns;
  if (cursor->activity == ACTIVITY_AWAY) {
    cursor->away_ns += length_ns;
    return;
  }
  if (tree->spans)
    advance_spans(cursor, tree, since_ns);
  if (cursor->collecting) {
    bill_interval(cursor, tree, cursor->collecting_node, length_ns, kind);
    cursor->gc_ns += length_ns;
  } else if (cursor->activity == ACTIVITY_RUNNING) {
    bill_interval(cursor, tree, cursor_top_node(cursor, tree), length_ns, kind);
  } else if (cursor->activity == ACTIVITY_LOST) {
    bill(cursor, tree, lost_node(cursor, tree), length_ns);
    cursor->lost_ns += length_ns;
  } else {
    cursor->pending_ns += length_ns;
  }
}

static void tally_absence(struct cursor *cursor, struct fold_tree *tree, enum frame_kind kind,
                          const struct profile_absence *absence)
{
  *(kind == FRAME_WAITING ? &cursor->waiting_ns : &cursor->runnable_ns) += absence->total_ns;
  struct profile_absence *sum = kind == FRAME_WAITING ? &tree->waiting : &tree->runnable;
  if (!absence_add(sum, absence->count, absence->total_ns, absence->max_ns))
    tree->failed = true;
}

// Time out that is decided.
static void bill_absence(struct cursor *cursor, struct fold_tree *tree, enum frame_kind kind, uint64_t length_ns)
{
  uint32_t node = cursor_child(tree, cursor_top_node(cursor, tree), tree->synthetic[kind]);
  struct profile_absence absence = {.count = 1, .total_ns = length_ns, .max_ns = length_ns};
  bill(cursor, tree, node, length_ns);
  tally_absence(cursor, tree, kind, &absence);
  if (tree->spans)
    cursor_add_pieces(cursor, tree, cursor->pieces.count, (struct span){.node = node});
}

static void leave_undecided(struct cursor *cursor, struct fold_tree *tree, bool brief, uint64_t length_ns)
{
  uint32_t node = cursor_top_node(cursor, tree), function = top_function(cursor, tree);
  cursor->width_ns += length_ns;
  if (!undecided_add(&tree->undecided, cursor->process, node, function, brief, length_ns))
    tree->failed = true;
  if (tree->spans)
    cursor_add_pieces(cursor, tree, cursor->pieces.count,
                      (struct span){.node = node, .function = function, .kind = brief ? SPAN_BRIEF : SPAN_LASTING});
}

// Bills the pending time for what it was, or leaves it to cursor_decide().
void cursor_settle(struct cursor *cursor, struct fold_tree *tree, enum absence absence)
{
  uint64_t length_ns = cursor->pending_ns;
  cursor->pending_ns = 0;
  cursor->activity = ACTIVITY_RUNNING;
  if (absence != ABSENCE_NONE && !cursor->newborn) // whose first one says nothing of the next
    cursor->last_absence = absence;
  if (length_ns == 0)
    return;
  if (tree->spans && is_nowhere(cursor))
    cursor_add_pieces(cursor, tree, cursor->pieces.count, (struct span){.node = cursor_top_node(cursor, tree)});
  if (absence == ABSENCE_NONE)
    bill(cursor, tree, cursor_top_node(cursor, tree), length_ns);
  else if (absence == ABSENCE_WAITING || absence == ABSENCE_RUNNABLE)
    bill_absence(cursor, tree, absence == ABSENCE_WAITING ? FRAME_WAITING : FRAME_RUNNABLE, length_ns);
  else
    leave_undecided(cursor, tree, absence == ABSENCE_BRIEF, length_ns);
  cursor->pieces.count = 0;
}

// A function without a receive can only wait in one that it calls and that is not traced.
static enum frame_kind decide(const struct fold_tree *tree, uint32_t id, bool brief)
{
  const struct fold_function *function = id == FUNCTION_NONE ? NULL : &tree->functions[id];
  enum frame_kind guess = brief ? FRAME_WAITING : FRAME_RUNNABLE;
  if (!function)
    return guess;
  if (function->seen_waiting)
    return FRAME_WAITING;
  if (function->code_known && function->receives)
    return function->seen_busy ? guess : FRAME_WAITING;
  if (function->code_known && !tree->selective && !function->opaque)
    return FRAME_RUNNABLE;
  if (function->seen_busy)
    return FRAME_RUNNABLE;
  // Where at least every other slice is used up, a function computes, and its brief slices were used up otherwise.
  const struct function_absences *absences = &tree->absences[id];
  return absences->lasting > 0 && absences->lasting >= absences->brief ? FRAME_RUNNABLE : guess;
}

static void decide_absence(struct cursor *cursor, struct fold_tree *tree, const struct undecided_time *time, bool brief)
{
  const struct profile_absence *absence = brief ? &time->brief : &time->lasting;
  if (absence->count == 0)
    return;
  enum frame_kind kind = decide(tree, time->function, brief);
  profile_builder_add(tree->builder, cursor_child(tree, time->node, tree->synthetic[kind]), absence->total_ns, 0);
  tally_absence(cursor, tree, kind, absence);
}

void cursor_decide(struct cursor *cursor, struct fold_tree *tree, const struct undecided_time *time)
{
  decide_absence(cursor, tree, time, true);
  decide_absence(cursor, tree, time, false);
}

void cursor_decide_spans(struct fold_tree *tree)
{
  for (size_t i = 0; i < tree->spans->count; i++) {
    struct span *span = &tree->spans->items[i];
    if (span->kind != SPAN_FRAME)
      span->node =
          cursor_child(tree, span->node, tree->synthetic[decide(tree, span->function, span->kind == SPAN_BRIEF)]);
  }
}

static bool seen_between(int64_t seen_ns, int64_t from_ns, int64_t to_ns)
{
  return seen_ns != INT64_MIN && seen_ns >= from_ns && seen_ns < to_ns;
}

// What kept the process from running from pending_since_ns until `until_ns` (rule 4), best evidence first.
static enum absence absence(struct cursor *cursor, struct fold_tree *tree, int64_t until_ns)
{
  uint32_t top = top_function(cursor, tree);
  struct fold_function *function = top == FUNCTION_NONE ? NULL : &tree->functions[top];
  if (cursor->newborn)
    return ABSENCE_RUNNABLE;
  if (seen_between(cursor->seen_waiting_ns, cursor->pending_since_ns, until_ns)) {
    if (function)
      function->seen_waiting = true;
    return ABSENCE_WAITING;
  }
  bool ran = cursor->seen_busy == STATUS_RUNNING && cursor->activity == ACTIVITY_OUT; // see cursor_look()
  if (!ran && seen_between(cursor->seen_busy_ns, cursor->pending_since_ns, until_ns)) {
    if (function && cursor->seen_busy != STATUS_SUSPENDED) // which says nothing of its receive
      function->seen_busy = true;
    return ABSENCE_RUNNABLE;
  }
  if (function && function->native)
    return function->hibernates ? ABSENCE_WAITING : ABSENCE_RUNNABLE;
  if (cursor->before_out == EVENT_IN)
    return cursor->last_absence;
  bool brief = cursor->steps_since_in < SLICE_MIN_STEPS;
  if (function)
    *(brief ? &tree->absences[top].brief : &tree->absences[top].lasting) += 1;
  return brief ? ABSENCE_BRIEF : ABSENCE_LASTING;
}

// What is out in a collection is no absence.
static bool is_absent(const struct cursor *cursor)
{
  return cursor->activity == ACTIVITY_OUT && !(cursor->collecting && cursor->out_to_collect);
}

void cursor_came_in(struct cursor *cursor, struct fold_tree *tree)
{
  if (is_absent(cursor))
    cursor_settle(cursor, tree, absence(cursor, tree, cursor->last_ns));
  else if (cursor->activity == ACTIVITY_UNKNOWN)
    cursor_settle(cursor, tree, ABSENCE_NONE);
  cursor->activity = ACTIVITY_RUNNING;
}

void cursor_scheduled_in(struct cursor *cursor, struct fold_tree *tree)
{
  bool first = cursor->last_kind == 0; // which says nothing of what was before it
  if (is_absent(cursor) || (!first && cursor->activity == ACTIVITY_UNKNOWN))
    cursor_settle(cursor, tree, absence(cursor, tree, cursor->last_ns));
  cursor->activity = ACTIVITY_RUNNING;
}

void cursor_stop_collecting(struct cursor *cursor, struct fold_tree *tree)
{
  if (cursor->collecting) {
    cursor_add_span(cursor, tree, cursor->collecting_node, cursor->collecting_since_ns);
    if (tree->spans && is_nowhere(cursor))
      cursor_add_span(cursor, tree, cursor_top_node(cursor, tree), cursor->collecting_since_ns);
  }
  cursor->collecting = cursor->out_to_collect = false;
}

void cursor_settle_at_end(struct cursor *cursor, struct fold_tree *tree)
{
  cursor_stop_collecting(cursor, tree);
  if (cursor->activity == ACTIVITY_OUT) {
    cursor_settle(cursor, tree, absence(cursor, tree, INT64_MAX));
  } else if (cursor->activity == ACTIVITY_UNKNOWN) {
    bool waited = seen_between(cursor->seen_waiting_ns, cursor->pending_since_ns, INT64_MAX);
    bool queued = seen_between(cursor->seen_busy_ns, cursor->pending_since_ns, INT64_MAX) &&
                  (cursor->seen_busy == STATUS_RUNNABLE || cursor->seen_busy == STATUS_SUSPENDED);
    queued |= cursor->newborn;
    cursor_settle(cursor, tree, waited ? ABSENCE_WAITING : queued ? ABSENCE_RUNNABLE : ABSENCE_NONE);
  }
}

// The first status that can decide what is pending is kept; an older one makes room for a newer.
void cursor_look(struct cursor *cursor, const struct trace_event *event)
{
  if (event->status == STATUS_EXITING || event->status == STATUS_COLLECTING || cursor->collecting)
    return; // what it did before that is still not known
  if (event->status == STATUS_RUNNING && cursor->activity == ACTIVITY_OUT)
    return; // it handles signals for a moment, which is no event
  int64_t *seen_ns = event->status == STATUS_WAITING ? &cursor->seen_waiting_ns : &cursor->seen_busy_ns;
  bool undecided = cursor->activity == ACTIVITY_OUT || cursor->activity == ACTIVITY_UNKNOWN;
  if (undecided && *seen_ns != INT64_MIN && *seen_ns >= cursor->pending_since_ns)
    return;
  *seen_ns = event->time_ns;
  if (event->status != STATUS_WAITING)
    cursor->seen_busy = event->status;
}
