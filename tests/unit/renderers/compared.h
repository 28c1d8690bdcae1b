// Two folded texts made a comparison, for the tests here.
#ifndef FLAMBEAU_TESTS_RENDERERS_COMPARED_H
#define FLAMBEAU_TESTS_RENDERERS_COMPARED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "profile/profile_compare.h"

static inline struct profile *compared_side(const char *text)
{
  struct error err = {0};
  struct byte_source *source = memory_source_new(text, strlen(text), &err);
  struct profile *profile = profile_read_folded(source, &err);
  byte_source_free(source);
  if (!profile)
    fail_msg("%s", err.message);
  return profile;
}

// Consumes both sides.
static inline struct profile *compared(struct profile *base, struct profile *head)
{
  struct error err = {0};
  const struct profile_comparison sides = {base, head, "old", "new", false};
  struct profile *comparison = profile_compare(&sides, &err);
  if (!comparison)
    fail_msg("%s", err.message);
  profile_free(base);
  profile_free(head);
  return comparison;
}

static inline struct profile *compared_texts(const char *base, const char *head)
{
  return compared(compared_side(base), compared_side(head));
}

#endif
