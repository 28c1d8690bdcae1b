// Every stack of a profile in turn, each a frame longer than, or a branch of, the one before.
#ifndef FLAMBEAU_PROFILE_STACK_WALK_H
#define FLAMBEAU_PROFILE_STACK_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct profile;

struct stack_walk {
  const struct profile *profile; // borrowed
  uint32_t *nodes;               // owned: the stack, outermost first
  size_t depth;                  // how many they are; 0 before the first stack
  size_t depth_max;              // of the deepest stack
  uint32_t node;                 // the innermost of them
};

// 0, or -1 with ERROR_MEMORY. Before the first stack.
int stack_walk_init(struct stack_walk *walk, const struct profile *profile, struct error *err);
void stack_walk_release(struct stack_walk *walk);

// On to the next stack: nodes in their order, callers before callees. False after the last; then it begins anew.
bool stack_walk_next(struct stack_walk *walk);

#endif
