// Where the files of a report go together: a folder, or a ZIP archive.
#ifndef FLAMBEAU_CLI_REPORT_PLACE_H
#define FLAMBEAU_CLI_REPORT_PLACE_H

#include <stddef.h>

#include "base/error.h"

struct spool;

// Tries the place and leaves nothing there. ERROR_OUTPUT when it cannot be written, or is a folder with something in
// it.
int report_place_check(const char *path, const char *const *names, size_t count, struct error *err);
// Writes all the files under their names, or none.
int report_place_fill(const char *path, const char *const *names, struct spool *const *files, size_t count,
                      struct error *err);

#endif
