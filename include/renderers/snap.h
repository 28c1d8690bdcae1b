// The snapshot as text (renderers/snap/SNAP.md).
#ifndef FLAMBEAU_RENDERERS_SNAP_H
#define FLAMBEAU_RENDERERS_SNAP_H

#include <stdbool.h>

#include "base/error.h"

struct byte_sink;
struct profile;
struct profile_spread;

// Times are evidence from so many measured calls on, and of what takes at least so long.
#define SNAP_MIN_MEASURED 5
#define SNAP_MIN_NS 100000

// Writes the snapshot of `profile`, of any kind, to `out` (borrowed, not finished). With a `baseline` (NULL without),
// a snapshot that was read, a time that is the same as there (snap_same_time) is written as it is there, so that the
// text changes where something has changed. ERROR_EMPTY when there are no calls.
int snap_write(const struct profile *profile, const struct profile *baseline, struct byte_sink *out, struct error *err);

// Whether one may be the other, measured again: the ranges between their quartiles meet.
bool snap_same_time(const struct profile_spread *a, const struct profile_spread *b);

#endif
