// Clean text as pictures show it: measured in cells, cut between characters.
#ifndef FLAMBEAU_RENDERERS_TEXT_H
#define FLAMBEAU_RENDERERS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct bytes;

// Clean text of a name: as text_clean, and "?" where that is empty or all blanks.
const char *text_name(struct bytes *scratch, const char *name);
// Columns of a fixed-width font that clean text takes: wide characters two, combining ones none.
unsigned text_cells(const char *clean);
// How many bytes of `clean` to show in `cells` columns. `*cut`: an ellipsis, one column wide, belongs behind them.
// 0 with `*cut` when not even one character and the ellipsis fit.
size_t text_fit(const char *clean, unsigned cells, bool *cut);

#endif
