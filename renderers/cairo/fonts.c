// Enters: clean UTF-8. Leaves: glyphs on a cairo surface. cairo's own text calls use one font and draw boxes for what
// it lacks, so the text is cut into runs and each run drawn with the first font of fontconfig's order that has it.
#include "fonts.h"

#include <stdlib.h>
#include <string.h>

#include <cairo-ft.h>
#include <fontconfig/fontconfig.h>

#include "picture/text.h"

#define RUN_MAX_BYTES 256

// A family, and what fontconfig falls back to for characters it lacks.
struct family {
  FcPattern *wanted;
  FcFontSet *order;          // best first
  cairo_font_face_t **faces; // of `order`, made when first used
};

struct fonts {
  FcConfig *config; // our own: fontconfig's shared one is never given back
  struct family families[FONT_COUNT];
};

static bool family_init(struct family *family, FcConfig *config, const char *name, bool bold)
{
  family->wanted = FcPatternBuild(NULL, FC_FAMILY, FcTypeString, name, FC_WEIGHT, FcTypeInteger,
                                  bold ? FC_WEIGHT_BOLD : FC_WEIGHT_REGULAR, FC_SCALABLE, FcTypeBool, FcTrue, NULL);
  if (family->wanted == NULL)
    return false;
  FcConfigSubstitute(config, family->wanted, FcMatchPattern);
  FcDefaultSubstitute(family->wanted);
  FcResult result;
  family->order = FcFontSort(config, family->wanted, FcTrue, NULL, &result);
  if (family->order == NULL || family->order->nfont == 0)
    return false;
  family->faces = calloc((size_t)family->order->nfont, sizeof *family->faces);
  return family->faces != NULL;
}

static void family_release(struct family *family)
{
  for (int i = 0; family->faces != NULL && i < family->order->nfont; i++)
    if (family->faces[i] != NULL)
      cairo_font_face_destroy(family->faces[i]);
  free(family->faces);
  if (family->order != NULL)
    FcFontSetDestroy(family->order);
  if (family->wanted != NULL)
    FcPatternDestroy(family->wanted);
}

struct fonts *fonts_new(void)
{
  struct fonts *fonts = calloc(1, sizeof *fonts);
  if (fonts == NULL)
    return NULL;
  fonts->config = FcInitLoadConfigAndFonts();
  if (fonts->config != NULL && family_init(&fonts->families[FONT_SANS], fonts->config, "sans-serif", false) &&
      family_init(&fonts->families[FONT_SANS_BOLD], fonts->config, "sans-serif", true) &&
      family_init(&fonts->families[FONT_MONO], fonts->config, "monospace", false))
    return fonts;
  fonts_free(fonts);
  return NULL;
}

void fonts_free(struct fonts *fonts)
{
  if (fonts == NULL)
    return;
  for (size_t i = 0; i < FONT_COUNT; i++)
    family_release(&fonts->families[i]);
  if (fonts->config != NULL)
    FcConfigDestroy(fonts->config);
  free(fonts);
}

// The first font that has the character; the first of all when none has.
static int font_for(const struct family *family, uint32_t character)
{
  for (int i = 0; i < family->order->nfont; i++) {
    FcCharSet *characters;
    if (FcPatternGetCharSet(family->order->fonts[i], FC_CHARSET, 0, &characters) == FcResultMatch &&
        FcCharSetHasChar(characters, character))
      return i;
  }
  return 0;
}

static cairo_font_face_t *face(struct fonts *fonts, struct family *family, int index)
{
  if (family->faces[index] == NULL) {
    FcPattern *pattern = FcFontRenderPrepare(fonts->config, family->wanted, family->order->fonts[index]);
    if (pattern == NULL)
      return NULL; // cairo's default font then
    family->faces[index] = cairo_ft_font_face_create_for_pattern(pattern);
    FcPatternDestroy(pattern);
  }
  return family->faces[index];
}

// Where text goes; without `draw` it is only measured.
struct pen {
  struct fonts *fonts;
  struct family *family;
  cairo_t *cairo;
  double x_px, y_px;
  bool draw;
};

static void pen_run(struct pen *pen, int index, const char *run)
{
  cairo_text_extents_t extents;
  cairo_set_font_face(pen->cairo, face(pen->fonts, pen->family, index));
  cairo_text_extents(pen->cairo, run, &extents);
  if (pen->draw) {
    cairo_move_to(pen->cairo, pen->x_px, pen->y_px);
    cairo_show_text(pen->cairo, run);
  }
  pen->x_px += extents.x_advance;
}

static void pen_text(struct pen *pen, const char *text)
{
  const char *end = text + strlen(text);
  char run[RUN_MAX_BYTES + 1];
  size_t run_size = 0;
  int run_font = 0;
  while (text < end) {
    const char *from = text;
    int wanted = font_for(pen->family, text_next(&text, end));
    size_t size = (size_t)(text - from);
    if (run_size > 0 && (wanted != run_font || run_size + size > RUN_MAX_BYTES)) {
      run[run_size] = '\0';
      pen_run(pen, run_font, run);
      run_size = 0;
    }
    run_font = wanted;
    memcpy(run + run_size, from, size);
    run_size += size;
  }
  run[run_size] = '\0';
  if (run_size > 0)
    pen_run(pen, run_font, run);
}

void fonts_show(struct fonts *fonts, enum font font, cairo_t *cairo, double size_px, double x_px, double y_px,
                const char *text)
{
  struct pen pen = {fonts, &fonts->families[font], cairo, x_px, y_px, true};
  cairo_set_font_size(cairo, size_px);
  pen_text(&pen, text);
}

double fonts_width(struct fonts *fonts, enum font font, cairo_t *cairo, double size_px, const char *text)
{
  struct pen pen = {fonts, &fonts->families[font], cairo, 0, 0, false};
  cairo_set_font_size(cairo, size_px);
  pen_text(&pen, text);
  return pen.x_px;
}
