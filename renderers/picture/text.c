// Enters: clean text. Leaves: how wide it is and how much of it fits.
#include "picture/text.h"

#include <string.h>

#include "picture/cells.h"

const char *text_name(struct bytes *scratch, const char *name)
{
  const char *clean = text_clean(scratch, name);
  return clean[strspn(clean, " ")] == '\0' ? "?" : clean;
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
