// The name of an output that nobody named.
#ifndef FLAMBEAU_CLI_OUTPUT_NAME_H
#define FLAMBEAU_CLI_OUTPUT_NAME_H

#define OUTPUT_NAME_MAX 256

// "flambeau-<node>-<what>-<time>.svg" in the current folder. Only letters, digits and `._@+-` of the parts are kept,
// and a bounded number of them; NULL or empty parts are left out. `started` is a time like 2026-01-31T12:00:00Z.
void output_name(const char *node, const char *what, const char *started, const char *extension,
                 char name[OUTPUT_NAME_MAX]);

#endif
