// What stands on what, for cursor.c: it knows what an event means, and has the frames moved here.
#ifndef FLAMBEAU_FOLD_STACKING_H
#define FLAMBEAU_FOLD_STACKING_H

#include "cursor.h"

// A call (rules 7 and 9), a return (rule 8).
void cursor_call(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event);
void cursor_return(struct cursor *cursor, struct fold_tree *tree, uint32_t function);

// The process waits in its `waits_in`. Of what stands on that nothing may have been seen to be called: its end would
// have been. Where it is not on the stack it stands on what it stood on before, if that is there.
void cursor_wait_in(struct cursor *cursor, struct fold_tree *tree);

// The stack is these functions now, outermost first; `cut`: they stand on others that are not known.
void cursor_restack(struct cursor *cursor, struct fold_tree *tree, const uint32_t *functions, size_t count, bool cut);
// In mid-trace the stack is found to be these functions, outermost first: what is not among them ends. How many of them
// stand.
size_t cursor_keep(struct cursor *cursor, struct fold_tree *tree, const uint32_t *functions, size_t count);
// These stand on it, which nobody saw being called.
void cursor_complete(struct cursor *cursor, struct fold_tree *tree, const uint32_t *functions, size_t count);
// The stack is that of a sample now: as a stack that is read, but the frames that both have stay.
void cursor_stack_sampled(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event);
// The stack is one function now, which was called here by `floor`, and stays the outermost until it is told otherwise.
void cursor_stand_on_floor(struct cursor *cursor, struct fold_tree *tree, uint32_t function, uint32_t floor);
// Nothing was known of the stack; now that `function` is its top.
void cursor_learn_top(struct cursor *cursor, struct fold_tree *tree, uint32_t function);

// All frames ended here and now, as far as their start was seen.
void cursor_end_frames(struct cursor *cursor, struct fold_tree *tree);
// The frames did not end: they are unknown from here on. `open`: there may be others.
void cursor_forget(struct cursor *cursor, struct fold_tree *tree, bool open);

#endif
