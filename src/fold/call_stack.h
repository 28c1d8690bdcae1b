// The stack of one BEAM process: its frames, and a way to find the nearest frame of a function from the top, or know
// that there is none, without walking the stack again and again.
#ifndef FLAMBEAU_FOLD_CALL_STACK_H
#define FLAMBEAU_FOLD_CALL_STACK_H

#include <stdbool.h>
#include <stdint.h>

#define CALL_STACK_NONE UINT32_MAX

// How we know of a frame.
enum call_origin {
  CALL_SEEN,     // its call was an event
  CALL_FOUND,    // nobody saw its call, but it is really there
  CALL_INFERRED, // named as a caller, or returned to: untraced, so its end may go unseen
};

struct call_frame {
  uint32_t function;
  uint32_t node;    // of the profile
  int64_t start_ns; // when it was pushed: its call, where that was seen
  enum call_origin origin;
  uint32_t below; // nearest lower frame of the same function, or CALL_STACK_NONE; of indexed frames only
  uint32_t slot;  // of the function, in `slots`; of indexed frames only
};

struct call_slot {
  uint32_t function; // 0: empty
  uint32_t nearest;  // its nearest indexed frame from the top, or CALL_STACK_NONE
};

struct call_stack {
  struct call_frame *frames;
  uint32_t depth;
  uint32_t capacity;
  uint32_t indexed;        // so many of the outermost frames are in `slots`
  struct call_slot *slots; // open addressing, at most half full; slots stay when their frames go
  uint32_t slots_used;
  unsigned slot_bits;
  uint64_t multiplier; // of the hash
  uint64_t beyond;     // frames on top of `frames` that were only counted
  uint32_t beyond_top; // the function of the last of them
  bool failed;         // no memory for the index: latched
};

// What the stacks of a fold share: how many more frames all of them may keep, and a secret of the hash.
struct call_stack_budget {
  uint64_t frames_left;
  uint64_t multiplier; // odd; 0: a fixed one
};

void call_stack_release(struct call_stack *stack, struct call_stack_budget *budget);

// Index of the nearest frame of `function` from the top, not counting the `skip` (0 or 1) topmost, or CALL_STACK_NONE.
uint32_t call_stack_find_deep(struct call_stack *stack, const struct call_stack_budget *budget, uint32_t function,
                              uint32_t skip);

static inline uint32_t call_stack_find(struct call_stack *stack, const struct call_stack_budget *budget,
                                       uint32_t function)
{
  if (stack->depth && stack->frames[stack->depth - 1].function == function)
    return stack->depth - 1;
  return call_stack_find_deep(stack, budget, function, 0);
}

// The same, not counting the top frame.
static inline uint32_t call_stack_find_below_top(struct call_stack *stack, const struct call_stack_budget *budget,
                                                 uint32_t function)
{
  if (stack->depth > 1 && stack->frames[stack->depth - 2].function == function)
    return stack->depth - 2;
  return call_stack_find_deep(stack, budget, function, 1);
}

// A stack that is too deep to be kept only counts the frame. False when there is no memory for the outermost
// FOLD_MAX_DEPTH frames.
bool call_stack_push(struct call_stack *stack, struct call_stack_budget *budget, uint32_t function, uint32_t node,
                     int64_t start_ns, enum call_origin origin);
// The frame that was on top; valid until the next push. The stack must have a kept frame on top.
const struct call_frame *call_stack_pop(struct call_stack *stack);

// The same moves among frames that are only counted (`beyond` is not 0): only their top and number are known.
void call_stack_call_beyond(struct call_stack *stack, uint32_t function, uint32_t caller);
void call_stack_return_beyond(struct call_stack *stack, uint32_t function);

#endif
