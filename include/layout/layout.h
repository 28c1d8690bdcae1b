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
  uint32_t row;     // 0 is the root's row ("all")
  uint32_t lane;    // of a chart: boxes of one process have one lane; 0 is the root's and the first process's
  uint32_t node;    // of the profile
  uint64_t own;     // own weight of that node; 0 in a chart
  uint64_t tracing; // taken out of `width`; 0 in a chart
  uint32_t color;   // 0xRRGGBB; dark text reads on it
  bool deeper;      // stands for `node`, its siblings and all beneath them: drawn as `[deeper]`
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
  size_t max_boxes;    // no more than so many, the widest (0: all)
  const char *palette; // "beam", "hot", "mono"
};

// How a comparison is colored. Let d be what a node's own weight is more or less than the base's, and m the largest |d|
// of all nodes: `same` where d is 0, else shade min(7, floor(8 sqrt(|d| / m))) of those that have grown or shrunk.
#define LAYOUT_SHADES 8

struct layout_shades {
  uint32_t grown[LAYOUT_SHADES], shrunk[LAYOUT_SHADES]; // a little to much
  uint32_t same;
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
  uint32_t *colors;            // of each frame of the profile; a comparison's boxes have others
  struct layout_shades shades; // of a comparison
};

// ERROR_EMPTY when the profile weighs nothing in this weight; ERROR_USAGE for an unknown palette.
struct layout *layout_new(const struct profile *profile, const struct layout_options *options, struct error *err);
void layout_free(struct layout *layout);

// Names of all palettes, separated by '|', for help texts.
const char *layout_palettes(void);

#endif
