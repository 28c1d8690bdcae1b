// Enters: a finished profile. Leaves: the boxes of a flame graph, in the weight's own unit; sums are exact.
//
// A box begins where its parent begins, after the siblings before it; a parent's own weight is the room to the right
// of its children. So for the profile (own weights in brackets)
//
//     all [0] ─┬─ a:f/0 [2] ─┬─ b:g/0 [3]           row 0  |all               10|
//              │             └─ c:h/0 [1]           row 1  |a:f/0   6|d:i/0    4|
//              └─ d:i/0 [4] ─── e:j/0 [0]           row 2  |b:g/0 3|h 1|
//
//     box    start  width  row  own                 e:j/0 weighs nothing: no box.
//     all        0     10    0    0                 With min_share 0.2 only what is at least 2 wide stays: c:h/0 is
//     a:f/0      0      6    1    2                 left out (left_out = 1), the others stay where they are.
//     d:i/0      6      4    1    4
//     b:g/0      0      3    2    3
//     c:h/0      3      1    2    1
//
// A child is never wider than its parent, so a box that stays has all its ancestors. Trees may be as deep as the
// input likes: walks go along the links between nodes, never down our own stack.
#include "placing.h"

#include <stdlib.h>

// State of one walk: the weight of each node with all beneath it, and where it begins.
struct walk {
  const struct profile *profile;
  enum weight weight;
  uint64_t *width;
  uint64_t *start;
  uint64_t *tracing; // taken out of the width; NULL where nothing was
};

// The next node in depth-first order with parents first; 0 after the last. `*row` follows.
static uint32_t next_node(const struct profile_node *nodes, uint32_t node, uint32_t *row)
{
  if (nodes[node].first_child != 0) {
    ++*row;
    return nodes[node].first_child;
  }
  while (node != 0 && nodes[node].next_sibling == 0) {
    node = nodes[node].parent;
    --*row;
  }
  return node == 0 ? 0 : nodes[node].next_sibling;
}

static int sum_widths(struct walk *walk, struct error *err)
{
  const struct profile_node *nodes = walk->profile->nodes;
  for (size_t i = 0; i < walk->profile->node_count; i++)
    walk->width[i] = profile_own_weight(walk->profile, (uint32_t)i, walk->weight);
  // Children before parents: down to the first leaf, then sibling by sibling, up when there is none left.
  uint32_t node = 0;
  while (nodes[node].first_child != 0)
    node = nodes[node].first_child;
  while (node != 0) {
    uint32_t parent = nodes[node].parent;
    if (__builtin_add_overflow(walk->width[parent], walk->width[node], &walk->width[parent]))
      return error_set(err, ERROR_DATA, "the weights add up to more than 64 bits can hold");
    if (nodes[node].next_sibling == 0) {
      node = parent;
      continue;
    }
    node = nodes[node].next_sibling;
    while (nodes[node].first_child != 0)
      node = nodes[node].first_child;
  }
  return 0;
}

// Nodes are in preorder. All together it is no more than fits 64 bits: it was the profile's.
static void sum_tracing(struct walk *walk)
{
  for (size_t i = walk->profile->node_count; walk->tracing && i-- > 0;) {
    walk->tracing[i] += profile_own_tracing(walk->profile, (uint32_t)i, walk->weight);
    if (i > 0)
      walk->tracing[walk->profile->nodes[i].parent] += walk->tracing[i];
  }
}

static void find_starts(struct walk *walk)
{
  const struct profile_node *nodes = walk->profile->nodes;
  uint32_t row = 0, parent = 0;
  walk->start[0] = 0;
  do {
    uint64_t at = walk->start[parent];
    for (uint32_t child = nodes[parent].first_child; child != 0; child = nodes[child].next_sibling) {
      walk->start[child] = at;
      at += walk->width[child];
    }
    parent = next_node(nodes, parent, &row);
  } while (parent != 0);
}

// The row past the last one holds one box per parent: its children and all beneath them, as one.
static struct box deeper_box(const struct walk *walk, uint32_t first, uint32_t row)
{
  const struct profile_node *nodes = walk->profile->nodes;
  struct box box = {.start = walk->start[first], .row = row, .node = first, .deeper = true};
  for (uint32_t node = first; node != 0; node = nodes[node].next_sibling) {
    box.width += walk->width[node];
    box.tracing += walk->tracing ? walk->tracing[node] : 0;
  }
  box.own = box.width;
  return box;
}

// Puts every box to be drawn, in depth-first order.
static void put_boxes(const struct walk *walk, struct placing *placing)
{
  const struct profile_node *nodes = walk->profile->nodes;
  uint32_t node = 0, row = 0;
  do {
    bool deeper = row == LAYOUT_MAX_ROWS && node == nodes[nodes[node].parent].first_child;
    if (deeper)
      placing_put(placing, deeper_box(walk, node, row));
    else if (row < LAYOUT_MAX_ROWS)
      placing_put(placing, (struct box){.start = walk->start[node],
                                        .width = walk->width[node],
                                        .row = row,
                                        .node = node,
                                        .tracing = walk->tracing ? walk->tracing[node] : 0,
                                        .own = profile_own_weight(walk->profile, node, walk->weight)});
    node = next_node(nodes, node, &row);
  } while (node != 0);
}

static int place(struct walk *walk, struct layout *layout, double min_share, struct error *err)
{
  struct placing placing;
  if (sum_widths(walk, err) < 0)
    return -1;
  if (walk->width[0] == 0)
    return error_set(err, ERROR_EMPTY,
                     "nothing to draw: the input weighs nothing in this weight; try another --weight");
  sum_tracing(walk);
  find_starts(walk);
  placing_init(&placing, layout, walk->width[0], min_share);
  put_boxes(walk, &placing);
  if (placing_store(&placing, err) < 0)
    return -1;
  put_boxes(walk, &placing);
  return 0;
}

int graph_place(struct layout *layout, const struct profile *profile, const struct layout_options *options,
                struct error *err)
{
  struct walk walk = {
      .profile = profile,
      .weight = options->weight,
      .width = calloc(profile->node_count, sizeof *walk.width),
      .start = calloc(profile->node_count, sizeof *walk.start),
      .tracing = profile->tracing ? calloc(profile->node_count, sizeof *walk.tracing) : NULL,
  };
  bool whole = walk.width != NULL && walk.start != NULL && (walk.tracing != NULL || !profile->tracing);
  int status = whole ? place(&walk, layout, options->min_share, err)
                     : error_set(err, ERROR_MEMORY, "out of memory for the layout of %zu stacks", profile->node_count);
  free(walk.width);
  free(walk.start);
  free(walk.tracing);
  return status;
}
