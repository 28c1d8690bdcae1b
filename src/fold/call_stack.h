// The stack of one BEAM process: its frames, and for every function on it the nearest frame from the top, so that a
// caller is found, or known to be absent, without walking the stack.
#ifndef FLAMBEAU_FOLD_CALL_STACK_H
#define FLAMBEAU_FOLD_CALL_STACK_H

#include <stdbool.h>
#include <stdint.h>

#define CALL_STACK_NONE UINT32_MAX
#define CALL_STACK_UNTIMED INT64_MIN        // nobody saw its call, but it is really there
#define CALL_STACK_INFERRED (INT64_MIN + 1) // named as a caller, or returned to: untraced, so its end may go unseen

struct call_frame {
  uint32_t function;
  uint32_t node;        // of the profile
  uint32_t below;       // nearest lower frame of the same function, or CALL_STACK_NONE
  uint32_t slot;        // of the function, in `slots`
  int64_t start_ns;     // when it was called, or one of the above
  uint32_t callee;      // the function that last lay on this frame (0: none yet), and its node:
  uint32_t callee_node; // loops call the same one again and again
};

struct call_slot {
  uint32_t function; // 0: empty
  uint32_t nearest;  // its nearest frame from the top, or CALL_STACK_NONE
};

struct call_stack {
  struct call_frame *frames;
  uint32_t depth;
  uint32_t capacity;
  struct call_slot *slots; // open addressing, at most half full; slots stay when their frames go
  uint32_t slots_used;
  unsigned slot_bits;
  uint64_t multiplier; // of the hash
  uint64_t beyond;     // frames on top of `frames` that were only counted
  uint32_t beyond_top; // the function of the last of them
};

// What the stacks of a fold share: how many more frames all of them may keep, and a secret of the hash.
struct call_stack_budget {
  uint64_t frames_left;
  uint64_t multiplier; // odd; 0: a fixed one
};

void call_stack_release(struct call_stack *stack, struct call_stack_budget *budget);

// Index of the nearest frame of `function` from the top, or CALL_STACK_NONE.
uint32_t call_stack_find(const struct call_stack *stack, uint32_t function);
// The same, not counting the top frame.
uint32_t call_stack_find_below_top(const struct call_stack *stack, uint32_t function);

// A stack that is too deep to be kept only counts the frame. False when there is no memory for the outermost
// FOLD_MAX_DEPTH frames.
bool call_stack_push(struct call_stack *stack, struct call_stack_budget *budget, uint32_t function, uint32_t node,
                     int64_t start_ns);
// The frame that was on top; valid until the next push. The stack must have a kept frame on top.
const struct call_frame *call_stack_pop(struct call_stack *stack);

// The same moves among frames that are only counted (`beyond` is not 0): only their top and number are known.
void call_stack_call_beyond(struct call_stack *stack, uint32_t function, uint32_t caller);
void call_stack_return_beyond(struct call_stack *stack, uint32_t function);

#endif
