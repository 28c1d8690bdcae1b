// Charts worked out by hand from a few spans.
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
    {.name = "shop", .kind = FRAME_PROCESS},
    {.name = "log", .kind = FRAME_PROCESS},
    {.name = "a:f/0"},
    {.name = "a:g/0"},
    {.name = "a:h/0"},
};

// The example in chart.c's head: frame, parent, first child, next sibling, own, calls.
static const struct profile_node tree[] = {
    {0, 0, 1, 0, 0, 0}, {1, 0, 2, 4, 3, 0}, {3, 1, 3, 0, 3, 1},
    {4, 2, 0, 0, 3, 2}, {2, 0, 5, 0, 1, 0}, {5, 4, 0, 0, 7, 1},
};
enum { SHOP = 1, F, G, LOG, H };

static const struct profile_span spans[] = {
    {0, SHOP, 0, 9}, {0, F, 0, 6}, {0, G, 1, 2}, {0, G, 4, 1}, {1, LOG, 2, 8}, {1, H, 3, 7},
};

static struct profile profile_of(const struct profile_span *of_spans, size_t span_count, size_t process_count)
{
  return (struct profile){.frames = frames,
                          .frame_count = 6,
                          .nodes = tree,
                          .node_count = 6,
                          .process_count = process_count,
                          .spans = of_spans,
                          .span_count = span_count,
                          .counts_known = true,
                          .times_known = true};
}

static struct layout *lay_out(const struct profile *profile, double min_share)
{
  const struct layout_options options = {.chart = true, .min_share = min_share, .palette = "beam"};
  struct error err = {0};
  struct layout *layout = layout_new(profile, &options, &err);
  assert_string_equal(err.message, "");
  assert_non_null(layout);
  assert_true(layout->chart);
  return layout;
}

static void assert_box(const struct box *box, uint32_t node, uint32_t row, uint64_t start, uint64_t width)
{
  assert_int_equal(box->node, node);
  assert_int_equal(box->row, row);
  assert_int_equal(box->start, start);
  assert_int_equal(box->width, width);
  assert_int_equal(box->own, 0);
  assert_false(box->deeper);
}

static void every_process_has_its_lane(void **state)
{
  (void)state;
  struct profile profile = profile_of(spans, 6, 2);
  struct layout *layout = lay_out(&profile, 0);
  assert_int_equal(layout->total, 10); // log is the last to end, at 2 + 8
  assert_int_equal(layout->row_count, 1 + 3 + 2);
  assert_int_equal(layout->left_out, 0);
  assert_int_equal(layout->processes_left_out, 0);
  assert_int_equal(layout->box_count, 7);
  assert_box(&layout->boxes[0], 0, 0, 0, 10);
  assert_box(&layout->boxes[1], SHOP, 1, 0, 9);
  assert_box(&layout->boxes[2], F, 2, 0, 6);
  assert_box(&layout->boxes[3], G, 3, 1, 2);
  assert_box(&layout->boxes[4], G, 3, 4, 1);
  assert_box(&layout->boxes[5], LOG, 4, 2, 8);
  assert_box(&layout->boxes[6], H, 5, 3, 7);
  layout_free(layout);
}

static void calls_that_touch_stay_two(void **state)
{
  (void)state;
  const struct profile_span touching[] = {{0, SHOP, 0, 4}, {0, F, 0, 2}, {0, F, 2, 2}};
  struct profile profile = profile_of(touching, 3, 1);
  struct layout *layout = lay_out(&profile, 0);
  assert_int_equal(layout->box_count, 4);
  assert_box(&layout->boxes[2], F, 2, 0, 2);
  assert_box(&layout->boxes[3], F, 2, 2, 2);
  layout_free(layout);
}

static void what_is_too_short_is_counted(void **state)
{
  (void)state;
  struct profile profile = profile_of(spans, 6, 2);
  struct layout *layout = lay_out(&profile, 0.2);
  assert_int_equal(layout->min_width, 2);
  assert_int_equal(layout->left_out, 1); // the second g
  assert_int_equal(layout->box_count, 6);
  layout_free(layout);
  // At 3 neither g is drawn: the lane of shop is one row lower, and log's comes down.
  layout = lay_out(&profile, 0.3);
  assert_int_equal(layout->left_out, 2);
  assert_int_equal(layout->row_count, 1 + 2 + 2);
  assert_box(&layout->boxes[3], LOG, 3, 2, 8);
  layout_free(layout);
  // At 9 there is nothing of log.
  layout = lay_out(&profile, 0.9);
  assert_int_equal(layout->processes_left_out, 1);
  assert_int_equal(layout->left_out, 3); // f and both g; what log did goes with its lane
  assert_int_equal(layout->box_count, 2);
  layout_free(layout);
}

static void the_longest_stay(void **state)
{
  (void)state;
  // Widths 9, 8, 7, 6, 2, 1.
  static const struct {
    size_t max, stay;
    uint64_t min_width;
  } cases[] = {{6, 6, 1}, {5, 5, 2}, {4, 4, 3}, {1, 1, 9}};
  struct profile profile = profile_of(spans, 6, 2);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct layout_options options = {.chart = true, .max_boxes = cases[i].max, .palette = "beam"};
    struct error err = {0};
    struct layout *layout = layout_new(&profile, &options, &err);
    assert_non_null(layout);
    assert_int_equal(layout->box_count, cases[i].stay + 1); // and the root
    assert_int_equal(layout->min_width, cases[i].min_width);
    layout_free(layout);
  }
  const struct profile_span equal[] = {{0, SHOP, 0, 4}, {0, F, 0, 2}, {0, F, 2, 2}};
  profile = profile_of(equal, 3, 1);
  const struct layout_options options = {.chart = true, .max_boxes = 2, .palette = "beam"};
  struct error err = {0};
  struct layout *layout = layout_new(&profile, &options, &err);
  assert_non_null(layout);
  assert_int_equal(layout->box_count, 2); // never one of two that are as long
  assert_int_equal(layout->left_out, 2);
  layout_free(layout);

  const struct profile_span whole[] = {{0, SHOP, 0, 4}, {0, F, 0, 4}, {0, G, 0, 4}};
  profile = profile_of(whole, 3, 1);
  layout = layout_new(&profile, &options, &err);
  assert_non_null(layout);
  assert_int_equal(layout->box_count, 4); // what is as long as the chart stays, and so does the root
  assert_int_equal(layout->boxes[0].width, 4);
  layout_free(layout);
}

static void a_process_without_spans_is_counted(void **state)
{
  (void)state;
  struct profile profile = profile_of(spans, 4, 3); // neither the second nor the third has any
  struct layout *layout = lay_out(&profile, 0);
  assert_int_equal(layout->total, 9);
  assert_int_equal(layout->processes_left_out, 2);
  layout_free(layout);
}

// A process of `depth` frames, itself included: nodes `first`, first + 1... Its spans all last from 0 to 100.
static void fill_chain(struct profile_node *nodes, struct profile_span *to, uint32_t process, uint32_t first,
                       uint32_t depth)
{
  for (uint32_t i = 0; i < depth; i++) {
    nodes[first + i] = (struct profile_node){.frame = i == 0 ? 1 : 3,
                                             .parent = i == 0 ? 0 : first + i - 1,
                                             .first_child = i + 1 < depth ? first + i + 1 : 0};
    to[i] = (struct profile_span){process, first + i, 0, 100};
  }
}

struct lanes {
  struct profile_node *nodes;
  struct profile_span *spans;
  struct profile profile;
};

static struct lanes make_lanes(const uint32_t *depths, uint32_t count)
{
  uint32_t sum = 0, at = 0;
  for (uint32_t i = 0; i < count; i++)
    sum += depths[i];
  struct lanes lanes = {calloc(sum + 1, sizeof *lanes.nodes), calloc(sum, sizeof *lanes.spans), {0}};
  for (uint32_t i = 0; i < count; at += depths[i++])
    fill_chain(lanes.nodes, lanes.spans + at, i, at + 1, depths[i]);
  lanes.profile = profile_of(lanes.spans, sum, count);
  lanes.profile.nodes = lanes.nodes;
  lanes.profile.node_count = sum + 1;
  return lanes;
}

static void lanes_free(struct lanes *lanes)
{
  free(lanes->nodes);
  free(lanes->spans);
}

static void the_highest_lanes_are_cut_to_what_fits(void **state)
{
  (void)state;
  const uint32_t depths[] = {2000, 100, 600};
  struct lanes lanes = make_lanes(depths, 3);
  struct layout *layout = lay_out(&lanes.profile, 0);
  // 1000 rows: 100 for the low one, 450 for each of the others.
  assert_int_equal(layout->row_count, 1 + 450 + 100 + 450);
  assert_int_equal(layout->box_count, 1 + 450 + 100 + 450);
  assert_int_equal(layout->processes_left_out, 0);
  for (uint32_t row = 0; row < layout->row_count; row++)
    assert_int_equal(layout->boxes[row].deeper, row == 450 || row == 1000);
  assert_int_equal(layout->boxes[450].node, 450);               // the first lane's nodes are 1 to 2000
  assert_int_equal(layout->boxes[1000].node, 2000 + 100 + 450); // the third's begin at 2101
  assert_int_equal(layout->left_out, 0);                        // what is deeper is not too narrow
  layout_free(layout);
  lanes_free(&lanes);
}

static void one_lane_may_take_all_rows(void **state)
{
  (void)state;
  const uint32_t fits[] = {LAYOUT_MAX_ROWS}, too_deep[] = {LAYOUT_MAX_ROWS + 1};
  struct lanes lanes = make_lanes(fits, 1);
  struct layout *layout = lay_out(&lanes.profile, 0);
  assert_int_equal(layout->row_count, LAYOUT_MAX_ROWS + 1);
  assert_false(layout->boxes[LAYOUT_MAX_ROWS].deeper);
  layout_free(layout);
  lanes_free(&lanes);
  lanes = make_lanes(too_deep, 1);
  layout = lay_out(&lanes.profile, 0);
  assert_int_equal(layout->row_count, LAYOUT_MAX_ROWS + 1);
  assert_true(layout->boxes[LAYOUT_MAX_ROWS].deeper);
  layout_free(layout);
  lanes_free(&lanes);
}

static void too_many_lanes_are_left_out_at_the_end(void **state)
{
  (void)state;
  uint32_t depths[200];
  for (size_t i = 0; i < 200; i++)
    depths[i] = 10;
  struct lanes lanes = make_lanes(depths, 200);
  struct layout *layout = lay_out(&lanes.profile, 0);
  assert_int_equal(layout->processes_left_out, 200 - 1000 / 8); // none is cut to less than 8 rows
  assert_int_equal(layout->row_count, 1 + 1000);
  layout_free(layout);
  lanes_free(&lanes);
}

static void refuses_what_cannot_be_drawn(void **state)
{
  (void)state;
  const struct layout_options options = {.chart = true, .palette = "beam"};
  struct error err = {0};
  struct profile profile = profile_of(NULL, 0, 1);
  assert_null(layout_new(&profile, &options, &err));
  assert_int_equal(err.code, ERROR_EMPTY);

  const struct profile_span endless[] = {{0, SHOP, 1, UINT64_MAX}};
  profile = profile_of(endless, 1, 1);
  err = (struct error){0};
  assert_null(layout_new(&profile, &options, &err));
  assert_int_equal(err.code, ERROR_DATA);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_process_has_its_lane),         cmocka_unit_test(calls_that_touch_stay_two),
      cmocka_unit_test(what_is_too_short_is_counted),       cmocka_unit_test(the_longest_stay),
      cmocka_unit_test(a_process_without_spans_is_counted), cmocka_unit_test(the_highest_lanes_are_cut_to_what_fits),
      cmocka_unit_test(one_lane_may_take_all_rows),         cmocka_unit_test(too_many_lanes_are_left_out_at_the_end),
      cmocka_unit_test(refuses_what_cannot_be_drawn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
