// Enters: boxes in any order of rows, twice. Leaves: the same by row, without those that are too narrow.
#include "placing.h"

#include <math.h>
#include <stdlib.h>

void placing_init(struct placing *placing, struct layout *layout, uint64_t total, double min_share)
{
  *placing = (struct placing){.layout = layout};
  layout->total = total;
  layout->lane_count = 1;
  layout->min_width = 1;
  if (min_share > 0)
    layout->min_width = min_share >= 1 ? total : (uint64_t)ceil(min_share * (double)total);
}

void placing_put(struct placing *placing, struct box box)
{
  struct layout *layout = placing->layout;
  bool counting = layout->boxes == NULL;
  if (box.width < layout->min_width) {
    layout->left_out += counting && box.width > 0;
    return;
  }
  size_t at = placing->at[box.row]++;
  if (!counting)
    layout->boxes[at] = box;
}

int placing_store(struct placing *placing, struct error *err)
{
  struct layout *layout = placing->layout;
  for (uint32_t row = 0; row <= LAYOUT_MAX_ROWS; row++) {
    size_t in_row = placing->at[row];
    placing->at[row] = layout->box_count;
    layout->box_count += in_row;
    if (in_row > 0)
      layout->row_count = row + 1;
  }
  layout->boxes = calloc(layout->box_count, sizeof *layout->boxes);
  if (layout->boxes == NULL)
    return error_set(err, ERROR_MEMORY, "out of memory for the %zu boxes of the picture", layout->box_count);
  return 0;
}
