// What a terminal can show.
#ifndef FLAMBEAU_CLI_TERMINAL_H
#define FLAMBEAU_CLI_TERMINAL_H

#include <stdbool.h>

// How wide lines may be: of the terminal on stdout if `on_stdout`, else what $COLUMNS says; 0 when nobody knows.
unsigned terminal_columns(bool on_stdout);
// How many colors stdout shows: 0, 256 or 1 << 24. None where it is no terminal or $NO_COLOR is set.
unsigned terminal_colors(void);

#endif
