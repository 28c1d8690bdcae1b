// The sheet on a cairo surface, whatever becomes of it.
#ifndef FLAMBEAU_RENDERERS_CAIRO_CANVAS_H
#define FLAMBEAU_RENDERERS_CAIRO_CANVAS_H

#include <cairo.h>

#include "base/error.h"
#include "picture/sheet.h"

struct byte_sink;

// Draws the sheet at 0, 0 in the surface's units, `scale` of them for a pixel of the sheet. ERROR_OUTPUT where there is
// no font.
int canvas_draw(cairo_surface_t *surface, double scale, struct sheet *sheet, struct error *err);

// A cairo_write_func_t; `sink` is a struct byte_sink, which keeps its own error.
cairo_status_t canvas_write(void *sink, const unsigned char *data, unsigned size);

#endif
