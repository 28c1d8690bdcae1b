// TLS under the distribution protocol, as nodes started with -proto_dist inet_tls speak it: a client that checks the
// node's certificate and whom it is for. It never waits: where it would have to, it says for what.
#ifndef FLAMBEAU_NODE_TLS_H
#define FLAMBEAU_NODE_TLS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct node_tls;
struct tls; // opaque

// For one connection. The node's certificate must be for `host`, a name or an address. `settings` is borrowed for as
// long as tls_failure may be asked. NULL with ERROR_USAGE and a sentence when a file of the settings is of no use.
struct tls *tls_new(const struct node_tls *settings, const char *host, struct error *err);
void tls_free(struct tls *tls); // NULL is fine

// One step of the handshake on a non-blocking socket: 0, or -1 with errno. EAGAIN: wait for tls_waits_for, try again.
int tls_handshake(struct tls *tls, int fd);
// As recv() and send() on a non-blocking socket. A write that said EAGAIN must be repeated with the same bytes.
ssize_t tls_read(struct tls *tls, void *data, size_t size);
ssize_t tls_write(struct tls *tls, const void *data, size_t size);
short tls_waits_for(const struct tls *tls); // POLLIN or POLLOUT
void tls_close(struct tls *tls);            // says goodbye, if it can at once

// The sentence for a connection over which nothing of the distribution protocol was heard; `failure` is the errno of
// what failed. -1, or 0 when TLS was not the reason.
int tls_failure(const struct tls *tls, const char *name, const char *where, int failure, struct error *err);

#endif
