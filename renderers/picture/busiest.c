// Enters: a picture. Leaves: the few functions that have most of what it shows, for the list beside or below it.
#include "picture/sheet.h"

uint64_t picture_busyness(const struct picture *picture, const struct profile_function *function)
{
  switch (picture->weight) {
  case WEIGHT_WALL:
  case WEIGHT_CPU:
    return function->own_ns;
  case WEIGHT_CALLS:
    return function->calls;
  default:
    return 0;
  }
}

size_t picture_busiest(const struct picture *picture, const struct profile_function *busiest[PICTURE_BUSIEST])
{
  size_t count = 0;
  for (size_t i = 0; i < picture->profile->function_count; i++) {
    const struct profile_function *function = &picture->profile->functions[i];
    uint64_t weight = picture_busyness(picture, function);
    if (weight == 0 || picture->profile->frames[function->frame].kind != FRAME_FUNCTION)
      continue;
    if (count == PICTURE_BUSIEST && weight <= picture_busyness(picture, busiest[count - 1]))
      continue;
    size_t at = count < PICTURE_BUSIEST ? count++ : count - 1;
    for (; at > 0 && picture_busyness(picture, busiest[at - 1]) < weight; at--)
      busiest[at] = busiest[at - 1];
    busiest[at] = function;
  }
  return count;
}

const char *picture_busiest_heading(const struct picture *picture)
{
  static const char *const heading_of[] = {
      [UNIT_TIME] = "Most own time", [UNIT_CALLS] = "Most calls", [UNIT_PLAIN] = "Most own weight"};
  return heading_of[picture_unit(picture->profile, picture->weight)];
}
