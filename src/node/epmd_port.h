#ifndef FLAMBEAU_NODE_EPMD_PORT_H
#define FLAMBEAU_NODE_EPMD_PORT_H

#include <netinet/in.h>
#include <stdint.h>

#include "base/error.h"

// The distribution port of the node `alive` at the epmd of `host` (`host_text` for the sentence); -1 on failure.
int epmd_port(const struct in_addr *host, const char *host_text, const char *alive, int64_t deadline_ms,
              struct error *err);

// $ERL_EPMD_PORT, or 4369.
int epmd_own_port(void);

#endif
