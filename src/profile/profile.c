// Questions to a finished profile.
#include "profile/profile_compare.h"

#include <string.h>

const char *profile_fact_value(const struct profile *profile, const char *key)
{
  for (size_t i = 0; i < profile->fact_count; i++) {
    if (strcmp(profile->facts[i].key, key) == 0)
      return profile->facts[i].value;
  }
  return NULL;
}

bool profile_is_sampled(const struct profile *profile)
{
  return profile_fact_value(profile, "sampled") != NULL;
}

bool profile_has_calls(const struct profile *profile)
{
  return profile->counts_known && !profile_is_sampled(profile);
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

static uint64_t weigh(const struct profile *profile, uint32_t node, struct profile_side side, enum weight weight)
{
  if (node == 0)
    return 0;
  if (weight == WEIGHT_CALLS)
    return side.calls;
  enum frame_kind kind =
      profile->own_kinds ? (enum frame_kind)profile->own_kinds[node] : profile->frames[profile->nodes[node].frame].kind;
  return takes_part(kind, weight) ? side.own : 0;
}

uint64_t profile_own_weight(const struct profile *profile, uint32_t node, enum weight weight)
{
  const struct profile_node *at = &profile->nodes[node];
  return weigh(profile, node, (struct profile_side){at->own, at->calls}, weight);
}

uint64_t profile_own_tracing(const struct profile *profile, uint32_t node, enum weight weight)
{
  uint64_t tracing = weight == WEIGHT_CALLS || !profile->tracing ? 0 : profile->tracing[node];
  return weigh(profile, node, (struct profile_side){tracing, 0}, weight);
}

uint64_t profile_base_weight(const struct profile *comparison, uint32_t node, enum weight weight)
{
  return weigh(comparison, node, comparison->base[node], weight);
}

uint64_t profile_head_weight(const struct profile *comparison, uint32_t node, enum weight weight)
{
  bool vanished = comparison->vanished != 0 && node >= comparison->vanished;
  return vanished ? 0 : profile_own_weight(comparison, node, weight);
}

uint64_t profile_function_weight(const struct profile_function *function, enum weight weight)
{
  switch (weight) {
  case WEIGHT_WAIT:
    return function->waiting_ns;
  case WEIGHT_GC:
    return function->gc_ns;
  case WEIGHT_CALLS:
    return function->calls;
  default:
    return function->own_ns;
  }
}
