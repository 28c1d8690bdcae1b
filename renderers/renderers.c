// The outputs: one row each. A new output is a folder with a renderer and a row here.
#include <string.h>

#include "renderers/renderer.h"

extern const struct renderer renderer_svg, renderer_png, renderer_pdf, renderer_text, renderer_folded,
    renderer_speedscope, renderer_pprof, renderer_callgrind, renderer_snap;

static int svgz_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  return renderer_svg.render(picture, out, err);
}

static const struct renderer renderer_svgz = {
    .name = "svgz",
    .extension = ".svgz",
    .summary = "the SVG, compressed",
    .needs_layout = true,
    .gzipped = true,
    .render = svgz_render,
};

const struct renderer *const renderers[] = {&renderer_svg,
                                            &renderer_svgz,
                                            &renderer_png,
                                            &renderer_pdf,
                                            &renderer_text,
                                            &renderer_folded,
                                            &renderer_speedscope,
                                            &renderer_pprof,
                                            &renderer_callgrind,
                                            &renderer_snap,
                                            NULL};

const struct renderer *renderer_by_name(const char *name)
{
  for (size_t i = 0; renderers[i] != NULL; i++)
    if (strcmp(renderers[i]->name, name) == 0)
      return renderers[i];
  return NULL;
}

const struct renderer *renderer_by_path(const char *path)
{
  const struct renderer *best = NULL;
  size_t path_size = strlen(path), best_size = 0;
  for (size_t i = 0; renderers[i] != NULL; i++) {
    size_t size = strlen(renderers[i]->extension);
    if (size > best_size && size < path_size && strcmp(path + path_size - size, renderers[i]->extension) == 0) {
      best = renderers[i];
      best_size = size;
    }
  }
  return best;
}
