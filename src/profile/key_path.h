// A walk through the stacks of a profile goes along a path in a tree that is made of them meanwhile. It may go back to
// a node of the path: each node has a key, which no other one on the path to it has, and a key that is on the path
// already leads back there. Here it is found in constant time, however deep the stacks are.
#ifndef FLAMBEAU_PROFILE_KEY_PATH_H
#define FLAMBEAU_PROFILE_KEY_PATH_H

#include "profile/stack_walk.h"

struct key_path {
  struct stack_walk walk;
  uint32_t *marked;            // of each key: the node of it that was entered last
  uint32_t *depths;            // of each node
  uint32_t *path;              // of each depth: the node that was entered last
  struct key_path_step *steps; // that the walk has not left
  size_t step_count;
};

// For so many keys and nodes, the root's 0 included. 0, or -1 with ERROR_MEMORY.
int key_path_init(struct key_path *path, const struct profile *profile, size_t keys, size_t nodes, struct error *err);
void key_path_release(struct key_path *path); // a zeroed one is fine

// On to the next stack of the walk: `walk.node`, leaving what it does not lie on. False after the last.
bool key_path_next(struct key_path *path);
// The node with this key on the path to `above`, itself included; 0 when there is none.
uint32_t key_path_find(const struct key_path *path, uint32_t above, uint32_t key);
// The stack of the walk is at `node`, a child of `above` with this key.
void key_path_enter(struct key_path *path, uint32_t above, uint32_t node, uint32_t key);

#endif
