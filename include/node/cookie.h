// The shared secret of a cluster: found where Erlang's own tools would find it.
#ifndef FLAMBEAU_NODE_COOKIE_H
#define FLAMBEAU_NODE_COOKIE_H

#include "base/error.h"

#define COOKIE_MAX 512 // EI_MAX_COOKIE_SIZE

// In this order: `value`, the file `file`, $FLAMBEAU_COOKIE, $RELEASE_COOKIE, ~/.erlang.cookie. NULL skips one.
// Surrounding white space is dropped. ERROR_USAGE when a named file cannot be read, ERROR_UNREACHABLE when there
// is no cookie anywhere. `from` (may be NULL) gets a text of where it was found, for -v.
int cookie_find(const char *value, const char *file, char cookie[COOKIE_MAX + 1], const char **from, struct error *err);

#endif
