// The outputs: one row each. A new output is a folder with a renderer and a row here.
#include <string.h>

#include "renderers/renderer.h"

extern const struct renderer renderer_svg, renderer_png, renderer_folded;

const struct renderer *const renderers[] = {&renderer_svg, &renderer_png, &renderer_folded, NULL};

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
