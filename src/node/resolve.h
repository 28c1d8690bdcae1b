// Where to connect: a host, by name or by address of either family, and perhaps a port.
#ifndef FLAMBEAU_NODE_RESOLVE_H
#define FLAMBEAU_NODE_RESOLVE_H

#include <netdb.h>
#include <stddef.h>

#include "base/error.h"

// "HOST", "HOST:PORT", "[IPV6]", "[IPV6]:PORT" or "IPV6" into host and port (0: none). 0, or -1 with ERROR_USAGE.
int address_split(const char *text, char *host, size_t size, int *port, struct error *err);

// The addresses of a host, in the order in which to try them; the caller frees them with freeaddrinfo(). 0, or -1
// with ERROR_UNREACHABLE.
int resolve_host(const char *host, struct addrinfo **addresses, struct error *err);

#endif
