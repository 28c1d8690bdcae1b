// Columns of a fixed-width font, as terminals count them.
#ifndef FLAMBEAU_RENDERERS_CELLS_H
#define FLAMBEAU_RENDERERS_CELLS_H

#include <stdint.h>

// 0 for a mark on the character before it, 2 for a wide character, else 1.
unsigned cells_of(uint32_t character);

#endif
