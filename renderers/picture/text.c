// Enters: clean text. Leaves: how wide it is and how much of it fits.
#include "picture/text.h"

#include <string.h>

// Unicode's East Asian Wide and Fullwidth, and emoji, coarsely.
static const struct text_interval wide[] = {
    {0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD},
};
static const struct text_interval combining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A},
    {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

#define AMONG(character, intervals) text_among(character, intervals, sizeof(intervals) / sizeof(intervals)[0])

static unsigned cells_of(uint32_t character)
{
  if (character < 0x300)
    return 1;
  return AMONG(character, combining) ? 0 : AMONG(character, wide) ? 2 : 1;
}

unsigned text_cells(const char *clean)
{
  const char *end = clean + strlen(clean);
  unsigned cells = 0;
  while (clean < end)
    cells += cells_of(text_next(&clean, end));
  return cells;
}

size_t text_fit(const char *clean, unsigned cells, bool *cut)
{
  const char *end = clean + strlen(clean);
  const char *at = clean, *last = clean; // `last`: behind the last character that leaves room for the ellipsis
  unsigned used = 0;
  while (at < end) {
    used += cells_of(text_next(&at, end));
    if (used > cells) {
      *cut = true;
      return (size_t)(last - clean);
    }
    if (used + 1 <= cells)
      last = at;
  }
  *cut = false;
  return (size_t)(end - clean);
}
