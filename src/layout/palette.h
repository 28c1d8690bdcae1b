// What colors a frame: the palettes behind layout_options.palette.
#ifndef FLAMBEAU_LAYOUT_PALETTE_H
#define FLAMBEAU_LAYOUT_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

#include "layout/layout.h"
#include "profile/profile.h"

struct palette; // one row of the table in palette.c

// NULL when there is none of that name; a NULL name is the first palette.
const struct palette *palette_by_name(const char *name);

#define PALETTE_ROOT_COLOR 0xd3d9e0u

// The same name, of the same owner, always has the same color, whatever else is in the profile.
uint32_t palette_color(const struct palette *palette, const struct profile_frame *frame);
// The color of a box that stands for many frames.
uint32_t palette_deeper_color(const struct palette *palette);

// A set of kinds of frames, for the legend.
typedef uint32_t palette_kinds;
palette_kinds palette_kind(const struct profile_frame *frame);
palette_kinds palette_kind_deeper(void);
// Says what the used kinds mean; nothing where this palette's colors mean nothing. Labels are of the profile, too.
void palette_legend(const struct palette *palette, const struct profile *profile, palette_kinds used,
                    struct layout *layout);

extern const struct layout_shades palette_shades; // of a comparison: orange for more, blue for less

#endif
