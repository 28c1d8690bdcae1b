// Enters: a finished profile. Leaves: its boxes, placed as a graph (graph.c) or a chart (chart.c), and their colors.
#include "layout/layout.h"

#include <math.h>
#include <stdlib.h>

#include "palette.h"
#include "placing.h"
#include "profile/profile_compare.h"

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

static uint64_t change_of(const struct profile *comparison, uint32_t node, enum weight weight, bool *grown)
{
  uint64_t head = profile_head_weight(comparison, node, weight), base = profile_base_weight(comparison, node, weight);
  *grown = head > base;
  return *grown ? head - base : base - head;
}

// What all colors of the scale mean, for whoever has no room for it.
static void add_comparison_legend(struct layout *layout)
{
  layout->legend[layout->legend_count++] =
      (struct legend_entry){"less than in BASE", palette_shades.shrunk[LAYOUT_SHADES - 1]};
  layout->legend[layout->legend_count++] = (struct legend_entry){"the same", palette_shades.same};
  layout->legend[layout->legend_count++] =
      (struct legend_entry){"more than in BASE", palette_shades.grown[LAYOUT_SHADES - 1]};
}

static void color_comparison(struct layout *layout, const struct profile *comparison, enum weight weight)
{
  uint64_t most = 0;
  bool grown;
  for (size_t i = 1; i < comparison->node_count; i++) {
    uint64_t change = change_of(comparison, (uint32_t)i, weight, &grown);
    most = change > most ? change : most;
  }
  layout->shades = palette_shades;
  add_comparison_legend(layout);
  for (size_t i = 1; i < layout->box_count; i++) {
    struct box *box = &layout->boxes[i];
    uint64_t change = box->deeper ? 0 : change_of(comparison, box->node, weight, &grown);
    uint32_t shade = most > 0 ? (uint32_t)(LAYOUT_SHADES * sqrt((double)change / (double)most)) : 0;
    shade = shade < LAYOUT_SHADES ? shade : LAYOUT_SHADES - 1;
    if (!box->deeper)
      box->color = change == 0 ? layout->shades.same : (grown ? layout->shades.grown : layout->shades.shrunk)[shade];
  }
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
  if (profile->base == NULL)
    palette_legend(palette, profile, used, layout);
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
  if (profile->base != NULL)
    color_comparison(layout, profile, options->weight);
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
