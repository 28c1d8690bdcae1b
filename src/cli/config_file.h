// A small file of settings: `key = value` lines, as git and others have.
#ifndef FLAMBEAU_CLI_CONFIG_FILE_H
#define FLAMBEAU_CLI_CONFIG_FILE_H

#include "base/bytes.h"
#include "base/error.h"
#include "options.h"

// Fills `settings` from the lines of `path`: keys are the names of `rows`, values what the option takes, or for a flag
// `true` or `false`. A key may come again where the option may. Empty lines and such that begin with # or ; are
// skipped. `text` (initialized, with a limit) keeps what the settings point to. ERROR_DATA when the file cannot be
// read, ERROR_USAGE, with the file and the line, for what is wrong in it.
int config_file_read(const char *path, const struct option_row *rows, void *settings, struct bytes *text,
                     struct error *err);

#define CONFIG_FILE_MAX_BYTES ((size_t)64 << 10)

#endif
