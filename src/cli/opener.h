// A written file shown to the user.
#ifndef FLAMBEAU_CLI_OPENER_H
#define FLAMBEAU_CLI_OPENER_H

#include <stddef.h>

#include "base/error.h"

// Starts the user's browser ($BROWSER, else the desktop's choice) on a file and does not wait for it to end.
// ERROR_OUTPUT when none could be started, or it fails at once.
int opener_show(const char *path, struct error *err);

// The absolute `path` as a file:// URL; -1 when it does not fit.
int opener_url(const char *path, char *url, size_t size);

#endif
