#ifndef FLAMBEAU_NODE_RESOLVE_H
#define FLAMBEAU_NODE_RESOLVE_H

#include <netinet/in.h>

#include "base/error.h"

// A host name or address text to an IPv4 address (ei connects to no other). 0, or -1 with ERROR_UNREACHABLE.
int resolve_host(const char *host, struct in_addr *address, struct error *err);

#endif
