// Boxes worked out by hand from small trees.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layout/layout.h"

static const struct profile_frame frames[] = {
    {.name = ""},
    {.name = "a:f/0", .module = "a"},
    {.name = "b:g/0", .module = "b"},
    {.name = "c:h/0", .module = "c"},
    {.name = "d:i/0", .module = "d"},
    {.name = "e:j/0", .module = "e"},
    {.name = "[waiting]", .module = "", .kind = FRAME_WAITING},
};

// The example in graph.c's head: frame, parent, first child, next sibling, own, calls.
static const struct profile_node tree[] = {
    {0, 0, 1, 0, 0, 0}, {1, 0, 2, 4, 2, 5}, {2, 1, 0, 3, 3, 1},
    {3, 1, 0, 0, 1, 4}, {4, 0, 5, 0, 4, 0}, {5, 4, 0, 0, 0, 0},
};

static struct profile profile_of(const struct profile_node *nodes, size_t count)
{
  return (struct profile){.frames = frames,
                          .frame_count = 7,
                          .nodes = nodes,
                          .node_count = count,
                          .counts_known = true,
                          .times_known = true};
}

static struct layout *lay_out(const struct profile *profile, enum weight weight, double min_share)
{
  const struct layout_options options = {.weight = weight, .min_share = min_share, .palette = "beam"};
  struct error err = {0};
  struct layout *layout = layout_new(profile, &options, &err);
  assert_string_equal(err.message, "");
  assert_non_null(layout);
  return layout;
}

static void assert_box(const struct box *box, uint32_t node, uint32_t row, uint64_t start, uint64_t width, uint64_t own)
{
  assert_int_equal(box->node, node);
  assert_int_equal(box->row, row);
  assert_int_equal(box->start, start);
  assert_int_equal(box->width, width);
  assert_int_equal(box->own, own);
}

static void places_children_before_own_weight(void **state)
{
  (void)state;
  struct profile profile = profile_of(tree, 6);
  struct layout *layout = lay_out(&profile, WEIGHT_WALL, 0);
  assert_int_equal(layout->total, 10);
  assert_int_equal(layout->row_count, 3);
  assert_int_equal(layout->left_out, 0);
  assert_int_equal(layout->box_count, 5);
  assert_box(&layout->boxes[0], 0, 0, 0, 10, 0);
  assert_box(&layout->boxes[1], 1, 1, 0, 6, 2);
  assert_box(&layout->boxes[2], 4, 1, 6, 4, 4);
  assert_box(&layout->boxes[3], 2, 2, 0, 3, 3);
  assert_box(&layout->boxes[4], 3, 2, 3, 1, 1);
  layout_free(layout);
}

static void weighs_by_calls(void **state)
{
  (void)state;
  struct profile profile = profile_of(tree, 6);
  struct layout *layout = lay_out(&profile, WEIGHT_CALLS, 0);
  assert_int_equal(layout->total, 10); // a 5 + b 1 + c 4; d and e were not called
  assert_int_equal(layout->box_count, 4);
  assert_box(&layout->boxes[1], 1, 1, 0, 10, 5);
  assert_box(&layout->boxes[2], 2, 2, 0, 1, 1);
  assert_box(&layout->boxes[3], 3, 2, 1, 4, 4);
  layout_free(layout);
}

static void leaves_out_what_is_too_narrow(void **state)
{
  (void)state;
  struct profile profile = profile_of(tree, 6);
  struct layout *layout = lay_out(&profile, WEIGHT_WALL, 0.2);
  assert_int_equal(layout->left_out, 1); // c:h/0
  assert_int_equal(layout->box_count, 4);
  layout_free(layout);
  layout = lay_out(&profile, WEIGHT_WALL, 0.1); // exactly as narrow as allowed
  assert_int_equal(layout->left_out, 0);
  layout_free(layout);
  layout = lay_out(&profile, WEIGHT_WALL, 1);
  assert_int_equal(layout->box_count, 1);
  layout_free(layout);
}

static void keeps_sums_exact_above_what_a_double_holds(void **state)
{
  (void)state;
  const uint64_t large = ((uint64_t)1 << 62) + 1;
  const struct profile_node nodes[] = {{0, 0, 1, 0, 0, 0}, {1, 0, 0, 2, large, 0}, {2, 0, 0, 0, 3, 0}};
  struct profile profile = profile_of(nodes, 3);
  struct layout *layout = lay_out(&profile, WEIGHT_WALL, 0);
  assert_true(layout->total == large + 3);
  assert_true(layout->boxes[2].start == large);
  layout_free(layout);
}

// A chain of `depth` nodes below the root, each weighing 1.
static struct profile_node *chain(size_t depth)
{
  struct profile_node *nodes = calloc(depth + 1, sizeof *nodes);
  for (size_t i = 0; i <= depth; i++)
    nodes[i] = (struct profile_node){.frame = i == 0 ? 0 : 1,
                                     .parent = i == 0 ? 0 : (uint32_t)i - 1,
                                     .first_child = i == depth ? 0 : (uint32_t)i + 1,
                                     .own = i == 0 ? 0 : 1};
  return nodes;
}

static void folds_rows_past_the_limit(void **state)
{
  (void)state;
  const size_t depth = 200000; // would overflow our stack, were it walked by recursion
  struct profile_node *nodes = chain(depth);
  struct profile profile = profile_of(nodes, depth + 1);
  struct layout *layout = lay_out(&profile, WEIGHT_WALL, 0);
  assert_int_equal(layout->row_count, LAYOUT_MAX_ROWS + 1);
  assert_int_equal(layout->box_count, LAYOUT_MAX_ROWS + 1);
  const struct box *deeper = &layout->boxes[LAYOUT_MAX_ROWS];
  assert_true(deeper->deeper);
  assert_false(layout->boxes[LAYOUT_MAX_ROWS - 1].deeper);
  // Node n is in row n and weighs depth - n + 1.
  assert_box(deeper, LAYOUT_MAX_ROWS, LAYOUT_MAX_ROWS, 0, depth - LAYOUT_MAX_ROWS + 1, depth - LAYOUT_MAX_ROWS + 1);
  layout_free(layout);
  free(nodes);
}

static void a_deeper_box_takes_in_all_siblings(void **state)
{
  (void)state;
  struct profile_node *nodes = chain(LAYOUT_MAX_ROWS + 1);
  nodes[LAYOUT_MAX_ROWS + 1] =
      (struct profile_node){.frame = 2, .parent = LAYOUT_MAX_ROWS - 1, .own = 7}; // beside the last but one
  nodes[LAYOUT_MAX_ROWS].first_child = 0;
  nodes[LAYOUT_MAX_ROWS].next_sibling = LAYOUT_MAX_ROWS + 1;
  struct profile profile = profile_of(nodes, LAYOUT_MAX_ROWS + 2);
  struct layout *layout = lay_out(&profile, WEIGHT_WALL, 0);
  assert_int_equal(layout->box_count, LAYOUT_MAX_ROWS + 1);
  assert_box(&layout->boxes[LAYOUT_MAX_ROWS], LAYOUT_MAX_ROWS, LAYOUT_MAX_ROWS, 0, 8, 8);
  layout_free(layout);
  free(nodes);
}

static void names_the_colors_in_use(void **state)
{
  (void)state;
  const struct profile_node nodes[] = {{0, 0, 1, 0, 0, 0}, {1, 0, 2, 0, 1, 0}, {6, 1, 0, 0, 1, 0}};
  struct profile profile = profile_of(nodes, 3);
  struct layout *layout = lay_out(&profile, WEIGHT_WALL, 0);
  assert_int_equal(layout->legend_count, 2);
  assert_string_equal(layout->legend[0].label, "Erlang modules");
  assert_string_equal(layout->legend[1].label, "waiting");
  layout_free(layout);
}

static void refuses_what_cannot_be_drawn(void **state)
{
  (void)state;
  const struct profile_node nothing[] = {{0, 0, 1, 0, 0, 0}, {1, 0, 0, 0, 0, 0}};
  struct profile profile = profile_of(nothing, 2);
  struct layout_options options = {.weight = WEIGHT_WALL, .palette = "beam"};
  struct error err = {0};
  assert_null(layout_new(&profile, &options, &err));
  assert_int_equal(err.code, ERROR_EMPTY);

  const struct profile_node heavy[] = {{0, 0, 1, 0, 0, 0}, {1, 0, 0, 2, UINT64_MAX, 0}, {2, 0, 0, 0, 1, 0}};
  profile = profile_of(heavy, 3);
  err = (struct error){0};
  assert_null(layout_new(&profile, &options, &err));
  assert_int_equal(err.code, ERROR_DATA);

  profile = profile_of(tree, 6);
  options.palette = "rainbow";
  err = (struct error){0};
  assert_null(layout_new(&profile, &options, &err));
  assert_int_equal(err.code, ERROR_USAGE);
  assert_non_null(strstr(err.message, "beam|hot|mono"));
}

// The largest change is 16. A shade is 8 times the root of a change's share of it: 4 is a quarter, so 4; 1 is 2; 9
// is 6.
static void a_comparison_is_colored_by_its_changes(void **state)
{
  (void)state;
  static const struct profile_frame named[] = {
      {.name = "a:f/0"}, {.name = "b:g/0"}, {.name = "c:h/0"}, {.name = "[vanished]", .kind = FRAME_VANISHED}};
  // a [16] and in it b [1]; c [4] and in it a [3]; [vanished] and in it b [9].
  static const struct profile_node nodes[] = {{0, 0, 1, 0, 0, 0}, {0, 0, 2, 3, 16, 0}, {1, 1, 0, 0, 1, 0},
                                              {2, 0, 4, 5, 4, 0}, {0, 3, 0, 0, 3, 0},  {3, 0, 6, 0, 0, 0},
                                              {1, 5, 0, 0, 9, 0}};
  static const struct profile_side base[] = {{0, 0}, {0, 0}, {5, 0}, {3, 0}, {3, 0}, {0, 0}, {9, 0}};
  const struct profile comparison = {
      .frames = named, .frame_count = 4, .nodes = nodes, .node_count = 7, .base = base, .vanished = 5};
  struct layout *layout = lay_out(&comparison, WEIGHT_WALL, 0);
  const struct layout_shades *shades = &layout->shades;
  const uint32_t expected[] = {[1] = shades->grown[7], [2] = shades->shrunk[4], [3] = shades->grown[2],
                               [4] = shades->same,     [5] = shades->same,      [6] = shades->shrunk[6]};
  assert_int_equal(layout->box_count, 7);
  for (size_t i = 1; i < 7; i++)
    assert_int_equal(layout->boxes[i].color, expected[layout->boxes[i].node]);
  assert_int_not_equal(shades->same, 0);
  assert_int_not_equal(shades->grown[7], shades->shrunk[7]);
  assert_int_equal(layout->total, 33); // 24 of HEAD, 9 that vanished
  assert_int_equal(layout->legend_count, 3);
  layout_free(layout);

  static const struct profile_side same[] = {{0, 0}, {16, 0}, {1, 0}, {4, 0}, {3, 0}, {0, 0}, {9, 0}};
  const struct profile unchanged = {.frames = named, .frame_count = 4, .nodes = nodes, .node_count = 7, .base = same};
  layout = lay_out(&unchanged, WEIGHT_WALL, 0);
  for (size_t i = 1; i < layout->box_count; i++)
    assert_int_equal(layout->boxes[i].color, layout->shades.same);
  layout_free(layout);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(places_children_before_own_weight),
      cmocka_unit_test(weighs_by_calls),
      cmocka_unit_test(leaves_out_what_is_too_narrow),
      cmocka_unit_test(keeps_sums_exact_above_what_a_double_holds),
      cmocka_unit_test(folds_rows_past_the_limit),
      cmocka_unit_test(a_deeper_box_takes_in_all_siblings),
      cmocka_unit_test(names_the_colors_in_use),
      cmocka_unit_test(refuses_what_cannot_be_drawn),
      cmocka_unit_test(a_comparison_is_colored_by_its_changes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
