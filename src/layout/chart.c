// Enters: a profile with spans. Leaves: the boxes of a flame chart, time from left to right, in nanoseconds since the
// first event of all. Every process has a lane of its own, one above another above the root's row:
//
//     spans of shop [0, 9): f [0, 6), g in it [1, 3) and [4, 5)       row 0  |all                  10|
//              log  [2, 10): h [3, 10)                                row 1  |shop              9|
//                                                                     row 2  |f         6|
//     Two calls of g are two boxes, and stay two where they touch.    row 3    |g 2|  |g 1|
//     With min_share 0.2 what is shorter than 2 is left out: the      row 4      |log              8|
//     second g. Lanes are as high as their highest box.               row 5        |h             7|
//
// A picture has LAYOUT_MAX_ROWS rows above the root's. Where the lanes have more, the highest ones are cut to a height
// at which all fit; the last row of such a lane is `[deeper]`, one box for each call that would be there. Lanes are
// not cut to less than LANE_MIN_ROWS: then those at the end are left out.
#include "placing.h"

#include <stdlib.h>

#include "base/rank.h"

#define LANE_MIN_ROWS 8

struct lane {
  uint32_t height; // rows that its boxes would take; 0: nothing of it is wide enough
  uint32_t rows;   // that it has; 0: it is left out
  uint32_t row;    // the first of them
  uint32_t index;  // among those that are not left out
};

struct chart {
  const struct profile *profile;
  uint32_t *depth; // of each node: 1 is a process
  struct lane *lanes;
};

// A parent's index is smaller than its children's.
static void find_depths(struct chart *chart)
{
  for (size_t i = 1; i < chart->profile->node_count; i++)
    chart->depth[i] = chart->depth[chart->profile->nodes[i].parent] + 1;
}

static int find_end(const struct profile *profile, uint64_t *end, struct error *err)
{
  *end = 0;
  for (size_t i = 0; i < profile->span_count; i++) {
    uint64_t span_end;
    if (__builtin_add_overflow(profile->spans[i].start_ns, profile->spans[i].width_ns, &span_end))
      return error_set(err, ERROR_DATA, "the times are further apart than 64 bits can hold");
    if (span_end > *end)
      *end = span_end;
  }
  if (*end == 0)
    return error_set(err, ERROR_EMPTY, "nothing to draw: no time passed from the first event to the last");
  return 0;
}

// What boxes must be longer than for `max` of them at most to stay.
static int find_limit(const struct profile *profile, size_t max, uint64_t *limit, struct error *err)
{
  *limit = 0;
  if (max == 0 || profile->span_count <= max)
    return 0;
  uint64_t *widths = calloc(profile->span_count, sizeof *widths);
  if (widths == NULL)
    return error_set(err, ERROR_MEMORY, "out of memory for the layout of %zu frames", profile->span_count);
  for (size_t i = 0; i < profile->span_count; i++)
    widths[i] = profile->spans[i].width_ns;
  *limit = rank_largest(widths, profile->span_count, max);
  free(widths);
  return 0;
}

static void measure_lanes(struct chart *chart, uint64_t min_width)
{
  for (size_t i = 0; i < chart->profile->span_count; i++) {
    const struct profile_span *span = &chart->profile->spans[i];
    struct lane *lane = &chart->lanes[span->process];
    if (span->width_ns >= min_width && chart->depth[span->node] > lane->height)
      lane->height = chart->depth[span->node];
  }
}

static uint32_t lower(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

static bool all_fit(const struct chart *chart, uint32_t height)
{
  uint64_t rows = 0;
  for (size_t i = 0; i < chart->profile->process_count; i++)
    rows += lower(chart->lanes[i].height, height);
  return rows <= LAYOUT_MAX_ROWS;
}

// The highest that lanes may be for all to fit, by bisection.
static uint32_t highest_lane(const struct chart *chart)
{
  uint32_t fits = LANE_MIN_ROWS, too_high = LAYOUT_MAX_ROWS + 1;
  while (too_high - fits > 1) {
    uint32_t middle = fits + (too_high - fits) / 2;
    if (all_fit(chart, middle))
      fits = middle;
    else
      too_high = middle;
  }
  return fits;
}

static void stack_lanes(struct chart *chart, struct layout *layout)
{
  uint32_t highest = highest_lane(chart), row = 1, lanes = 0;
  for (size_t i = 0; i < chart->profile->process_count; i++) {
    struct lane *lane = &chart->lanes[i];
    uint32_t rows = lower(lane->height, highest);
    if (rows > 0 && row + rows <= LAYOUT_MAX_ROWS + 1) {
      lane->rows = rows;
      lane->row = row;
      lane->index = lanes++;
      row += rows;
    } else {
      layout->processes_left_out++;
    }
  }
  layout->lane_count = lanes > 0 ? lanes : 1; // the root's
}

static void put_boxes(const struct chart *chart, struct placing *placing)
{
  placing_put(placing, (struct box){.width = placing->layout->total});
  for (size_t i = 0; i < chart->profile->span_count; i++) {
    const struct profile_span *span = &chart->profile->spans[i];
    const struct lane *lane = &chart->lanes[span->process];
    uint32_t depth = chart->depth[span->node];
    bool cut = lane->rows < lane->height;
    if (lane->rows > 0 && (depth <= lane->rows || !cut)) // in a lane that is not cut, what is too deep is too narrow
      placing_put(placing, (struct box){.start = span->start_ns,
                                        .width = span->width_ns,
                                        .row = lane->row + depth - 1,
                                        .lane = lane->index,
                                        .node = span->node,
                                        .deeper = cut && depth == lane->rows});
  }
}

static int place(struct chart *chart, struct layout *layout, const struct layout_options *options, struct error *err)
{
  struct placing placing;
  uint64_t end, limit;
  if (find_end(chart->profile, &end, err) < 0 || find_limit(chart->profile, options->max_boxes, &limit, err) < 0)
    return -1;
  placing_init(&placing, layout, end, options->min_share);
  if (layout->min_width <= limit)
    layout->min_width = limit < end ? limit + 1 : end; // the root stays
  find_depths(chart);
  measure_lanes(chart, layout->min_width);
  stack_lanes(chart, layout);
  put_boxes(chart, &placing);
  if (placing_store(&placing, err) < 0)
    return -1;
  put_boxes(chart, &placing);
  return 0;
}

int chart_place(struct layout *layout, const struct profile *profile, const struct layout_options *options,
                struct error *err)
{
  struct chart chart = {
      .profile = profile,
      .depth = calloc(profile->node_count, sizeof *chart.depth),
      .lanes = calloc(profile->process_count + 1, sizeof *chart.lanes),
  };
  int status = chart.depth != NULL && chart.lanes != NULL
                   ? place(&chart, layout, options, err)
                   : error_set(err, ERROR_MEMORY, "out of memory for the layout of %zu stacks", profile->node_count);
  free(chart.depth);
  free(chart.lanes);
  return status;
}
