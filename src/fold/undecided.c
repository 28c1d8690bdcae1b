// An array by node: nodes are dense, and those that a process goes out at are few and early.
#include "undecided.h"

#include <stdlib.h>
#include <string.h>

void undecided_release(struct undecided *undecided)
{
  free(undecided->by_node);
  *undecided = (struct undecided){0};
}

bool undecided_add(struct undecided *undecided, uint32_t node, uint32_t function, bool brief, uint64_t length_ns)
{
  if (node >= undecided->capacity) {
    uint32_t capacity = node + node / 2 + 64;
    struct undecided_time *grown = realloc(undecided->by_node, capacity * sizeof *grown);
    if (!grown)
      return false;
    memset(grown + undecided->capacity, 0, (capacity - undecided->capacity) * sizeof *grown);
    undecided->by_node = grown;
    undecided->capacity = capacity;
  }
  struct undecided_time *time = &undecided->by_node[node];
  time->function = function;
  uint64_t *sum_ns = brief ? &time->brief_ns : &time->long_ns;
  return !__builtin_add_overflow(*sum_ns, length_ns, sum_ns);
}
