// Enters: a picture with its boxes. Leaves: a PNG of the same sheet the SVG draws, two pixels for one so that text is
// sharp; one for one where that would pass what cairo can hold.
#include <string.h>

#include <cairo.h>

#include "base/byte_io.h"
#include "fonts.h"
#include "picture/sheet.h"
#include "picture/text.h"
#include "renderers/renderer.h"

#define PNG_MAX_SIDE_PX 32767 // of a cairo image surface
#define PNG_SCALE 2

struct canvas {
  cairo_surface_t *surface;
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

static void draw_item(const struct canvas *canvas, const struct sheet *sheet, const struct sheet_item *item)
{
  cairo_t *cairo = canvas->cairo;
  const char *text = sheet_text(sheet, item);
  double x_px = item->x_px;
  if (item->style == SHEET_SWATCH) {
    fill_rectangle(cairo, item->color, x_px, item->y_px, SHEET_SWATCH_PX, SHEET_SWATCH_PX);
    return;
  }
  set_color(cairo, item->style == SHEET_MUTED ? SHEET_MUTED_INK : SHEET_INK);
  enum font font = item->style == SHEET_TITLE ? FONT_SANS_BOLD : item->style == SHEET_MUTED ? FONT_SANS : FONT_MONO;
  double size_px = item->style == SHEET_TITLE ? SHEET_TITLE_FONT_PX : SHEET_FONT_PX;
  if (item->style == SHEET_CODE_RIGHT)
    x_px -= fonts_width(canvas->fonts, font, cairo, size_px, text);
  fonts_show(canvas->fonts, font, cairo, size_px, x_px, item->y_px, text);
}

static void draw_label(const struct canvas *canvas, struct sheet *sheet, const struct box *box, double x_px,
                       double y_px)
{
  const char *name = sheet_box_name(sheet, box);
  struct sheet_label label = sheet_label(sheet, box, name);
  if (label.size == 0)
    return;
  cairo_t *cairo = canvas->cairo;
  char text[TEXT_MAX_BYTES + 64];
  memcpy(text, name, label.size);
  strcpy(text + label.size, label.cut ? TEXT_ELLIPSIS : "");
  double text_px = sheet->graph_x_px + (double)label.x_dpx / 10;
  if (label.ends_at_x)
    text_px -= fonts_width(canvas->fonts, FONT_MONO, cairo, SHEET_FONT_PX, text);
  cairo_save(cairo);
  if (!label.beside) {
    cairo_rectangle(cairo, x_px, y_px, (double)sheet_span(sheet, box).width_dpx / 10, SHEET_BOX_PX);
    cairo_clip(cairo); // fonts differ in width
  }
  set_color(cairo, SHEET_INK);
  fonts_show(canvas->fonts, FONT_MONO, cairo, SHEET_FONT_PX, text_px, y_px + SHEET_BASELINE_PX, text);
  cairo_restore(cairo);
}

static void draw_box(const struct canvas *canvas, struct sheet *sheet, const struct box *box)
{
  cairo_t *cairo = canvas->cairo;
  struct sheet_span span = sheet_span(sheet, box);
  double x_px = sheet->graph_x_px + (double)span.x_dpx / 10, y_px = sheet_box_y_px(sheet, box);
  fill_rectangle(cairo, box->color, x_px, y_px, (double)span.width_dpx / 10, SHEET_BOX_PX);
  draw_label(canvas, sheet, box, x_px, y_px);
}

static void draw_axis(const struct canvas *canvas, const struct sheet *sheet)
{
  struct sheet_tick tick;
  for (size_t i = 0; sheet_tick(sheet, i, &tick); i++) {
    double x_px = sheet->graph_x_px + (double)tick.x_dpx / 10;
    fill_rectangle(canvas->cairo, SHEET_TICK_INK, x_px - 0.5, sheet->axis_y_px, 1, sheet->axis_height_px);
    set_color(canvas->cairo, SHEET_MUTED_INK);
    fonts_show(canvas->fonts, FONT_SANS, canvas->cairo, SHEET_FONT_PX, x_px + SHEET_PADDING_PX,
               sheet->axis_y_px + SHEET_AXIS_BASELINE_PX, tick.label);
  }
}

static void draw(const struct canvas *canvas, struct sheet *sheet)
{
  fill_rectangle(canvas->cairo, SHEET_PAPER, 0, 0, sheet->width_px, sheet->height_px);
  for (size_t i = 0; i < sheet->item_count; i++)
    draw_item(canvas, sheet, &sheet->items[i]);
  draw_axis(canvas, sheet);
  for (size_t i = 0; i < sheet->picture->layout->box_count; i++)
    draw_box(canvas, sheet, &sheet->picture->layout->boxes[i]);
}

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned size)
{
  byte_sink_write(closure, data, size);
  return CAIRO_STATUS_SUCCESS; // the sink keeps its own error
}

static int canvas_init(struct canvas *canvas, const struct sheet *sheet, struct error *err)
{
  int longest_px = sheet->width_px > sheet->height_px ? sheet->width_px : sheet->height_px;
  if (longest_px > PNG_MAX_SIDE_PX)
    return error_set(err, ERROR_OUTPUT, "a PNG of %d by %d pixels is too large to draw; write an .svg instead",
                     sheet->width_px, sheet->height_px);
  int scale = longest_px > PNG_MAX_SIDE_PX / PNG_SCALE ? 1 : PNG_SCALE;
  canvas->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, sheet->width_px * scale, sheet->height_px * scale);
  canvas->cairo = cairo_create(canvas->surface);
  cairo_scale(canvas->cairo, scale, scale);
  canvas->fonts = fonts_new();
  if (canvas->fonts == NULL)
    return error_set(err, ERROR_OUTPUT, "there is no font to write a PNG with; install one (DejaVu, say)");
  return 0;
}

static void canvas_release(struct canvas *canvas)
{
  fonts_free(canvas->fonts);
  cairo_destroy(canvas->cairo);
  cairo_surface_destroy(canvas->surface);
}

static int png_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  struct sheet sheet;
  if (sheet_init(&sheet, picture, err) < 0)
    return -1;
  struct canvas canvas = {0};
  int status = canvas_init(&canvas, &sheet, err);
  if (status == 0) {
    draw(&canvas, &sheet);
    cairo_status_t drawn = cairo_status(canvas.cairo);
    if (drawn == CAIRO_STATUS_SUCCESS)
      drawn = cairo_surface_write_to_png_stream(canvas.surface, write_bytes, out);
    if (drawn != CAIRO_STATUS_SUCCESS)
      status = error_set(err, ERROR_OUTPUT, "the PNG could not be drawn: %s", cairo_status_to_string(drawn));
  }
  if (canvas.cairo != NULL)
    canvas_release(&canvas);
  sheet_release(&sheet);
  return status;
}

const struct renderer renderer_png = {
    .name = "png",
    .extension = ".png",
    .summary = "a still picture",
    .needs_layout = true,
    .render = png_render,
};
