// Text that a node or a file chose, made safe to print on a terminal.
#ifndef FLAMBEAU_CLI_TERMINAL_TEXT_H
#define FLAMBEAU_CLI_TERMINAL_TEXT_H

#include <stddef.h>

// The widest that one byte of the original can become.
#define TERMINAL_TEXT_GROWTH 8

// Copies `text` into `safe`: control characters and bytes that are not UTF-8 become \xNN, characters that reorder or
// break lines \u{NNNN}. What does not fit into `size` is left out at a character boundary. How many columns it takes,
// counting a character as one.
size_t terminal_text(const char *text, char *safe, size_t size);

#endif
