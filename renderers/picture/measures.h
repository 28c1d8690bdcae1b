// What a stack weighs, for formats that carry more than one weight.
#ifndef FLAMBEAU_RENDERERS_MEASURES_H
#define FLAMBEAU_RENDERERS_MEASURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "profile/profile.h"

struct picture;

// Text that lists every stack grows with the product of their number and depth; past this it is an error.
#define STACKS_MAX_BYTES ((size_t)512 << 20)

struct measure {
  enum weight weight;
  const char *name;  // "wall"
  const char *title; // "wall time"
  bool time;         // in nanoseconds; else a number of something
};

#define MEASURES_MAX 5

// Those that `profile` knows, in the order of enum weight: of a folded file only the one it is of, of a snapshot calls.
const struct measure *measures_of(const struct profile *profile, size_t *count);

// 0, or -1 with ERROR_EMPTY where no stack weighs anything in the picture's weight.
int measures_check(const struct picture *picture, struct error *err);

#endif
