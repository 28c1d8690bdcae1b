// Events of one process in, its stack and the calls of the profile's nodes out; whose the time between them is,
// billing.c knows. Invariant: every nanosecond lies on the stack that the event before it left behind.
#include "cursor.h"

#include "billing.h"
#include "fold/fold.h"

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

// The stack.

static uint32_t node_on_top(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  struct call_stack *stack = &cursor->stack;
  if (stack->depth == 0)
    return cursor_child(tree, cursor->base_node, tree->functions[function].frame);
  uint32_t top = stack->frames[stack->depth - 1].node;
  if (stack->depth > FOLD_MAX_DEPTH)
    return top;
  if (stack->depth == FOLD_MAX_DEPTH)
    return cursor_child(tree, top, tree->synthetic[FRAME_DEEPER]);
  return cursor_child(tree, top, tree->functions[function].frame);
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
    cursor_add_span(cursor, tree, frame->node, frame->start_ns);
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
    cursor_add_span(cursor, tree, cursor->base_node, cursor->base_since_ns);
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
  cursor_settle_at_end(cursor, tree);
  uint32_t base = cursor->root_node;
  if (event->stack_cut)
    base = cursor_child(tree, base, tree->synthetic[FRAME_CUT]);
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
  // The time that is not decided yet will be its own: the newest piece within its span, the others beside it.
  cursor_add_pieces(cursor, tree, pieces->count - 1, (struct span){.node = frame->node});
  frame->start_ns = pieces->start_ns[pieces->count - 1];
}

static void apply_out(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  if (cursor->activity == ACTIVITY_OUT)
    return;
  cursor_came_in(cursor, tree);
  learn_top(cursor, tree, function);
  cursor->activity = ACTIVITY_OUT;
  cursor->out_to_collect = cursor->collecting;
  cursor->pending_since_ns = cursor->last_ns;
  cursor->before_out = cursor->last_kind;
}

static void apply_in(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  learn_top(cursor, tree, function);
  cursor_scheduled_in(cursor, tree);
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
    cursor_came_in(cursor, tree);
  cursor_stop_collecting(cursor, tree);
  cursor->collecting = true;
  cursor->collecting_since_ns = cursor->last_ns;
  cursor->collecting_node = cursor_child(tree, cursor_top_node(cursor, tree), tree->synthetic[FRAME_GC]);
}

static void end_collecting(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  if (cursor->activity != ACTIVITY_OUT)
    cursor_came_in(cursor, tree);
  if (!cursor->collecting)
    return;
  cursor_stop_collecting(cursor, tree);
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
  cursor_settle_at_end(cursor, tree);
  forget(cursor, tree, cursor->root_node, true);
  cursor->activity = ACTIVITY_LOST;
  tree->lost_events = add_saturating(tree->lost_events, lost);
}

static void end(struct cursor *cursor, struct fold_tree *tree, bool exited)
{
  cursor_settle_at_end(cursor, tree);
  if (exited)
    cut_to(cursor, tree, 0);
  forget(cursor, tree, cursor->root_node, false);
  if (cursor->root_node != 0)
    cursor_add_span(cursor, tree, cursor->root_node, cursor->first_ns);
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
    cursor_stop_collecting(cursor, tree);
    cursor_came_in(cursor, tree);
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
    cursor_came_in(cursor, tree);
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
    cursor_look(cursor, event);
    return;
  }
  bool aside = is_aside(cursor, event->kind);
  cursor_advance(cursor, tree, event->time_ns);
  apply(cursor, tree, event);
  if (!aside)
    cursor->last_kind = event->kind;
}
