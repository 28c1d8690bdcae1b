// What stands on what: calls, returns and read stacks in, the frames of one process and the calls of their nodes out.
// Invariants: `opaque_depth` is that of the outermost opaque frame, 0 without; on a floor there is always a frame, and
// the outermost is the captured function's.
//
// A captured call stands on a floor, the function it returns to, which is not shown. Here f is called by g:
//
//   event                    the stack it leaves
//   BEGIN f, floor g         f
//   CALL a from f            f;a
//   CALL b from g            f;b      (what f ended in ended in a tail call of b: f stands for the captured call)
//   CALL f from g            f        (b ended in a tail call of f, the captured call itself: one call more)
//   CALL g from f            f;g
//   CALL a from g            f;g;a    (the nearest g is not the floor)
//   RETURN_TO g              f;g
//   RETURN_TO g              f        (to the floor)
//
// What an opaque function calls is not shown; the VM does not even say what it calls itself. Here o is opaque:
//
//   event                    the stack it leaves, and (what is hidden in it, as far as known)
//   CALL o from a            a;o
//   CALL c from b            a;o (b;c)     (b is not on the stack: it must be something that o called)
//   CALL c from d            a;o (d;c)     (so must d, and what o called before may have ended)
//   RETURN_TO e              a;o (e)       (and e)
//   CALL b from a            a;b           (o ended in a tail call of b)
#include "stacking.h"

#include "billing.h"
#include "fold/fold.h"

#define UNSEEN_MAX 4096 // frames that have ended unseen, at most, when a process waits

// Is the frame that is the `depth`th from the outermost one?
static bool is_hidden(const struct cursor *cursor, uint64_t depth)
{
  return cursor->opaque_depth != 0 && depth > cursor->opaque_depth;
}

static uint32_t node_on_top(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  struct call_stack *stack = &cursor->stack;
  if (stack->depth == 0)
    return cursor_child(tree, cursor->base_node, tree->functions[function].frame);
  uint32_t top = stack->frames[stack->depth - 1].node;
  if (stack->depth > FOLD_MAX_DEPTH || cursor->opaque_depth)
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
  if (tree->functions[function].opaque && cursor->opaque_depth == 0 && cursor->stack.beyond == 0)
    cursor->opaque_depth = cursor->stack.depth;
}

// Takes the top frame off. Frames past the depth limit share a node, so the first stands for them in time; so does an
// opaque frame for what it hides.
static const struct call_frame *pop(struct cursor *cursor, struct fold_tree *tree)
{
  const struct call_frame *frame = call_stack_pop(&cursor->stack);
  uint32_t depth = cursor->stack.depth;
  if (tree->spans && depth <= FOLD_MAX_DEPTH && !is_hidden(cursor, depth + 1u))
    cursor_add_span(cursor, tree, frame->node, frame->start_ns);
  return frame;
}

static void end_top(struct cursor *cursor, struct fold_tree *tree)
{
  bool hidden = is_hidden(cursor, cursor->stack.depth);
  const struct call_frame *frame = pop(cursor, tree);
  if (frame->origin != CALL_SEEN || hidden)
    return;
  uint64_t length_ns = (uint64_t)cursor->last_ns - (uint64_t)frame->start_ns;
  if (cursor->stack.depth < FOLD_MAX_DEPTH)
    profile_builder_call_end(tree->builder, frame->node, length_ns);
  else
    profile_builder_call_length(tree->builder, tree->functions[frame->function].frame, length_ns);
}

// Ends the frames above the outermost `depth`: here and now, as far as their start was seen.
static void cut_to(struct cursor *cursor, struct fold_tree *tree, uint32_t depth)
{
  cursor->stack.beyond = 0;
  while (cursor->stack.depth > depth)
    end_top(cursor, tree);
  if (cursor->stack.depth < cursor->opaque_depth)
    cursor->opaque_depth = 0;
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

static void forget(struct cursor *cursor, struct fold_tree *tree, uint32_t base_node, bool open)
{
  cursor->stack.beyond = 0;
  while (cursor->stack.depth)
    pop(cursor, tree);
  cursor->opaque_depth = 0;
  cursor->on_floor = false;
  set_base(cursor, tree, base_node, open);
}

static void count_call(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  const struct call_stack *stack = &cursor->stack;
  if (is_hidden(cursor, stack->depth + stack->beyond))
    return;
  profile_builder_add(tree->builder, cursor_top_node(cursor, tree), 0, 1);
  if (stack->depth > FOLD_MAX_DEPTH)
    profile_builder_call_elsewhere(tree->builder, tree->functions[function].frame);
}

// What is not on the stack is then below all that can have ended, but still above an opaque frame.
static bool may_lie_further_out(const struct cursor *cursor)
{
  return cursor->open || cursor->opaque_depth;
}

// Makes `caller` the top (rules 7 and 9).
static void cut_to_caller(struct cursor *cursor, struct fold_tree *tree, uint32_t caller)
{
  uint32_t at = call_stack_find(&cursor->stack, &tree->budget, caller);
  if (at != CALL_STACK_NONE) {
    cut_to(cursor, tree, at + 1);
    return;
  }
  uint32_t depth = cursor->opaque_depth;
  if (!may_lie_further_out(cursor)) {
    // What was only inferred on top may have ended unseen: kept, the callers of a loop would pile up.
    for (depth = cursor->stack.depth; depth > 0 && cursor->stack.frames[depth - 1].origin == CALL_INFERRED;)
      depth--;
  }
  cut_to(cursor, tree, depth);
  push(cursor, tree, caller, CALL_INFERRED);
}

// A process that starts in a BIF (spawn/1 in erlang:apply/2) is in it before that is called.
static bool starts_with(const struct call_stack *stack, uint32_t function)
{
  return stack->depth == 1 && stack->frames[0].function == function && stack->frames[0].origin == CALL_FOUND;
}

// Is the function called in the place of what stands on the floor? `outermost`: it has no caller, and needs none.
static bool is_called_by_floor(struct cursor *cursor, const struct fold_tree *tree, uint32_t caller, bool outermost)
{
  if (!cursor->on_floor || outermost)
    return cursor->on_floor;
  return caller != FUNCTION_NONE && caller == cursor->floor && !cursor->stack.beyond &&
         call_stack_find(&cursor->stack, &tree->budget, caller) == CALL_STACK_NONE;
}

// The captured function's frame stays: it stands for the captured call, whatever that has ended in.
static void call_on_floor(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  cut_to(cursor, tree, 1);
  if (cursor->stack.frames[0].function != function)
    push(cursor, tree, function, CALL_SEEN);
}

void cursor_call(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  const struct fold_function *function = &tree->functions[event->function];
  struct call_stack *stack = &cursor->stack;
  bool nobody = event->caller == FUNCTION_NONE;
  bool outermost = nobody && (!function->native || starts_with(stack, event->function));
  uint32_t caller = function->raises ? FUNCTION_NONE : event->caller; // as far as it can be believed
  if (is_called_by_floor(cursor, tree, caller, outermost)) {
    call_on_floor(cursor, tree, event->function);
  } else if (stack->beyond && !outermost) {
    call_stack_call_beyond(stack, event->function, caller != FUNCTION_NONE ? caller : stack->beyond_top);
  } else {
    if (outermost) {
      cut_to(cursor, tree, 0);
      set_base(cursor, tree, cursor->root_node, false);
    } else if (caller != FUNCTION_NONE) {
      cut_to_caller(cursor, tree, caller);
    }
    push(cursor, tree, event->function, CALL_SEEN);
  }
  count_call(cursor, tree, event->function);
}

void cursor_return(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
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
  } else if (cursor->on_floor && (function == cursor->floor || stack->depth == 1)) {
    cut_to(cursor, tree, 1);
  } else if (stack->depth == 0 || stack->frames[stack->depth - 1].function != function) {
    // One that is not there was not traced: it was under the top, or further out.
    bool further_out = stack->depth == 0 || may_lie_further_out(cursor);
    cut_to(cursor, tree, further_out ? cursor->opaque_depth : stack->depth - 1);
    push(cursor, tree, function, CALL_INFERRED);
  }
}

// Was anything seen to be called that stands on the outermost `depth` frames? Of more than are looked at, it may have
// been.
static bool is_seen_above(const struct call_stack *stack, uint32_t depth)
{
  if (stack->depth - depth > UNSEEN_MAX)
    return true;
  for (uint32_t i = stack->depth; i > depth; i--) {
    if (stack->frames[i - 1].origin == CALL_SEEN)
      return true;
  }
  return false;
}

void cursor_wait_in(struct cursor *cursor, struct fold_tree *tree)
{
  struct call_stack *stack = &cursor->stack;
  if (stack->beyond || stack->depth == 0)
    return;
  uint32_t at = call_stack_find(stack, &tree->budget, cursor->waits_in);
  if (at != CALL_STACK_NONE) {
    if (is_seen_above(stack, at + 1))
      return;
    cut_to(cursor, tree, at + 1);
    cursor->waits_at = at == 0 && cursor->open ? CALL_STACK_NONE : at; // it may stand on something
    cursor->waits_on = at ? stack->frames[at - 1].function : FUNCTION_NONE;
  } else if (cursor->waits_at != CALL_STACK_NONE && cursor->waits_at <= stack->depth) {
    uint32_t on = cursor->waits_at ? stack->frames[cursor->waits_at - 1].function : FUNCTION_NONE;
    if (on != cursor->waits_on || (cursor->on_floor && cursor->waits_at == 0) || is_seen_above(stack, cursor->waits_at))
      return;
    cut_to(cursor, tree, cursor->waits_at);
    push(cursor, tree, cursor->waits_in, CALL_FOUND);
  }
}

void cursor_restack(struct cursor *cursor, struct fold_tree *tree, const uint32_t *functions, size_t count, bool cut)
{
  uint32_t base = cursor->root_node;
  if (cut)
    base = cursor_child(tree, base, tree->synthetic[FRAME_CUT]);
  forget(cursor, tree, base, cut);
  cursor_complete(cursor, tree, functions, count);
}

// What says nothing of the stack that is there leaves it alone: a captured call stands on its floor.
size_t cursor_keep(struct cursor *cursor, struct fold_tree *tree, const uint32_t *functions, size_t count)
{
  const struct call_stack *stack = &cursor->stack;
  if (count == 0 || stack->beyond || (cursor->on_floor && stack->frames[0].function != functions[0]))
    return count;
  uint32_t standing = 0;
  while (standing < count && standing < stack->depth && stack->frames[standing].function == functions[standing])
    standing++;
  cut_to(cursor, tree, standing);
  if (standing == 0)
    set_base(cursor, tree, cursor->root_node, false);
  return standing;
}

void cursor_complete(struct cursor *cursor, struct fold_tree *tree, const uint32_t *functions, size_t count)
{
  for (size_t i = 0; i < count; i++)
    push(cursor, tree, functions[i], CALL_FOUND);
}

void cursor_stack_sampled(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  const struct call_stack *stack = &cursor->stack;
  uint32_t base = cursor->root_node, same = 0;
  if (event->stack_cut)
    base = cursor_child(tree, base, tree->synthetic[FRAME_CUT]);
  if (base != cursor->base_node || stack->beyond || cursor->opaque_depth || cursor->on_floor)
    forget(cursor, tree, base, event->stack_cut);
  while (same < stack->depth && same < event->stack_size && stack->frames[same].function == event->stack[same])
    same++;
  cut_to(cursor, tree, same);
  for (size_t i = same; i < event->stack_size; i++)
    push(cursor, tree, event->stack[i], CALL_FOUND);
}

void cursor_stand_on_floor(struct cursor *cursor, struct fold_tree *tree, uint32_t function, uint32_t floor)
{
  forget(cursor, tree, cursor->root_node, false);
  cursor->on_floor = true;
  cursor->floor = floor;
  push(cursor, tree, function, CALL_SEEN);
  count_call(cursor, tree, function);
}

void cursor_learn_top(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  push(cursor, tree, function, CALL_FOUND);
  struct call_frame *frame = &cursor->stack.frames[0];
  struct absence_pieces *pieces = &cursor->pieces;
  if (pieces->count == 0 || cursor->stack.depth == 0)
    return;
  // The time that is not decided yet will be its own: the newest piece within its span, the others beside it.
  cursor_add_pieces(cursor, tree, pieces->count - 1, (struct span){.node = frame->node});
  frame->start_ns = pieces->start_ns[pieces->count - 1];
}

void cursor_end_frames(struct cursor *cursor, struct fold_tree *tree)
{
  cut_to(cursor, tree, 0);
}

void cursor_forget(struct cursor *cursor, struct fold_tree *tree, bool open)
{
  forget(cursor, tree, cursor->root_node, open);
}
