// Frames in time, for a chart: as many as fit, the longest ones.
#ifndef FLAMBEAU_FOLD_SPAN_LIST_H
#define FLAMBEAU_FOLD_SPAN_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum span_kind {
  SPAN_FRAME,   // of `node`
  SPAN_BRIEF,   // out while `node` was on top of the stack, not decided yet: struct undecided
  SPAN_LASTING, // the same
};

struct span {
  int64_t start_ns;
  uint64_t width_ns;
  uint32_t process;
  uint32_t node;
  uint32_t function; // of one that is not decided
  enum span_kind kind;
};

struct span_list {
  struct span *items;
  size_t count;
  size_t capacity;
  size_t limit;             // never more than twice as many are kept, and no more than that when trimmed
  uint64_t longest_gone_ns; // those as long as this, or shorter, are left out, because there were too many; 0: none
};

void span_list_release(struct span_list *list);
// One that is too short is left out. False when out of memory.
bool span_list_add(struct span_list *list, const struct span *span);
// Leaves out the shortest until no more than `limit` are left. False when out of memory.
bool span_list_trim(struct span_list *list);

#endif
