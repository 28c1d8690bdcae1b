// The profile itself inside an SVG, for its script: see DATA.md.
#ifndef FLAMBEAU_RENDERERS_SVG_DATA_H
#define FLAMBEAU_RENDERERS_SVG_DATA_H

#include "base/error.h"

struct bytes;
struct picture;

// Appends base64 to `out`. 0, or -1 with ERROR_MEMORY.
int data_write(const struct picture *picture, struct bytes *out, struct error *err);

#endif
