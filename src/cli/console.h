// Everything a person reads on stderr while a command runs: sentences, and one progress line that is rewritten in
// place.
#ifndef FLAMBEAU_CLI_CONSOLE_H
#define FLAMBEAU_CLI_CONSOLE_H

#include <stdbool.h>

#include "base/error.h"

// One line "flambeau: ...", whatever the arguments hold made safe for a terminal.
void console_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void console_error(const struct error *err);

bool console_is_terminal(void); // one that can rewrite a line
// Replaces the progress line; "" takes it away. What console_say writes goes above it.
void console_progress(const char *line);

// The exit status of the command line that stands for an error.
int console_exit_status(enum error_code code);

#endif
