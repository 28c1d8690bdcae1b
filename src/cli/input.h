// A file that holds a profile: a capture (.flb), a snapshot (.snap) or folded text.
#ifndef FLAMBEAU_CLI_INPUT_H
#define FLAMBEAU_CLI_INPUT_H

#include "base/error.h"

struct fold_options;
struct profile;

// Reads `path` ("-" is standard input) to a profile that the caller frees. A capture that was cut is read as far as it
// is whole, and a sentence says so. NULL with ERROR_DATA and the file's name for anything else.
struct profile *input_read(const char *path, const struct fold_options *options, struct error *err);
// That sentence.
void input_say_cut(const char *path);

#endif
