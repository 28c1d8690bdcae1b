// A profile in, the weights it knows out.
#include "picture/measures.h"

#include "renderers/renderer.h"

static const struct measure of_capture[MEASURES_MAX] = {
    {WEIGHT_WALL, "wall", "wall time", true}, {WEIGHT_CPU, "cpu", "CPU time", true},
    {WEIGHT_WAIT, "wait", "waiting", true},   {WEIGHT_GC, "gc", "garbage collection", true},
    {WEIGHT_CALLS, "calls", "calls", false},
};
static const struct measure *const of_snapshot = &of_capture[WEIGHT_CALLS];
static const struct measure of_folded = {WEIGHT_WALL, "weight", "weight", false};

const struct measure *measures_of(const struct profile *profile, size_t *count)
{
  bool all = profile->counts_known && profile->times_known;
  *count = !all ? 1 : profile_is_sampled(profile) ? MEASURES_MAX - 1 : MEASURES_MAX; // calls are the last
  return all ? of_capture : profile->counts_known ? of_snapshot : &of_folded;
}

int measures_check(const struct picture *picture, struct error *err)
{
  for (size_t node = 1; node < picture->profile->node_count; node++)
    if (profile_own_weight(picture->profile, (uint32_t)node, picture->weight) > 0)
      return 0;
  return error_set(err, ERROR_EMPTY, "nothing to write: the input weighs nothing in this weight");
}
