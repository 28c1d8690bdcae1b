// Invariant: of the nodes with a key, only the one that was entered last can be on the path. While it is on it, no
// other is entered; when the path goes back to a node above it, so does whatever was entered before and left since.
#include "key_path.h"

#include <stdlib.h>

#include "profile/profile.h"

// What entering a node has overwritten.
struct key_path_step {
  size_t walk_depth;
  uint32_t key, marked;
  uint32_t depth, node;
};

int key_path_init(struct key_path *path, const struct profile *profile, size_t keys, size_t nodes, struct error *err)
{
  *path = (struct key_path){0};
  if (stack_walk_init(&path->walk, profile, err) < 0)
    return -1;
  size_t depth = path->walk.depth_max + 1;
  path->marked = calloc(keys + 1, sizeof *path->marked);
  path->depths = calloc(nodes + 1, sizeof *path->depths);
  path->path = calloc(depth, sizeof *path->path);
  path->steps = calloc(depth, sizeof *path->steps);
  if (path->marked && path->depths && path->path && path->steps)
    return 0;
  key_path_release(path);
  return error_set(err, ERROR_MEMORY, "out of memory for stacks of %zu frames", depth - 1);
}

void key_path_release(struct key_path *path)
{
  stack_walk_release(&path->walk);
  free(path->marked);
  free(path->depths);
  free(path->path);
  free(path->steps);
  *path = (struct key_path){0};
}

bool key_path_next(struct key_path *path)
{
  bool more = stack_walk_next(&path->walk);
  while (path->step_count > 0 && (!more || path->steps[path->step_count - 1].walk_depth >= path->walk.depth)) {
    const struct key_path_step *step = &path->steps[--path->step_count];
    path->path[step->depth] = step->node;
    path->marked[step->key] = step->marked;
  }
  return more;
}

uint32_t key_path_find(const struct key_path *path, uint32_t above, uint32_t key)
{
  uint32_t node = path->marked[key], depth = path->depths[node];
  return depth <= path->depths[above] && path->path[depth] == node ? node : 0;
}

void key_path_enter(struct key_path *path, uint32_t above, uint32_t node, uint32_t key)
{
  uint32_t depth = path->depths[above] + 1;
  path->steps[path->step_count++] =
      (struct key_path_step){path->walk.depth, key, path->marked[key], depth, path->path[depth]};
  path->depths[node] = depth;
  path->path[depth] = node;
  path->marked[key] = node;
}
