// The one user of libzip.
#ifndef FLAMBEAU_BASE_ZIP_IO_H
#define FLAMBEAU_BASE_ZIP_IO_H

#include "base/error.h"

struct byte_sink;
struct byte_source;
struct zip_archive; // opaque

// An archive that is put together in memory. NULL when out of memory.
struct zip_archive *zip_archive_new(struct error *err);
void zip_archive_free(struct zip_archive *archive); // NULL is fine

// Adds all of `source` as the file `name`, "folder/name" in a folder, without a time.
int zip_archive_add(struct zip_archive *archive, const char *name, struct byte_source *source, struct error *err);
// Writes the archive to `out` (borrowed, not finished). To be called once, after all was added.
int zip_archive_write(struct zip_archive *archive, struct byte_sink *out, struct error *err);

#endif
