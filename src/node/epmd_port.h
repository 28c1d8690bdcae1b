#ifndef FLAMBEAU_NODE_EPMD_PORT_H
#define FLAMBEAU_NODE_EPMD_PORT_H

#include <stdint.h>

#include "base/error.h"

struct addrinfo;

// The distribution port of the node `alive` at the epmd of the host with these addresses (`host_text` for the
// sentence); -1 on failure.
int epmd_port(const struct addrinfo *addresses, const char *host_text, const char *alive, int64_t deadline_ms,
              struct error *err);

// $ERL_EPMD_PORT, or 4369.
int epmd_own_port(void);

#endif
