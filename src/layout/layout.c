// Enters: a finished profile. Leaves: its boxes, placed as a graph (graph.c) or a chart (chart.c), and their colors.
#include "layout/layout.h"

#include <stdlib.h>

#include "palette.h"
#include "placing.h"

static int color_frames(struct layout *layout, const struct profile *profile, const struct palette *palette,
                        struct error *err)
{
  layout->colors = malloc((profile->frame_count + 1) * sizeof *layout->colors);
  if (layout->colors == NULL)
    return error_set(err, ERROR_MEMORY, "out of memory for the colors of %zu frames", profile->frame_count);
  for (size_t i = 0; i < profile->frame_count; i++)
    layout->colors[i] = palette_color(palette, &profile->frames[i]);
  return 0;
}

static void color_boxes(struct layout *layout, const struct profile *profile, const struct palette *palette)
{
  palette_kinds used = 0;
  layout->boxes[0].color = PALETTE_ROOT_COLOR;
  for (size_t i = 1; i < layout->box_count; i++) {
    struct box *box = &layout->boxes[i];
    uint32_t frame = profile->nodes[box->node].frame;
    box->color = box->deeper ? palette_deeper_color(palette) : layout->colors[frame];
    used |= box->deeper ? palette_kind_deeper() : palette_kind(&profile->frames[frame]);
  }
  palette_legend(palette, used, layout);
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
  if (layout == NULL) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  layout->chart = options->chart;
  if ((options->chart ? chart_place : graph_place)(layout, profile, options, err) < 0 ||
      color_frames(layout, profile, palette, err) < 0) {
    layout_free(layout);
    return NULL;
  }
  color_boxes(layout, profile, palette);
  return layout;
}

void layout_free(struct layout *layout)
{
  if (layout == NULL)
    return;
  free(layout->boxes);
  free(layout->colors);
  free(layout);
}
