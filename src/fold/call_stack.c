// Frames in an array, and a hash from function to its nearest frame; each frame remembers the next lower one of its
// function. Invariant: following `nearest` and then `below` meets every frame of a function once, from the top down.
//
// The sender of the events chooses the function ids, so the hash has a multiplier that it does not know.
#include "call_stack.h"

#include <stdlib.h>

#include "fold/fold.h"

#define MAX_KEPT_FRAMES ((uint32_t)1 << 22) // of one stack
#define FIRST_FRAMES 8u
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

uint32_t call_stack_find(const struct call_stack *stack, uint32_t function)
{
  if (stack->depth == 0)
    return CALL_STACK_NONE;
  if (stack->frames[stack->depth - 1].function == function)
    return stack->depth - 1;
  if (stack->depth > 1 && stack->frames[stack->depth - 2].function == function)
    return stack->depth - 2;
  const struct call_slot *slot = &stack->slots[slot_for(stack, function)];
  return slot->function ? slot->nearest : CALL_STACK_NONE;
}

uint32_t call_stack_find_below_top(const struct call_stack *stack, uint32_t function)
{
  if (stack->depth == 0)
    return CALL_STACK_NONE;
  const struct call_frame *top = &stack->frames[stack->depth - 1];
  return top->function == function ? top->below : call_stack_find(stack, function);
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
  for (uint32_t i = 0; i < stack->depth; i++)
    stack->frames[i].slot = slot_for(stack, stack->frames[i].function);
  free(old);
  return true;
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
                     int64_t start_ns)
{
  if (stack->beyond || (stack->depth == stack->capacity && !grow_frames(stack, budget))) {
    if (stack->depth <= FOLD_MAX_DEPTH)
      return false;
    stack->beyond++;
    stack->beyond_top = function;
    return true;
  }
  if ((!stack->slots || stack->slots_used * 2 >= (uint32_t)1 << stack->slot_bits) && !grow_slots(stack, budget))
    return false;
  uint32_t i = slot_for(stack, function);
  struct call_slot *slot = &stack->slots[i];
  if (slot->function == 0) {
    *slot = (struct call_slot){.function = function, .nearest = CALL_STACK_NONE};
    stack->slots_used++;
  }
  stack->frames[stack->depth] =
      (struct call_frame){.function = function, .node = node, .below = slot->nearest, .slot = i, .start_ns = start_ns};
  slot->nearest = stack->depth++;
  return true;
}

const struct call_frame *call_stack_pop(struct call_stack *stack)
{
  const struct call_frame *top = &stack->frames[--stack->depth];
  stack->slots[top->slot].nearest = top->below;
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
