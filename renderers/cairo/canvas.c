// Enters: a sheet. Leaves: the same on a cairo surface. The sheet only estimates how wide a text is; here it is
// measured: what is wider than its place is cut, so no glyph is clipped and no text runs into another.
#include "canvas.h"

#include <string.h>

#include "base/byte_io.h"
#include "fonts.h"
#include "picture/text.h"

#define LEGEND_SWATCH_GAP_PX 5 // from a legend's square of color to what it means
#define LEGEND_GAP_PX 14       // from there to the next square

struct canvas {
  cairo_t *cairo;
  struct fonts *fonts;
};

static void set_color(cairo_t *cairo, uint32_t color)
{
  cairo_set_source_rgb(cairo, (color >> 16 & 0xff) / 255.0, (color >> 8 & 0xff) / 255.0, (color & 0xff) / 255.0);
}

static void fill_rectangle(cairo_t *cairo, uint32_t color, double x_px, double y_px, double width_px, double height_px)
{
  set_color(cairo, color);
  cairo_rectangle(cairo, x_px, y_px, width_px, height_px);
  cairo_fill(cairo);
}

// Where the next entry of the legend begins: the sheet spaces them by estimate, in one line at y.
struct legend {
  int y_px;
  double x_px;
};

// Texts beside the aside end before it.
static double right_px(const struct sheet *sheet, size_t index)
{
  bool beside = index < sheet->aside_from && sheet->aside_from < sheet->aside_to;
  return (beside ? sheet->items[sheet->aside_from].x_px : sheet->width_px) - SHEET_MARGIN_PX;
}

// Leaves where it ends.
static double draw_text(const struct canvas *canvas, const struct sheet *sheet, size_t index, double x_px)
{
  const struct sheet_item *item = &sheet->items[index];
  bool title = item->style == SHEET_TITLE, ends_at_x = item->style == SHEET_CODE_RIGHT;
  enum font font = title ? FONT_SANS_BOLD : item->style == SHEET_MUTED ? FONT_SANS : FONT_MONO;
  double width_px = fonts_set(canvas->fonts, font, title ? SHEET_TITLE_FONT_PX : SHEET_FONT_PX,
                              ends_at_x ? FONTS_UNBOUNDED : right_px(sheet, index) - x_px, sheet_text(sheet, item));
  set_color(canvas->cairo, item->style == SHEET_MUTED ? SHEET_MUTED_INK : SHEET_INK);
  fonts_show(canvas->fonts, ends_at_x ? x_px - width_px : x_px, item->y_px);
  return x_px + width_px;
}

static void draw_items(const struct canvas *canvas, const struct sheet *sheet)
{
  struct legend legend = {0};
  for (size_t i = 0; i < sheet->item_count; i++) {
    const struct sheet_item *item = &sheet->items[i];
    if (item->style != SHEET_SWATCH) {
      draw_text(canvas, sheet, i, item->x_px);
      continue;
    }
    bool explained = i + 1 < sheet->aside_from && sheet->items[i + 1].style == SHEET_MUTED;
    double x_px = explained && item->y_px == legend.y_px ? legend.x_px : item->x_px;
    fill_rectangle(canvas->cairo, item->color, x_px, item->y_px, SHEET_SWATCH_PX, SHEET_SWATCH_PX);
    if (explained) {
      i++;
      legend.y_px = item->y_px;
      legend.x_px = draw_text(canvas, sheet, i, x_px + SHEET_SWATCH_PX + LEGEND_SWATCH_GAP_PX) + LEGEND_GAP_PX;
    }
  }
}

static void draw_label(const struct canvas *canvas, struct sheet *sheet, const struct box *box, double y_px)
{
  const char *name = sheet_box_name(sheet, box);
  struct sheet_label label = sheet_label(sheet, box, name);
  if (label.size == 0)
    return;
  char text[TEXT_MAX_BYTES + 64]; // whatever text_clean makes, cut
  memcpy(text, name, label.size);
  strcpy(text + label.size, label.cut ? TEXT_ELLIPSIS : "");
  struct sheet_span span = sheet_span(sheet, box);
  double x_px = (double)label.x_dpx / 10;
  double end_px = label.beside ? sheet->graph_width_px : (double)(span.x_dpx + span.width_dpx) / 10;
  double room_px = label.ends_at_x ? x_px : end_px - x_px;
  double width_px = fonts_set(canvas->fonts, FONT_MONO, SHEET_FONT_PX, room_px, text);
  set_color(canvas->cairo, SHEET_INK);
  fonts_show(canvas->fonts, sheet->graph_x_px + (label.ends_at_x ? x_px - width_px : x_px), y_px + SHEET_BASELINE_PX);
}

static void draw_box(const struct canvas *canvas, struct sheet *sheet, const struct box *box)
{
  struct sheet_span span = sheet_span(sheet, box);
  double x_px = sheet->graph_x_px + (double)span.x_dpx / 10, y_px = sheet_box_y_px(sheet, box);
  if (span.width_dpx > 0)
    fill_rectangle(canvas->cairo, box->color, x_px, y_px, (double)span.width_dpx / 10, SHEET_BOX_PX);
  draw_label(canvas, sheet, box, y_px);
}

static void draw_axis(const struct canvas *canvas, const struct sheet *sheet)
{
  struct sheet_tick tick;
  for (size_t i = 0; sheet_tick(sheet, i, &tick); i++) {
    double x_px = sheet->graph_x_px + (double)tick.x_dpx / 10;
    fill_rectangle(canvas->cairo, SHEET_TICK_INK, x_px - 0.5, sheet->axis_y_px, 1, sheet->axis_height_px);
    set_color(canvas->cairo, SHEET_MUTED_INK);
    fonts_set(canvas->fonts, FONT_SANS, SHEET_FONT_PX, FONTS_UNBOUNDED, tick.label);
    fonts_show(canvas->fonts, x_px + SHEET_PADDING_PX, sheet->axis_y_px + SHEET_AXIS_BASELINE_PX);
  }
}

static void draw(const struct canvas *canvas, struct sheet *sheet)
{
  set_color(canvas->cairo, SHEET_PAPER);
  cairo_paint(canvas->cairo);
  draw_items(canvas, sheet);
  draw_axis(canvas, sheet);
  for (size_t i = 0; i < sheet->picture->layout->box_count; i++)
    draw_box(canvas, sheet, &sheet->picture->layout->boxes[i]);
}

int canvas_draw(cairo_surface_t *surface, double scale, struct sheet *sheet, struct error *err)
{
  struct canvas canvas = {.cairo = cairo_create(surface)};
  cairo_scale(canvas.cairo, scale, scale);
  canvas.fonts = fonts_new(canvas.cairo);
  if (canvas.fonts != NULL)
    draw(&canvas, sheet);
  else
    error_set(err, ERROR_OUTPUT, "there is no font to write with: install one (DejaVu, say), or write an .svg");
  fonts_free(canvas.fonts);
  cairo_status_t drawn = cairo_status(canvas.cairo);
  cairo_destroy(canvas.cairo);
  if (drawn != CAIRO_STATUS_SUCCESS)
    error_set(err, ERROR_OUTPUT, "the picture could not be drawn: %s", cairo_status_to_string(drawn));
  return err->code == ERROR_NONE ? 0 : -1;
}

cairo_status_t canvas_write(void *sink, const unsigned char *data, unsigned size)
{
  byte_sink_write(sink, data, size);
  return CAIRO_STATUS_SUCCESS;
}
