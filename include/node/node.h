// A connection to a running BEAM node as a hidden node. The rest of the program sees no ei type.
#ifndef FLAMBEAU_NODE_NODE_H
#define FLAMBEAU_NODE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct term_reader;
struct term_writer;

struct node_tls {
  const char *cacert; // a file with the CAs whose word on the node's certificate we take; NULL: those the system knows
  const char *cert;   // a file with our certificate, for a node that wants one; NULL
  const char *key;    // a file with its private key; NULL: in `cert`
  bool insecure;      // take any certificate
};

struct node_address {
  const char *name;     // "shop@10.0.0.7"; a host with a dot means long names
  const char *cookie;   // required
  const char *address;  // "HOST", "HOST:PORT" or "[IPV6]:PORT" to connect to instead of asking the DNS and epmd; NULL
  const char *own_name; // our node name; NULL: one the target gives us, so that no atom of ours piles up there
  const struct node_tls *tls; // for nodes with encrypted distribution; NULL: in clear
  int connect_timeout_ms;     // for the whole of finding, connecting and the handshake
};

struct node; // opaque

// NULL with ERROR_USAGE (a name that is none) or ERROR_UNREACHABLE and a sentence that says which step failed.
struct node *node_connect(const struct node_address *address, struct error *err);
void node_free(struct node *node); // closes the connection; NULL is fine

const char *node_name(const struct node *node);     // the target's
const char *node_own_name(const struct node *node); // ours, as the target knows it
int node_fd(const struct node *node);               // for poll(); readable: call node_receive

enum node_event {
  NODE_NOTHING, // nothing whole has arrived yet (or a tick, which has been answered)
  NODE_MESSAGE, // a message to us: `message` holds its term
  NODE_EXITED,  // a process linked to us ended: `message` holds its exit reason (empty and failed if not readable)
  NODE_GONE,    // the connection is lost; `err` says how
};

// Takes what the socket has without waiting. `message` borrows from the node until the next call.
enum node_event node_receive(struct node *node, struct term_reader *message, struct error *err);

// Sends the term in `term` (whole, one term) to a process. 0 or -1.
struct node_pid;
int node_send(struct node *node, const struct node_pid *to, const struct term_writer *term, struct error *err);

// Our own pid, as terms carry it.
const struct node_pid *node_self(const struct node *node);

// Asks the node to spawn Module:Function(Arguments...). It should link to us, so that it dies with the connection and
// its end comes as NODE_EXITED. `arguments` is one list term. Does not wait: let the process speak for itself. 0 or -1.
int node_spawn(struct node *node, const char *module, const char *function, const struct term_writer *arguments,
               struct error *err);

#endif
