// A profile to a flat array of boxes in abstract units: every renderer draws these, so PNG and SVG agree.
#ifndef FLAMBEAU_LAYOUT_LAYOUT_H
#define FLAMBEAU_LAYOUT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "profile/profile.h"

// Rows past this are drawn as one `[deeper]` box.
#define LAYOUT_MAX_ROWS 1000

struct box {
  uint64_t start; // from the left edge, in the weight's own unit
  uint64_t width;
  uint32_t row;   // 0 is the root's row ("all")
  uint32_t node;  // of the profile
  uint64_t own;   // own weight of that node
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
  enum weight weight;
  double min_share;    // boxes narrower than this share of the whole are left out (0: none)
  const char *palette; // "beam", "hot", "mono"
};

struct layout {
  struct box *boxes; // by row, then from left to right; boxes[0] is the root
  size_t box_count;
  uint32_t row_count;
  uint64_t total;                                // width of the root
  uint64_t left_out;                             // boxes too narrow to be drawn
  struct legend_entry legend[LAYOUT_MAX_LEGEND]; // only what the boxes use
  size_t legend_count;
};

// ERROR_EMPTY when the profile weighs nothing in this weight; ERROR_USAGE for an unknown palette.
struct layout *layout_new(const struct profile *profile, const struct layout_options *options, struct error *err);
void layout_free(struct layout *layout);

// Names of all palettes, separated by '|', for help texts.
const char *layout_palettes(void);

#endif
