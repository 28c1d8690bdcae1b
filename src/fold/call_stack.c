// Frames in an array. What is looked for is nearly always among the topmost, so those are compared one by one; the
// frames below get into an index, a hash from function to nearest frame, when a search first goes past NEAR frames, and
// leave it when they are popped. Each frame is indexed once at most, so no sequence of events makes a search slow.
//
// Invariant: following `nearest` and then `below` meets every indexed frame of a function once, from the top down; the
// indexed frames are the outermost ones.
//
// The sender of the events chooses the function ids, so the hash has a multiplier that it does not know.
#include "call_stack.h"

#include <stdlib.h>

#include "fold/fold.h"

#define MAX_KEPT_FRAMES ((uint32_t)1 << 22) // of one stack
#define FIRST_FRAMES 8u
#define NEAR 24u
#define FIRST_SLOT_BITS 5
#define MAX_SLOT_BITS 24
#define FIXED_MULTIPLIER 0x9e3779b97f4a7c15u

void call_stack_release(struct call_stack *stack, struct call_stack_budget *budget)
{
  budget->frames_left += stack->capacity;
  free(stack->frames);
  free(stack->slots);
  *stack = (struct call_stack){0};
}

static uint32_t slot_for(const struct call_stack *stack, uint32_t function)
{
  uint32_t mask = ((uint32_t)1 << stack->slot_bits) - 1;
  uint32_t i = (uint32_t)(function * stack->multiplier >> (64 - stack->slot_bits));
  while (stack->slots[i].function != 0 && stack->slots[i].function != function)
    i = (i + 1) & mask;
  return i;
}

static bool grow_slots(struct call_stack *stack, const struct call_stack_budget *budget)
{
  unsigned bits = stack->slots ? stack->slot_bits + 1 : FIRST_SLOT_BITS;
  struct call_slot *old = stack->slots;
  uint32_t old_count = old ? (uint32_t)1 << stack->slot_bits : 0;
  struct call_slot *slots = bits > MAX_SLOT_BITS ? NULL : calloc((size_t)1 << bits, sizeof *slots);
  if (!slots)
    return false;
  stack->slots = slots;
  stack->slot_bits = bits;
  stack->multiplier = budget->multiplier ? budget->multiplier : FIXED_MULTIPLIER;
  stack->slots_used = 0;
  for (uint32_t i = 0; i < old_count; i++) {
    if (old[i].function != 0 && old[i].nearest != CALL_STACK_NONE) { // functions that left the stack are forgotten
      slots[slot_for(stack, old[i].function)] = old[i];
      stack->slots_used++;
    }
  }
  for (uint32_t i = 0; i < stack->indexed; i++)
    stack->frames[i].slot = slot_for(stack, stack->frames[i].function);
  free(old);
  return true;
}

static bool index_up_to(struct call_stack *stack, const struct call_stack_budget *budget, uint32_t end)
{
  for (; stack->indexed < end; stack->indexed++) {
    bool full = !stack->slots || stack->slots_used * 2 >= (uint32_t)1 << stack->slot_bits;
    if (full && !grow_slots(stack, budget))
      return false;
    struct call_frame *frame = &stack->frames[stack->indexed];
    frame->slot = slot_for(stack, frame->function);
    struct call_slot *slot = &stack->slots[frame->slot];
    if (slot->function == 0) {
      *slot = (struct call_slot){.function = frame->function, .nearest = CALL_STACK_NONE};
      stack->slots_used++;
    }
    frame->below = slot->nearest;
    slot->nearest = stack->indexed;
  }
  return true;
}

uint32_t call_stack_find_deep(struct call_stack *stack, const struct call_stack_budget *budget, uint32_t function,
                              uint32_t skip)
{
  if (stack->depth <= skip)
    return CALL_STACK_NONE;
  uint32_t end = stack->depth - skip;
  uint32_t near = end > stack->indexed + NEAR ? end - NEAR : stack->indexed;
  for (uint32_t i = end; i > near; i--) {
    if (stack->frames[i - 1].function == function)
      return i - 1;
  }
  if (near > stack->indexed && !index_up_to(stack, budget, near)) {
    stack->failed = true;
    return CALL_STACK_NONE;
  }
  const struct call_slot *slot = stack->indexed ? &stack->slots[slot_for(stack, function)] : NULL;
  uint32_t nearest = slot && slot->function ? slot->nearest : CALL_STACK_NONE;
  while (nearest != CALL_STACK_NONE && nearest >= end)
    nearest = stack->frames[nearest].below;
  return nearest;
}

static bool grow_frames(struct call_stack *stack, struct call_stack_budget *budget)
{
  uint32_t more = stack->capacity ? stack->capacity : FIRST_FRAMES;
  if (stack->capacity >= MAX_KEPT_FRAMES || budget->frames_left < more)
    return false;
  struct call_frame *frames = realloc(stack->frames, ((size_t)stack->capacity + more) * sizeof *frames);
  if (!frames)
    return false;
  budget->frames_left -= more;
  stack->frames = frames;
  stack->capacity += more;
  return true;
}

bool call_stack_push(struct call_stack *stack, struct call_stack_budget *budget, uint32_t function, uint32_t node,
                     int64_t start_ns, enum call_origin origin)
{
  if (stack->beyond || (stack->depth == stack->capacity && !grow_frames(stack, budget))) {
    if (stack->depth <= FOLD_MAX_DEPTH)
      return false;
    stack->beyond++;
    stack->beyond_top = function;
    return !stack->failed;
  }
  stack->frames[stack->depth++] =
      (struct call_frame){.function = function, .node = node, .start_ns = start_ns, .origin = origin};
  return !stack->failed;
}

const struct call_frame *call_stack_pop(struct call_stack *stack)
{
  const struct call_frame *top = &stack->frames[--stack->depth];
  if (stack->depth < stack->indexed) {
    stack->indexed = stack->depth;
    stack->slots[top->slot].nearest = top->below;
  }
  return top;
}

void call_stack_call_beyond(struct call_stack *stack, uint32_t function, uint32_t caller)
{
  if (caller == stack->beyond_top)
    stack->beyond++;
  stack->beyond_top = function;
}

void call_stack_return_beyond(struct call_stack *stack, uint32_t function)
{
  stack->beyond--;
  stack->beyond_top = function;
}
