// A temporary file without a name: written once, then read as often as one likes, gone whatever happens.
#ifndef FLAMBEAU_BASE_SPOOL_H
#define FLAMBEAU_BASE_SPOOL_H

#include "base/error.h"

struct byte_sink;
struct byte_source;
struct spool; // opaque

// In $TMPDIR, or where the system keeps such files. NULL on failure with ERROR_OUTPUT.
struct spool *spool_new(struct error *err);
void spool_free(struct spool *spool); // NULL is fine

// Adds to the end. The spool outlives it. NULL when out of memory.
struct byte_sink *spool_sink_new(struct spool *spool, struct error *err);
// Reads from the beginning what was written by sinks that were finished. The spool outlives it. NULL when out of
// memory.
struct byte_source *spool_source_new(struct spool *spool, struct error *err);

#endif
