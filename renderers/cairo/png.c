// Enters: a picture with its boxes. Leaves: a PNG of the same sheet the SVG draws. Unless a scale is asked for it has
// two pixels for one so that text is sharp, or one for one where that would be too large.
#include <math.h>

#include <cairo.h>

#include "canvas.h"
#include "renderers/renderer.h"

#define SIDE_MAX_PX 32767       // of a cairo image surface
#define AREA_MAX_PX (128 << 20) // 512 MiB while it is drawn
#define SCALE 2

struct size {
  double width_px, height_px;
};

// What a scale leaves over of a last pixel is paper.
static struct size scaled(const struct sheet *sheet, double scale)
{
  return (struct size){ceil(sheet->width_px * scale), ceil(sheet->height_px * scale)};
}

static bool is_too_large(struct size size)
{
  return size.width_px > SIDE_MAX_PX || size.height_px > SIDE_MAX_PX || size.width_px * size.height_px > AREA_MAX_PX;
}

static int choose_scale(const struct sheet *sheet, double *scale, struct error *err)
{
  double asked = sheet->picture->scale;
  bool one_would_do = !is_too_large(scaled(sheet, 1));
  *scale = asked > 0 ? asked : is_too_large(scaled(sheet, SCALE)) ? 1 : SCALE;
  struct size size = scaled(sheet, *scale);
  if (!is_too_large(size))
    return 0;
  return error_set(err, ERROR_OUTPUT, "a PNG of %.0f by %.0f pixels is too large to draw: %swrite an .svg",
                   size.width_px, size.height_px, *scale > 1 && one_would_do ? "say --scale 1, or " : "");
}

static int write_png(struct sheet *sheet, double scale, struct byte_sink *out, struct error *err)
{
  struct size size = scaled(sheet, scale);
  cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)size.width_px, (int)size.height_px);
  int status = canvas_draw(surface, scale, sheet, err);
  if (status == 0) {
    cairo_status_t written = cairo_surface_write_to_png_stream(surface, canvas_write, out);
    if (written != CAIRO_STATUS_SUCCESS)
      status = error_set(err, ERROR_OUTPUT, "the PNG could not be written: %s", cairo_status_to_string(written));
  }
  cairo_surface_destroy(surface);
  return status;
}

static int png_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  struct sheet sheet;
  double scale;
  if (sheet_init(&sheet, picture, err) < 0)
    return -1;
  int status = choose_scale(&sheet, &scale, err);
  if (status == 0)
    status = write_png(&sheet, scale, out, err);
  sheet_release(&sheet);
  return status;
}

const struct renderer renderer_png = {
    .name = "png",
    .extension = ".png",
    .summary = "a still picture",
    .needs_layout = true,
    .browsable = true,
    .render = png_render,
};
