// Lines of text on a cairo surface, in whatever script: a font is found for every character.
#ifndef FLAMBEAU_RENDERERS_CAIRO_FONTS_H
#define FLAMBEAU_RENDERERS_CAIRO_FONTS_H

#include <cairo.h>

enum font { FONT_SANS, FONT_SANS_BOLD, FONT_MONO, FONT_COUNT };

#define FONTS_UNBOUNDED (-1.0)

struct fonts; // opaque

// For text on `cairo`, which is borrowed and has its scale already. NULL where there is no font at all.
struct fonts *fonts_new(cairo_t *cairo);
void fonts_free(struct fonts *fonts); // NULL is fine

// Sets a line of clean UTF-8: what is wider than `room_px` (or FONTS_UNBOUNDED) is cut between characters with an
// ellipsis behind it. How wide it is then.
double fonts_set(struct fonts *fonts, enum font font, double size_px, double room_px, const char *text);
// Draws that line with its baseline at x, y in cairo's color.
void fonts_show(struct fonts *fonts, double x_px, double y_px);

#endif
