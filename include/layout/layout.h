// A profile to a flat array of boxes in abstract units: every renderer draws these, so PNG and SVG agree.
#ifndef FLAMBEAU_LAYOUT_LAYOUT_H
#define FLAMBEAU_LAYOUT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "profile/profile.h"

// Rows past this are drawn as one `[deeper]` box. A chart's lanes share them.
#define LAYOUT_MAX_ROWS 1000

struct box {
  uint64_t start; // from the left edge, in the weight's own unit; of a chart in nanoseconds
  uint64_t width;
  uint32_t row;   // 0 is the root's row ("all")
  uint32_t lane;  // of a chart: boxes of one process have one lane; 0 is the root's and the first process's
  uint32_t node;  // of the profile
  uint64_t own;   // own weight of that node; 0 in a chart
  uint32_t color; // 0xRRGGBB; dark text reads on it
  bool deeper;    // stands for `node`, its siblings and all beneath them: drawn as `[deeper]`
};

// What a color means, where the palette's colors mean something.
struct legend_entry {
  const char *label;
  uint32_t color;
};

#define LAYOUT_MAX_LEGEND 16

struct layout_options {
  enum weight weight;  // of a graph
  bool chart;          // time goes from left to right; wants a profile with spans
  double min_share;    // boxes narrower than this share of the whole are left out (0: none)
  size_t max_boxes;    // of a chart: no more than so many, the longest (0: all)
  const char *palette; // "beam", "hot", "mono"
};

struct layout {
  struct box *boxes; // by row, then from left to right; boxes[0] is the root
  size_t box_count;
  uint32_t row_count;
  uint32_t lane_count; // 1 in a graph
  bool chart;
  uint64_t total;                                // width of the root
  uint64_t min_width;                            // the narrowest a box may be
  uint64_t left_out;                             // boxes too narrow to be drawn
  uint64_t processes_left_out;                   // of a chart: without a lane, too short or for want of rows
  struct legend_entry legend[LAYOUT_MAX_LEGEND]; // only what the boxes use
  size_t legend_count;
};

// ERROR_EMPTY when the profile weighs nothing in this weight; ERROR_USAGE for an unknown palette.
struct layout *layout_new(const struct profile *profile, const struct layout_options *options, struct error *err);
void layout_free(struct layout *layout);

// Names of all palettes, separated by '|', for help texts.
const char *layout_palettes(void);

#endif
