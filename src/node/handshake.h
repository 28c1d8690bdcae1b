// What became of a handshake, read off what the peer sent.
// Protocol: OTP, erts/doc "Distribution Protocol", section Distribution Handshake.
#ifndef FLAMBEAU_NODE_HANDSHAKE_H
#define FLAMBEAU_NODE_HANDSHAKE_H

#include <stdbool.h>

#include "base/error.h"

struct node_address;
struct transport;

#define NODE_NAME_MAX 255
#define HOST_NAME_MAX_BYTES 256

// Whether ei may be given what was heard so far: it believes the peer's lengths.
bool handshake_is_sound(const struct transport *transport);

// The name the peer gave in its challenge; false when it sent none.
bool handshake_peer_name(const struct transport *transport, char name[NODE_NAME_MAX + 1]);

// The sentence for a connection that did not come about. `where` is "HOST port PORT". Returns -1.
int handshake_failure(const struct transport *transport, const struct node_address *address, const char *where,
                      struct error *err);

#endif
