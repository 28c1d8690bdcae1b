// An array by node: nodes are dense, and those that a process goes out at are few and early.
#include "undecided.h"

#include <stdlib.h>
#include <string.h>

void undecided_release(struct undecided *undecided)
{
  free(undecided->by_node);
  *undecided = (struct undecided){0};
}

bool absence_add(struct profile_absence *absence, uint64_t count, uint64_t total_ns, uint64_t max_ns)
{
  absence->count += count;
  if (max_ns > absence->max_ns)
    absence->max_ns = max_ns;
  return !__builtin_add_overflow(absence->total_ns, total_ns, &absence->total_ns);
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
  return absence_add(brief ? &time->brief : &time->lasting, 1, length_ns, length_ns);
}
