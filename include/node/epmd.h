// The Erlang port mapper: asked directly, because ei has no call for the list of names.
// Protocol: OTP, erts/doc "Distribution Protocol", section EPMD protocol.
#ifndef FLAMBEAU_NODE_EPMD_H
#define FLAMBEAU_NODE_EPMD_H

#include <stddef.h>

#include "base/error.h"

struct epmd_name {
  char name[256]; // the part before the @
  int port;
};

// All names registered at the epmd of `host` (NULL: this machine; $ERL_EPMD_PORT is honoured). The caller frees
// `*names` with free(). ERROR_UNREACHABLE with a sentence when there is no epmd or no such host.
int epmd_names(const char *host, int timeout_ms, struct epmd_name **names, size_t *count, struct error *err);

#endif
