// Enters: a picture with its boxes. Leaves: a PDF of one page, the same sheet the SVG draws, as shapes and embedded
// fonts. The same input gives the same bytes: the date in it is the capture's, not the clock's.
#include <string.h>

#include <cairo-pdf.h>

#include "base/text.h"
#include "canvas.h"
#include "renderers/renderer.h"

#define POINTS_PER_PX 0.75    // 72 of them to the inch, 96 pixels
#define SIDE_MAX_POINTS 14400 // what readers of PDF take

// cairo would write the time of day.
static void describe(cairo_surface_t *surface, struct sheet *sheet)
{
  const char *started = profile_fact_value(sheet->picture->profile, "started");
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, started != NULL ? started : "");
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, text_clean(&sheet->scratch, sheet->picture->title));
}

static int write_pdf(struct sheet *sheet, struct byte_sink *out, struct error *err)
{
  double width = sheet->width_px * POINTS_PER_PX, height = sheet->height_px * POINTS_PER_PX;
  if (width > SIDE_MAX_POINTS || height > SIDE_MAX_POINTS)
    return error_set(err, ERROR_OUTPUT,
                     "a PDF of %d by %d pixels is larger than its readers take (%.0f): write an .svg", sheet->width_px,
                     sheet->height_px, SIDE_MAX_POINTS / POINTS_PER_PX);
  cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(canvas_write, out, width, height);
  describe(surface, sheet);
  int status = canvas_draw(surface, POINTS_PER_PX, sheet, err);
  cairo_surface_finish(surface);
  cairo_status_t written = cairo_surface_status(surface);
  if (status == 0 && written != CAIRO_STATUS_SUCCESS)
    status = error_set(err, ERROR_OUTPUT, "the PDF could not be written: %s", cairo_status_to_string(written));
  cairo_surface_destroy(surface);
  return status;
}

static int pdf_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  struct sheet sheet;
  if (sheet_init(&sheet, picture, err) < 0)
    return -1;
  int status = write_pdf(&sheet, out, err);
  sheet_release(&sheet);
  return status;
}

const struct renderer renderer_pdf = {
    .name = "pdf",
    .extension = ".pdf",
    .summary = "a still picture of any size, for print",
    .needs_layout = true,
    .browsable = true,
    .render = pdf_render,
};
