// Events of one process in, time and calls of the profile's nodes out. Invariant: width_ns + pending_ns is the time
// from the first event to the last, and every nanosecond of it lies on the stack that the event before it left behind.
#include "cursor.h"

#include "fold/fold.h"

// A process that was preempted used up its slice of 4,000 reductions. A call takes one, and so does a return, where the
// JIT looks too; garbage collections and functions that are not traced take the rest. With fewer calls and returns
// than half of them since it came in, it more likely went out by itself, that is, into a receive.
#define SLICE_MIN_STEPS 2000

void cursor_init(struct cursor *cursor, uint32_t process, uint32_t root_node)
{
  *cursor = (struct cursor){.process = process,
                            .root_node = root_node,
                            .base_node = root_node,
                            .open = true,
                            .activity = ACTIVITY_UNKNOWN,
                            .pending_since_ns = INT64_MIN,
                            .last_absence = ABSENCE_BRIEF,
                            .seen_waiting_ns = INT64_MIN,
                            .seen_busy_ns = INT64_MIN};
}

void cursor_spawn(struct cursor *cursor, uint32_t root_node)
{
  if (cursor->events)
    return;
  cursor->root_node = cursor->base_node = root_node;
  cursor->newborn = true;
}

void cursor_release(struct cursor *cursor, struct fold_tree *tree)
{
  call_stack_release(&cursor->stack, &tree->budget);
}

static uint32_t child(struct fold_tree *tree, uint32_t parent, uint32_t frame)
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
  return child(tree, cursor->root_node, tree->synthetic[FRAME_CUT]);
}

// FUNCTION_NONE while nothing is known of the stack.
static uint32_t top_function(const struct cursor *cursor)
{
  const struct call_stack *stack = &cursor->stack;
  if (stack->beyond)
    return stack->beyond_top;
  return stack->depth ? stack->frames[stack->depth - 1].function : FUNCTION_NONE;
}

// Time.

static void bill(struct cursor *cursor, struct fold_tree *tree, uint32_t node, uint64_t length_ns)
{
  profile_builder_add(tree->builder, node, length_ns, 0);
  cursor->width_ns += length_ns;
}

// `node` lay on the stack from `start_ns` until now.
static void add_span(const struct cursor *cursor, struct fold_tree *tree, uint32_t node, int64_t start_ns)
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

// The pending time as spans: of `node`, or not decided yet.
static void add_pieces(const struct cursor *cursor, struct fold_tree *tree, struct span span)
{
  span.process = cursor->process;
  for (unsigned i = 0; i < cursor->pieces.count; i++) {
    span.start_ns = cursor->pieces.start_ns[i];
    span.width_ns = (uint64_t)cursor->pieces.end_ns[i] - (uint64_t)span.start_ns;
    if (!span_list_add(tree->spans, &span))
      tree->failed = true;
  }
}

static uint32_t lost_node(const struct cursor *cursor, struct fold_tree *tree)
{
  return child(tree, cursor->root_node, tree->synthetic[FRAME_LOST]);
}

static bool is_nowhere(const struct cursor *cursor)
{
  return cursor->stack.depth == 0 && cursor->base_node == cursor->root_node;
}

// What has no frame on the stack: a gap, a stack of which nothing is known; and time that is not decided yet.
static void advance_spans(struct cursor *cursor, struct fold_tree *tree, int64_t since_ns)
{
  if (!cursor->collecting && cursor->activity == ACTIVITY_LOST) {
    add_span(cursor, tree, lost_node(cursor, tree), since_ns);
    return;
  }
  if (!cursor->collecting && cursor->activity != ACTIVITY_RUNNING)
    add_piece(&cursor->pieces, since_ns, cursor->last_ns);
  else if (!cursor->collecting && is_nowhere(cursor))
    add_span(cursor, tree, cursor_top_node(cursor, tree), since_ns);
}

// Bills the time since the last event to what that event left behind (rule 1).
static void advance(struct cursor *cursor, struct fold_tree *tree, int64_t now_ns)
{
  if (!cursor->started) {
    cursor->started = true;
    cursor->first_ns = cursor->last_ns = now_ns;
  }
  if (now_ns <= cursor->last_ns)
    return;
  int64_t since_ns = cursor->last_ns;
  uint64_t length_ns = (uint64_t)now_ns - (uint64_t)since_ns;
  cursor->last_ns = now_ns;
  if (tree->spans)
    advance_spans(cursor, tree, since_ns);
  if (cursor->collecting) {
    bill(cursor, tree, cursor->collecting_node, length_ns);
    cursor->gc_ns += length_ns;
  } else if (cursor->activity == ACTIVITY_RUNNING) {
    bill(cursor, tree, cursor_top_node(cursor, tree), length_ns);
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
  uint32_t node = child(tree, cursor_top_node(cursor, tree), tree->synthetic[kind]);
  struct profile_absence absence = {.count = 1, .total_ns = length_ns, .max_ns = length_ns};
  bill(cursor, tree, node, length_ns);
  tally_absence(cursor, tree, kind, &absence);
  if (tree->spans)
    add_pieces(cursor, tree, (struct span){.node = node});
}

static void leave_undecided(struct cursor *cursor, struct fold_tree *tree, bool brief, uint64_t length_ns)
{
  uint32_t node = cursor_top_node(cursor, tree), function = top_function(cursor);
  cursor->width_ns += length_ns;
  if (!undecided_add(&tree->undecided, cursor->process, node, function, brief, length_ns))
    tree->failed = true;
  if (tree->spans)
    add_pieces(cursor, tree,
               (struct span){.node = node, .function = function, .kind = brief ? SPAN_BRIEF : SPAN_LASTING});
}

// Bills the pending time for what it was, or leaves it to cursor_decide().
static void settle(struct cursor *cursor, struct fold_tree *tree, enum absence absence)
{
  uint64_t length_ns = cursor->pending_ns;
  cursor->pending_ns = 0;
  cursor->activity = ACTIVITY_RUNNING;
  if (absence != ABSENCE_NONE && !cursor->newborn) // whose first one says nothing of the next
    cursor->last_absence = absence;
  if (length_ns == 0)
    return;
  if (tree->spans && is_nowhere(cursor))
    add_pieces(cursor, tree, (struct span){.node = cursor_top_node(cursor, tree)});
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
  if (function->code_known && !tree->selective)
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
  profile_builder_add(tree->builder, child(tree, time->node, tree->synthetic[kind]), absence->total_ns, 0);
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
      span->node = child(tree, span->node, tree->synthetic[decide(tree, span->function, span->kind == SPAN_BRIEF)]);
  }
}

static bool seen_between(int64_t seen_ns, int64_t from_ns, int64_t to_ns)
{
  return seen_ns != INT64_MIN && seen_ns >= from_ns && seen_ns < to_ns;
}

// What kept the process from running from pending_since_ns until `until_ns` (rule 4), best evidence first.
static enum absence absence(struct cursor *cursor, struct fold_tree *tree, int64_t until_ns)
{
  uint32_t top = top_function(cursor);
  struct fold_function *function = top == FUNCTION_NONE ? NULL : &tree->functions[top];
  if (cursor->newborn)
    return ABSENCE_RUNNABLE;
  if (seen_between(cursor->seen_waiting_ns, cursor->pending_since_ns, until_ns)) {
    if (function)
      function->seen_waiting = true;
    return ABSENCE_WAITING;
  }
  bool ran = cursor->seen_busy == STATUS_RUNNING && cursor->activity == ACTIVITY_OUT; // see look()
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

// An event came that shows the process running.
static void came_in(struct cursor *cursor, struct fold_tree *tree)
{
  if (cursor->activity == ACTIVITY_OUT)
    settle(cursor, tree, absence(cursor, tree, cursor->last_ns));
  else if (cursor->activity == ACTIVITY_UNKNOWN)
    settle(cursor, tree, ABSENCE_NONE);
  cursor->activity = ACTIVITY_RUNNING;
}

static void stop_collecting(struct cursor *cursor, struct fold_tree *tree)
{
  if (cursor->collecting) {
    add_span(cursor, tree, cursor->collecting_node, cursor->collecting_since_ns);
    if (tree->spans && is_nowhere(cursor))
      add_span(cursor, tree, cursor_top_node(cursor, tree), cursor->collecting_since_ns);
  }
  cursor->collecting = cursor->out_to_collect = false;
}

// The process's time ends here, or nothing is known from here on: no event will show what it did last.
static void settle_at_end(struct cursor *cursor, struct fold_tree *tree)
{
  stop_collecting(cursor, tree);
  if (cursor->activity == ACTIVITY_OUT) {
    settle(cursor, tree, absence(cursor, tree, INT64_MAX));
  } else if (cursor->activity == ACTIVITY_UNKNOWN) {
    bool waited = seen_between(cursor->seen_waiting_ns, cursor->pending_since_ns, INT64_MAX);
    bool queued = seen_between(cursor->seen_busy_ns, cursor->pending_since_ns, INT64_MAX) &&
                  (cursor->seen_busy == STATUS_RUNNABLE || cursor->seen_busy == STATUS_SUSPENDED);
    queued |= cursor->newborn;
    settle(cursor, tree, waited ? ABSENCE_WAITING : queued ? ABSENCE_RUNNABLE : ABSENCE_NONE);
  }
}

// The first status that can decide what is pending is kept; an older one makes room for a newer.
static void look(struct cursor *cursor, const struct trace_event *event)
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

// The stack.

static uint32_t node_on_top(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  struct call_stack *stack = &cursor->stack;
  if (stack->depth == 0)
    return child(tree, cursor->base_node, tree->functions[function].frame);
  uint32_t top = stack->frames[stack->depth - 1].node;
  if (stack->depth > FOLD_MAX_DEPTH)
    return top;
  if (stack->depth == FOLD_MAX_DEPTH)
    return child(tree, top, tree->synthetic[FRAME_DEEPER]);
  return child(tree, top, tree->functions[function].frame);
}

static void push(struct cursor *cursor, struct fold_tree *tree, uint32_t function, enum call_origin origin)
{
  uint32_t node = node_on_top(cursor, tree, function);
  if (!call_stack_push(&cursor->stack, &tree->budget, function, node, cursor->last_ns, origin))
    tree->failed = true;
}

// Takes the top frame off. Frames past the depth limit share a node, so the first stands for them in time.
static const struct call_frame *pop(struct cursor *cursor, struct fold_tree *tree)
{
  const struct call_frame *frame = call_stack_pop(&cursor->stack);
  if (tree->spans && cursor->stack.depth <= FOLD_MAX_DEPTH)
    add_span(cursor, tree, frame->node, frame->start_ns);
  return frame;
}

// Ends the frames above the outermost `depth`: here and now, as far as their start was seen.
static void cut_to(struct cursor *cursor, struct fold_tree *tree, uint32_t depth)
{
  cursor->stack.beyond = 0;
  while (cursor->stack.depth > depth) {
    const struct call_frame *frame = pop(cursor, tree);
    if (frame->origin != CALL_SEEN)
      continue;
    uint64_t length_ns = (uint64_t)cursor->last_ns - (uint64_t)frame->start_ns;
    if (cursor->stack.depth < FOLD_MAX_DEPTH)
      profile_builder_call_end(tree->builder, frame->node, length_ns);
    else
      profile_builder_call_length(tree->builder, tree->functions[frame->function].frame, length_ns);
  }
}

// From here on the outermost frame hangs on `base_node`.
static void set_base(struct cursor *cursor, struct fold_tree *tree, uint32_t base_node, bool open)
{
  if (cursor->base_node != cursor->root_node)
    add_span(cursor, tree, cursor->base_node, cursor->base_since_ns);
  cursor->base_node = base_node;
  cursor->base_since_ns = cursor->last_ns;
  cursor->open = open;
}

// Forgets the stack: its frames did not end, they are unknown from here on.
static void forget(struct cursor *cursor, struct fold_tree *tree, uint32_t base_node, bool open)
{
  cursor->stack.beyond = 0;
  while (cursor->stack.depth)
    pop(cursor, tree);
  set_base(cursor, tree, base_node, open);
}

static void count_call(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  profile_builder_add(tree->builder, cursor_top_node(cursor, tree), 0, 1);
  if (cursor->stack.depth > FOLD_MAX_DEPTH)
    profile_builder_call_elsewhere(tree->builder, tree->functions[function].frame);
}

// Makes `caller` the top (rules 7 and 9).
static void cut_to_caller(struct cursor *cursor, struct fold_tree *tree, uint32_t caller)
{
  uint32_t at = call_stack_find(&cursor->stack, &tree->budget, caller);
  if (at != CALL_STACK_NONE) {
    cut_to(cursor, tree, at + 1);
    return;
  }
  // What was only inferred on top may have ended unseen: kept, the callers of a loop would pile up.
  uint32_t depth = cursor->open ? 0 : cursor->stack.depth;
  while (depth > 0 && cursor->stack.frames[depth - 1].origin == CALL_INFERRED)
    depth--;
  cut_to(cursor, tree, depth);
  push(cursor, tree, caller, CALL_INFERRED);
}

// A process that starts in a BIF (spawn/1 in erlang:apply/2) is in it before that is called.
static bool starts_with(const struct call_stack *stack, uint32_t function)
{
  return stack->depth == 1 && stack->frames[0].function == function && stack->frames[0].origin == CALL_FOUND;
}

static void apply_call(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  const struct fold_function *function = &tree->functions[event->function];
  struct call_stack *stack = &cursor->stack;
  bool believed = event->caller != FUNCTION_NONE && !function->raises;
  if (event->caller == FUNCTION_NONE && (!function->native || starts_with(stack, event->function))) {
    cut_to(cursor, tree, 0);
    set_base(cursor, tree, cursor->root_node, false);
  }
  if (stack->beyond) {
    call_stack_call_beyond(stack, event->function, believed ? event->caller : stack->beyond_top);
  } else {
    if (believed)
      cut_to_caller(cursor, tree, event->caller);
    push(cursor, tree, event->function, CALL_SEEN);
  }
  count_call(cursor, tree, event->function);
}

static void apply_return(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  struct call_stack *stack = &cursor->stack;
  if (function == FUNCTION_NONE) {
    cut_to(cursor, tree, cursor->open || stack->depth == 0 ? 0 : 1);
    return;
  }
  if (stack->beyond) {
    call_stack_return_beyond(stack, function);
    if (stack->beyond || stack->frames[stack->depth - 1].function == function)
      return;
  }
  uint32_t at = call_stack_find_below_top(stack, &tree->budget, function);
  if (at != CALL_STACK_NONE) {
    cut_to(cursor, tree, at + 1);
  } else if (stack->depth == 0 || stack->frames[stack->depth - 1].function != function) {
    cut_to(cursor, tree, cursor->open || stack->depth == 0 ? 0 : stack->depth - 1);
    push(cursor, tree, function, CALL_INFERRED);
  }
}

static void apply_stack(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  bool first = cursor->last_kind == 0;
  settle_at_end(cursor, tree);
  uint32_t base = cursor->root_node;
  if (event->stack_cut)
    base = child(tree, base, tree->synthetic[FRAME_CUT]);
  forget(cursor, tree, base, event->stack_cut);
  for (size_t i = 0; i < event->stack_size; i++)
    push(cursor, tree, event->stack[i], CALL_FOUND);
  cursor->activity = ACTIVITY_UNKNOWN;
  // What was seen before the first event of a process is still true at it.
  cursor->pending_since_ns = first ? INT64_MIN : cursor->last_ns;
  cursor->before_out = EVENT_STACK;
}

// A function named by a scheduling event is believed only where nothing better is known.
static void learn_top(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  if (cursor->stack.depth != 0 || cursor->collecting || function == FUNCTION_NONE)
    return;
  push(cursor, tree, function, CALL_FOUND);
  struct call_frame *frame = &cursor->stack.frames[0];
  struct absence_pieces *pieces = &cursor->pieces;
  if (pieces->count == 0 || cursor->stack.depth == 0)
    return;
  // The time that is not decided yet will be its own.
  struct absence_pieces all = *pieces;
  pieces->count--;
  add_pieces(cursor, tree, (struct span){.node = frame->node});
  *pieces = all;
  frame->start_ns = pieces->start_ns[pieces->count - 1];
}

static void apply_out(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  if (cursor->activity == ACTIVITY_OUT)
    return;
  came_in(cursor, tree);
  learn_top(cursor, tree, function);
  cursor->activity = ACTIVITY_OUT;
  cursor->out_to_collect = cursor->collecting;
  cursor->pending_since_ns = cursor->last_ns;
  cursor->before_out = cursor->last_kind;
}

static void apply_in(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  learn_top(cursor, tree, function);
  // A first event says nothing of an absence, and what is out in a collection is no absence.
  bool known = cursor->last_kind != 0 && !(cursor->collecting && cursor->out_to_collect);
  if (known && (cursor->activity == ACTIVITY_OUT || cursor->activity == ACTIVITY_UNKNOWN))
    settle(cursor, tree, absence(cursor, tree, cursor->last_ns));
  cursor->activity = ACTIVITY_RUNNING;
  cursor->newborn = false;
  cursor->steps_since_in = 0;
}

// For sums that come from outside and nothing else depends on.
static uint64_t add_saturating(uint64_t sum, uint64_t more)
{
  return more > UINT64_MAX - sum ? UINT64_MAX : sum + more;
}

static void start_collecting(struct cursor *cursor, struct fold_tree *tree)
{
  if (cursor->activity != ACTIVITY_OUT)
    came_in(cursor, tree);
  stop_collecting(cursor, tree);
  cursor->collecting = true;
  cursor->collecting_since_ns = cursor->last_ns;
  cursor->collecting_node = child(tree, cursor_top_node(cursor, tree), tree->synthetic[FRAME_GC]);
}

static void end_collecting(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  if (cursor->activity != ACTIVITY_OUT)
    came_in(cursor, tree);
  if (!cursor->collecting)
    return;
  stop_collecting(cursor, tree);
  uint64_t pause_ns = (uint64_t)cursor->last_ns - (uint64_t)cursor->collecting_since_ns;
  struct profile_gc *gc = &tree->gc;
  *(event->major ? &gc->major : &gc->minor) += 1;
  gc->pause_ns = add_saturating(gc->pause_ns, pause_ns);
  gc->words_given_back = add_saturating(gc->words_given_back, event->words);
  if (pause_ns > gc->max_ns)
    gc->max_ns = pause_ns;
}

static void lose(struct cursor *cursor, struct fold_tree *tree, uint64_t lost)
{
  settle_at_end(cursor, tree);
  forget(cursor, tree, cursor->root_node, true);
  cursor->activity = ACTIVITY_LOST;
  tree->lost_events = add_saturating(tree->lost_events, lost);
}

static void end(struct cursor *cursor, struct fold_tree *tree, bool exited)
{
  settle_at_end(cursor, tree);
  if (exited)
    cut_to(cursor, tree, 0);
  forget(cursor, tree, cursor->root_node, false);
  if (cursor->root_node != 0)
    add_span(cursor, tree, cursor->root_node, cursor->first_ns);
  cursor->exited = exited;
  cursor->activity = ACTIVITY_OVER;
  call_stack_release(&cursor->stack, &tree->budget);
}

void cursor_close(struct cursor *cursor, struct fold_tree *tree)
{
  if (cursor->activity != ACTIVITY_OVER)
    end(cursor, tree, false);
}

// Events that say nothing about where in its program the process is. A garbage collection on a dirty scheduler goes
// out and in by itself.
static bool is_aside(const struct cursor *cursor, enum event_kind kind)
{
  return kind == EVENT_GC_START || kind == EVENT_GC_END || kind == EVENT_SPAWN ||
         (cursor->collecting && (kind == EVENT_OUT || kind == EVENT_IN));
}

static void apply(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  switch (event->kind) {
  case EVENT_CALL:
  case EVENT_RETURN_TO:
    stop_collecting(cursor, tree);
    came_in(cursor, tree);
    cursor->newborn = false;
    cursor->steps_since_in++;
    if (event->kind == EVENT_CALL)
      apply_call(cursor, tree, event);
    else
      apply_return(cursor, tree, event->function);
    break;
  case EVENT_OUT:
    apply_out(cursor, tree, event->function);
    break;
  case EVENT_IN:
    apply_in(cursor, tree, event->function);
    break;
  case EVENT_GC_START:
    start_collecting(cursor, tree);
    break;
  case EVENT_GC_END:
    end_collecting(cursor, tree, event);
    break;
  case EVENT_STACK:
    apply_stack(cursor, tree, event);
    break;
  case EVENT_LOST:
    lose(cursor, tree, event->lost);
    break;
  case EVENT_EXIT:
  case EVENT_END:
    end(cursor, tree, event->kind == EVENT_EXIT);
    break;
  case EVENT_SPAWN:
    came_in(cursor, tree);
    break;
  case EVENT_STATUS:
    break;
  }
}

void cursor_apply(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  if (cursor->activity == ACTIVITY_OVER)
    return;
  cursor->events++;
  if (event->kind == EVENT_STATUS) {
    look(cursor, event);
    return;
  }
  bool aside = is_aside(cursor, event->kind);
  advance(cursor, tree, event->time_ns);
  apply(cursor, tree, event);
  if (!aside)
    cursor->last_kind = event->kind;
}
