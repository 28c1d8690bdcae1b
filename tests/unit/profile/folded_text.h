// A profile as lines of `frame;frame WEIGHT`, in preorder, for comparing with what a test works out by hand.
#ifndef FLAMBEAU_TESTS_FOLDED_TEXT_H
#define FLAMBEAU_TESTS_FOLDED_TEXT_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "profile/profile.h"

#define FOLDED_TEXT_MAX 8192

// Functions of the module `m` are written short: `a` for `m:a/0`.
static inline void folded_text_frame(const struct profile *profile, uint32_t node, FILE *out)
{
  const char *name = profile->frames[profile->nodes[node].frame].name;
  if (profile->nodes[node].parent)
    folded_text_frame(profile, profile->nodes[node].parent, out), fputc(';', out);
  size_t size = strlen(name);
  if (size > 4 && strncmp(name, "m:", 2) == 0 && strcmp(name + size - 2, "/0") == 0)
    fprintf(out, "%.*s", (int)size - 4, name + 2);
  else
    fputs(name, out);
}

static inline void folded_text(const struct profile *profile, enum weight weight, char text[FOLDED_TEXT_MAX])
{
  memset(text, 0, FOLDED_TEXT_MAX);
  FILE *out = fmemopen(text, FOLDED_TEXT_MAX - 1, "w");
  for (uint32_t node = 1; node < profile->node_count; node++) {
    uint64_t own = profile_own_weight(profile, node, weight);
    if (own == 0)
      continue;
    folded_text_frame(profile, node, out);
    fprintf(out, " %" PRIu64 "\n", own);
  }
  fclose(out);
}

#endif
