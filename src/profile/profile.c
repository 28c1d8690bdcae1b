// Questions to a finished profile.
#include "profile/profile.h"

#include <string.h>

const char *profile_fact_value(const struct profile *profile, const char *key)
{
  for (size_t i = 0; i < profile->fact_count; i++) {
    if (strcmp(profile->facts[i].key, key) == 0)
      return profile->facts[i].value;
  }
  return NULL;
}

static bool takes_part(enum frame_kind kind, enum weight weight)
{
  switch (weight) {
  case WEIGHT_CPU:
    return kind != FRAME_WAITING && kind != FRAME_RUNNABLE;
  case WEIGHT_WAIT:
    return kind == FRAME_WAITING;
  case WEIGHT_GC:
    return kind == FRAME_GC;
  default:
    return true;
  }
}

uint64_t profile_own_weight(const struct profile *profile, uint32_t node, enum weight weight)
{
  const struct profile_node *at = &profile->nodes[node];
  if (node == 0)
    return 0;
  if (weight == WEIGHT_CALLS)
    return at->calls;
  enum frame_kind kind =
      profile->own_kinds ? (enum frame_kind)profile->own_kinds[node] : profile->frames[at->frame].kind;
  return takes_part(kind, weight) ? at->own : 0;
}
