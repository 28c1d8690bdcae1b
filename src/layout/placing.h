// Boxes on their way into a layout: they are put twice in the same order, first to be counted, then to be stored by
// row.
#ifndef FLAMBEAU_LAYOUT_PLACING_H
#define FLAMBEAU_LAYOUT_PLACING_H

#include "layout/layout.h"

struct placing {
  struct layout *layout;
  size_t at[LAYOUT_MAX_ROWS + 1]; // of each row: how many boxes; once they are stored, where the next one goes
};

// `total` (not 0) is the width of the root, which is the first box to be put.
void placing_init(struct placing *placing, struct layout *layout, uint64_t total, double min_share);
// The boxes of a row come from left to right. Those that are too narrow are counted and left out.
void placing_put(struct placing *placing, struct box box);
// Makes room for the boxes counted so far.
int placing_store(struct placing *placing, struct error *err);

// The two ways to place a profile's boxes: widths from weights, or from time.
int graph_place(struct layout *layout, const struct profile *profile, const struct layout_options *options,
                struct error *err);
int chart_place(struct layout *layout, const struct profile *profile, const struct layout_options *options,
                struct error *err);

#endif
