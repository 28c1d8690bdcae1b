// Which time is whose, for cursor.c: it moves the stack, and asks here for the time that each event ends.
#ifndef FLAMBEAU_FOLD_BILLING_H
#define FLAMBEAU_FOLD_BILLING_H

#include <stdint.h>

#include "cursor.h"

// The child of node `parent` for `frame`; `parent` itself when there is no room, which is latched.
uint32_t cursor_child(struct fold_tree *tree, uint32_t parent, uint32_t frame);

// Bills the time since the last event to what that event left behind (rule 1). This one has not been applied yet.
void cursor_advance(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event);

// An event came that shows the process running; it was scheduled in; a collection is over.
void cursor_came_in(struct cursor *cursor, struct fold_tree *tree);
void cursor_scheduled_in(struct cursor *cursor, struct fold_tree *tree);
void cursor_stop_collecting(struct cursor *cursor, struct fold_tree *tree);
// The process's time ends here, or nothing is known from here on: no event will show what it did last.
void cursor_settle_at_end(struct cursor *cursor, struct fold_tree *tree);
// What is pending was an absence of that kind, or none.
void cursor_settle(struct cursor *cursor, struct fold_tree *tree, enum absence absence);
// Somebody looked at it.
void cursor_look(struct cursor *cursor, const struct trace_event *event);

// For charts; nothing where no spans are asked for. `node` lay on the stack from `start_ns` until now.
void cursor_add_span(const struct cursor *cursor, struct fold_tree *tree, uint32_t node, int64_t start_ns);
// The `count` oldest pieces of the pending time, each as `span`: of its node, or not decided yet.
void cursor_add_pieces(const struct cursor *cursor, struct fold_tree *tree, unsigned count, struct span span);

#endif
