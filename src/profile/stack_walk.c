// A profile in, its stacks out. Nodes lie in the profile in preorder, so the next stack ends in the next node; what it
// has in common with the one before are the nodes down to its parent:
//
//     all ─┬─ a ─┬─ b        node   1    2    3    4
//          │     └─ c        stack  a    a b  a c  d
//          └─ d
#include "profile/stack_walk.h"

#include <stdlib.h>

#include "profile/profile.h"

static size_t deepest(const struct profile *profile)
{
  size_t depth = 0, most = 0;
  for (uint32_t node = 1, above = 0; node < profile->node_count; above = node++) {
    for (; above != profile->nodes[node].parent; above = profile->nodes[above].parent)
      depth--;
    most = ++depth > most ? depth : most;
  }
  return most;
}

int stack_walk_init(struct stack_walk *walk, const struct profile *profile, struct error *err)
{
  size_t most = deepest(profile);
  *walk = (struct stack_walk){.profile = profile, .depth_max = most, .nodes = calloc(most + 1, sizeof *walk->nodes)};
  return walk->nodes ? 0 : error_set(err, ERROR_MEMORY, "out of memory for stacks of %zu frames", most);
}

void stack_walk_release(struct stack_walk *walk)
{
  free(walk->nodes);
  *walk = (struct stack_walk){0};
}

bool stack_walk_next(struct stack_walk *walk)
{
  if (++walk->node >= walk->profile->node_count) {
    walk->node = 0;
    walk->depth = 0;
    return false;
  }
  uint32_t parent = walk->profile->nodes[walk->node].parent;
  while (walk->depth > 0 && walk->nodes[walk->depth - 1] != parent)
    walk->depth--;
  walk->nodes[walk->depth++] = walk->node;
  return true;
}
