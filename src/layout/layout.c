// Enters: a finished profile. Leaves: boxes by row, then from left to right, in the weight's own unit; sums are exact.
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
#include "layout/layout.h"

#include <math.h>
#include <stdlib.h>

#include "palette.h"

// State of one walk: the weight of each node with all beneath it, and where it begins.
struct walk {
  const struct profile *profile;
  uint64_t *width;
  uint64_t *start;
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

static int sum_widths(struct walk *walk, enum weight weight, struct error *err)
{
  const struct profile_node *nodes = walk->profile->nodes;
  for (size_t i = 0; i < walk->profile->node_count; i++)
    walk->width[i] = profile_own_weight(walk->profile, (uint32_t)i, weight);
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

static void place(struct walk *walk)
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
  for (uint32_t node = first; node != 0; node = nodes[node].next_sibling)
    box.width += walk->width[node];
  box.own = box.width;
  return box;
}

// Calls for every box to be drawn, in depth-first order, `boxes[(*at of its row)++] = box`.
// With `boxes` NULL only counts into `at`.
static void emit(const struct walk *walk, struct layout *layout, uint64_t min_width, size_t *at, struct box *boxes)
{
  const struct profile_node *nodes = walk->profile->nodes;
  uint32_t node = 0, row = 0;
  layout->left_out = 0;
  do {
    bool deeper = row == LAYOUT_MAX_ROWS && node == nodes[nodes[node].parent].first_child;
    struct box box = {.start = walk->start[node], .width = walk->width[node], .row = row, .node = node};
    if (deeper)
      box = deeper_box(walk, node, row);
    if (row <= LAYOUT_MAX_ROWS && (deeper || row < LAYOUT_MAX_ROWS) && box.width > 0) {
      if (box.width < min_width)
        layout->left_out++;
      else if (boxes == NULL)
        at[row]++;
      else
        boxes[at[row]++] = box;
    }
    node = next_node(nodes, node, &row);
  } while (node != 0);
}

static void color_boxes(struct layout *layout, const struct profile *profile, enum weight weight,
                        const struct palette *palette)
{
  palette_kinds used = 0;
  layout->boxes[0].color = PALETTE_ROOT_COLOR;
  for (size_t i = 1; i < layout->box_count; i++) {
    struct box *box = &layout->boxes[i];
    const struct profile_frame *frame = &profile->frames[profile->nodes[box->node].frame];
    box->color = box->deeper ? palette_deeper_color(palette) : palette_color(palette, frame);
    used |= box->deeper ? palette_kind_deeper() : palette_kind(frame);
    if (!box->deeper)
      box->own = profile_own_weight(profile, box->node, weight);
  }
  palette_legend(palette, used, layout);
}

static int fill(struct layout *layout, struct walk *walk, const struct layout_options *options,
                const struct palette *palette, struct error *err)
{
  if (sum_widths(walk, options->weight, err) < 0)
    return -1;
  layout->total = walk->width[0];
  if (layout->total == 0)
    return error_set(err, ERROR_EMPTY,
                     "nothing to draw: the input weighs nothing in this weight; try another --weight");
  place(walk);

  uint64_t min_width = 1;
  if (options->min_share > 0)
    min_width = options->min_share >= 1 ? layout->total : (uint64_t)ceil(options->min_share * (double)layout->total);
  size_t at[LAYOUT_MAX_ROWS + 1] = {0};
  emit(walk, layout, min_width, at, NULL);
  for (size_t row = 0; row <= LAYOUT_MAX_ROWS; row++) {
    size_t in_row = at[row];
    at[row] = layout->box_count;
    layout->box_count += in_row;
    if (in_row > 0)
      layout->row_count = (uint32_t)row + 1;
  }
  layout->boxes = calloc(layout->box_count, sizeof *layout->boxes);
  if (layout->boxes == NULL)
    return error_set(err, ERROR_MEMORY, "out of memory for the %zu boxes of the picture", layout->box_count);
  emit(walk, layout, min_width, at, layout->boxes);
  color_boxes(layout, walk->profile, options->weight, palette);
  return 0;
}

struct layout *layout_new(const struct profile *profile, const struct layout_options *options, struct error *err)
{
  const struct palette *palette = palette_by_name(options->palette);
  if (palette == NULL) {
    error_set(err, ERROR_USAGE, "there are no colors named '%s'; choose one of %s", options->palette,
              layout_palettes());
    return NULL;
  }
  struct layout *layout = calloc(1, sizeof *layout);
  struct walk walk = {
      .profile = profile,
      .width = calloc(profile->node_count, sizeof *walk.width),
      .start = calloc(profile->node_count, sizeof *walk.start),
  };
  int status = -1;
  if (layout == NULL || walk.width == NULL || walk.start == NULL)
    error_set(err, ERROR_MEMORY, "out of memory for the layout of %zu stacks", profile->node_count);
  else
    status = fill(layout, &walk, options, palette, err);
  free(walk.width);
  free(walk.start);
  if (status < 0) {
    layout_free(layout);
    return NULL;
  }
  return layout;
}

void layout_free(struct layout *layout)
{
  if (layout == NULL)
    return;
  free(layout->boxes);
  free(layout);
}
