// Enters: the picture of a comparison. Leaves: what has changed most, and what a box says of both sides.
#include <inttypes.h>
#include <stdio.h>

#include "base/numbers.h"
#include "picture/sheet.h"
#include "profile/profile_compare.h"

// By how much the function has grown, or shrunk; 0 when it did the other.
static uint64_t change_of(const struct picture *picture, size_t function, bool grown)
{
  const struct profile *profile = picture->profile;
  uint64_t head = profile_function_weight(&profile->functions[function], picture->weight);
  uint64_t base = profile_function_weight(&profile->base_functions[function], picture->weight);
  if (grown)
    return head > base ? head - base : 0;
  return base > head ? base - head : 0;
}

size_t picture_changes(const struct picture *picture, bool grown, size_t changed[PICTURE_CHANGES])
{
  size_t count = 0;
  for (size_t i = 0; i < picture->profile->function_count; i++) {
    uint64_t change = change_of(picture, i, grown);
    if (change == 0 || (count == PICTURE_CHANGES && change <= change_of(picture, changed[count - 1], grown)))
      continue;
    size_t at = count < PICTURE_CHANGES ? count++ : count - 1;
    for (; at > 0 && change_of(picture, changed[at - 1], grown) < change; at--)
      changed[at] = changed[at - 1];
    changed[at] = i;
  }
  return count;
}

static void sum_sides(const struct picture *picture, uint64_t *base, uint64_t *head)
{
  for (size_t i = 1; i < picture->profile->node_count; i++) {
    *base += profile_base_weight(picture->profile, (uint32_t)i, picture->weight);
    *head += profile_head_weight(picture->profile, (uint32_t)i, picture->weight);
  }
}

const char *sheet_change(const struct sheet *sheet, char *text, size_t size, const struct box *box)
{
  const struct picture *picture = sheet->picture;
  const struct profile *profile = picture->profile;
  char is[2 * NUMBER_MAX], was[2 * NUMBER_MAX], change[NUMBER_MAX];
  const char *own = picture->weight == WEIGHT_CALLS ? "" : "own ";
  uint64_t base = 0, head = 0;
  *text = '\0';
  if (!profile->base || box->deeper)
    return text;
  if (box->row == 0) {
    sum_sides(picture, &base, &head);
    own = "HEAD ";
  } else {
    base = profile_base_weight(profile, box->node, picture->weight);
    head = profile_head_weight(profile, box->node, picture->weight);
  }
  sheet_weight(sheet, is, sizeof is, head);
  sheet_weight(sheet, was, sizeof was, base);
  if (profile->vanished != 0 && box->node >= profile->vanished)
    snprintf(text, size, base > 0 ? "only in BASE: %s%s" : "only in BASE", own, was);
  else if (base == head && head > 0)
    snprintf(text, size, "%s%s, as in BASE", own, is);
  else if (base != head)
    snprintf(text, size, "%s%s, was %s (%s)", own, is, was, number_change(change, base, head));
  return text;
}
