// What a verb prints for people: text on standard output, or in a file.
#ifndef FLAMBEAU_CLI_PRINT_H
#define FLAMBEAU_CLI_PRINT_H

#include "base/error.h"

struct byte_sink;

// Opens `path` ("-" is standard output), has `write` fill it and finishes it. A reader of standard output that has seen
// enough (`| head`) ends the program quietly, as it does everywhere else.
int print_to(const char *path, int (*write)(const void *what, struct byte_sink *out, struct error *err),
             const void *what, struct error *err);

#endif
