// A verdict written down: for people, for a pull request, for what runs the tests.
#ifndef FLAMBEAU_RENDERERS_VERDICT_H
#define FLAMBEAU_RENDERERS_VERDICT_H

#include "base/error.h"
#include "profile/verdict.h"

struct byte_sink;

struct verdict_page {
  const char *base_name, *head_name; // for people: file names
  const char *root;                  // files below this folder are named from there; "" is none
  unsigned colors;                   // that a terminal shows; 0: none
};

struct verdict_format {
  const char *name; // "text"
  // Writes everything to `out` (borrowed, not finished); names are made safe for the format. 0, or -1 with `err`.
  int (*write)(const struct verdict *verdict, const struct verdict_page *page, struct byte_sink *out,
               struct error *err);
};

// The table, ended by a name of NULL.
extern const struct verdict_format verdict_formats[];

#endif
