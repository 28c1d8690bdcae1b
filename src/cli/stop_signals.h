// Ctrl-C and SIGTERM as bytes on a pipe, for a poll loop.
#ifndef FLAMBEAU_CLI_STOP_SIGNALS_H
#define FLAMBEAU_CLI_STOP_SIGNALS_H

#include "base/error.h"

// From now on each SIGINT and SIGTERM is one byte on the returned descriptor, which stays open; -1 with `err`.
int stop_signals_catch(struct error *err);

#endif
