// Text for cairo that finds a font for every character.
#ifndef FLAMBEAU_RENDERERS_CAIRO_FONTS_H
#define FLAMBEAU_RENDERERS_CAIRO_FONTS_H

#include <stdbool.h>

#include <cairo.h>

enum font { FONT_SANS, FONT_SANS_BOLD, FONT_MONO, FONT_COUNT };

struct fonts; // opaque

// NULL when out of memory or where there is no font at all.
struct fonts *fonts_new(void);
void fonts_free(struct fonts *fonts); // NULL is fine

// Draws clean UTF-8 with the baseline at x, y in the current color.
void fonts_show(struct fonts *fonts, enum font font, cairo_t *cairo, double size_px, double x_px, double y_px,
                const char *text);
// How wide that would be.
double fonts_width(struct fonts *fonts, enum font font, cairo_t *cairo, double size_px, const char *text);

#endif
