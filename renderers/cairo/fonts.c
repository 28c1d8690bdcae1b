// Enters: clean UTF-8. Leaves: glyphs on a cairo surface. Pango shapes the text (joined letters, marks, right-to-left)
// and takes other fonts for what the first one lacks. Each line is its own paragraph from left to right, so a name in
// Arabic reorders nothing but itself. A line is as wide at every scale: nothing is rounded to pixels.
#include "fonts.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

#ifdef FLAMBEAU_SANITIZE
// fontconfig keeps what it has read of its files, at offsets where the leak checker does not find it.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
  return "leak:libfontconfig";
}
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
  return "print_suppressions=0";
}
#endif

struct fonts {
  cairo_t *cairo;
  PangoFontMap *map; // our own: the shared one keeps what it has loaded
  PangoContext *context;
  PangoLayout *line;
  PangoFontDescription *descriptions[FONT_COUNT];
};

static const char *const description_of[] = {
    [FONT_SANS] = "sans-serif", [FONT_SANS_BOLD] = "sans-serif bold", [FONT_MONO] = "monospace"};

// Without any font Pango would end the program.
static bool is_any_font_there(void)
{
  const FcFontSet *fonts = FcInit() ? FcConfigGetFonts(NULL, FcSetSystem) : NULL;
  return fonts != NULL && fonts->nfont > 0;
}

struct fonts *fonts_new(cairo_t *cairo)
{
  struct fonts *fonts = is_any_font_there() ? calloc(1, sizeof *fonts) : NULL;
  if (fonts == NULL)
    return NULL;
  fonts->cairo = cairo;
  fonts->map = pango_cairo_font_map_new();
  fonts->context = pango_font_map_create_context(fonts->map);
  cairo_font_options_t *options = cairo_font_options_create();
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(fonts->context, options);
  cairo_font_options_destroy(options);
  pango_context_set_round_glyph_positions(fonts->context, FALSE);
  pango_context_set_base_dir(fonts->context, PANGO_DIRECTION_LTR);
  pango_cairo_update_context(cairo, fonts->context);
  fonts->line = pango_layout_new(fonts->context);
  pango_layout_set_auto_dir(fonts->line, FALSE);
  pango_layout_set_single_paragraph_mode(fonts->line, TRUE);
  pango_layout_set_ellipsize(fonts->line, PANGO_ELLIPSIZE_END);
  for (size_t i = 0; i < FONT_COUNT; i++)
    fonts->descriptions[i] = pango_font_description_from_string(description_of[i]);
  return fonts;
}

void fonts_free(struct fonts *fonts)
{
  if (fonts == NULL)
    return;
  for (size_t i = 0; i < FONT_COUNT; i++)
    pango_font_description_free(fonts->descriptions[i]);
  g_object_unref(fonts->line);
  g_object_unref(fonts->context);
  g_object_unref(fonts->map);
  free(fonts);
}

double fonts_set(struct fonts *fonts, enum font font, double size_px, double room_px, const char *text)
{
  int width;
  pango_font_description_set_absolute_size(fonts->descriptions[font], size_px * PANGO_SCALE);
  pango_layout_set_font_description(fonts->line, fonts->descriptions[font]);
  pango_layout_set_width(fonts->line, room_px < 0 ? -1 : (int)floor(room_px * PANGO_SCALE));
  pango_layout_set_text(fonts->line, text, -1);
  pango_layout_get_size(fonts->line, &width, NULL);
  return (double)width / PANGO_SCALE;
}

void fonts_show(struct fonts *fonts, double x_px, double y_px)
{
  cairo_move_to(fonts->cairo, x_px, y_px);
  pango_cairo_show_layout_line(fonts->cairo, pango_layout_get_line_readonly(fonts->line, 0));
}
