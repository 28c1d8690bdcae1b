// The seam of the outputs: a renderer takes finished boxes or the read-only profile and a byte sink.
#ifndef FLAMBEAU_RENDERERS_RENDERER_H
#define FLAMBEAU_RENDERERS_RENDERER_H

#include <stdbool.h>

#include "base/error.h"
#include "layout/layout.h"
#include "profile/profile.h"

struct byte_sink;

struct picture {
  const struct profile *profile;
  const struct layout *layout; // NULL when the renderer does not ask for boxes
  enum weight weight;
  const char *title;    // UTF-8, hostile
  const char *subtitle; // "" without
  int width_px;
  bool icicle;      // root on top
  double scale;     // pixels of a raster image for one of the picture; 0: the renderer's own choice
  unsigned columns; // of a terminal; 0: the renderer's own choice
  unsigned colors;  // that it shows: 0, 256 or 1 << 24
};

struct renderer {
  const char *name;      // "svg"
  const char *extension; // ".svg"
  const char *summary;   // one line for help texts
  bool needs_layout;
  bool time_order; // without boxes: takes the profile's spans
  bool browsable;  // a browser shows such a file
  bool gzipped;    // whoever opens `out` puts gzip in front of it
  // Writes everything to `out` (borrowed, not finished). 0, or -1 with `err`.
  int (*render)(const struct picture *picture, struct byte_sink *out, struct error *err);
};

// The table, ended by NULL.
extern const struct renderer *const renderers[];

// By format name ("svg") or by the longest matching end of a file name; NULL when there is none.
const struct renderer *renderer_by_name(const char *name);
const struct renderer *renderer_by_path(const char *path);

// The lines a person reads above the graph or chart, the same in every picture: "10.0 s of wall time, ..." Caller
// frees.
char *picture_default_title(const struct profile *profile, enum weight weight, bool chart);
char *picture_default_subtitle(const struct profile *profile, enum weight weight, bool chart);

#endif
