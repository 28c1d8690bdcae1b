// Enters: a node's name and cookie. Leaves: whole messages from it, and messages to it.
// ei makes the handshake and encodes terms. Reading after the handshake is ours: ei would believe any length that the
// peer claims and lose its place in the stream at a time-out. Invariant: `in` holds `taken` bytes of messages that were
// handed out or are of no interest, the last of which stays until the next call, and then unread bytes of the stream.
#include "node/node.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "epmd_port.h"
#include "handshake.h"
#include "node/term.h"
#include "resolve.h"
#include "term_writer.h"
#include "tls.h"
#include "transport.h"

// The agent sends batches of at most a few hundred kilobytes; nobody else has a reason to write to us.
#define MESSAGE_MAX_BYTES (32u * 1024 * 1024)
#define READ_PIECE_BYTES (64u * 1024)
#define PIECES_AT_ONCE 64 // without a message among them
#define SEND_TIMEOUT_MS 5000u
// Control messages, erts/doc "Distribution Protocol".
enum {
  CONTROL_SEND = 2,
  CONTROL_EXIT = 3,
  CONTROL_SEND_TT = 12,
  CONTROL_EXIT_TT = 13,
  PASS_THROUGH = 112,
  VERSION = 131
};

struct node {
  ei_cnode ei;
  struct transport transport;
  char name[NODE_NAME_MAX + 1];
  struct node_pid self;
  struct bytes in;
  size_t taken;
};

static void start_ei(void)
{
  ei_init();
}

// The name that the handshake carries for us: a host part of the same kind, long or short, as the target's.
static void own_host(const char *target_host, char *host, size_t size)
{
  char local[HOST_NAME_MAX_BYTES] = "localhost";
  gethostname(local, sizeof local - 1);
  bool is_long = strchr(target_host, '.') != NULL;
  if (!is_long)
    local[strcspn(local, ".")] = '\0';
  if (is_long && !strchr(local, '.'))
    snprintf(host, size, strncmp(target_host, "127.", 4) == 0 ? "127.0.0.1" : "%s.local", local);
  else
    snprintf(host, size, "%s", local);
}

static int check_name(const char *name, const char *what, struct error *err)
{
  const char *at = strchr(name, '@');
  if (!at || at == name || !at[1] || strchr(at + 1, '@') || strlen(name) > NODE_NAME_MAX)
    return error_set(err, ERROR_USAGE, "\"%s\" is no %s: it has the form NAME@HOST", name, what);
  return 0;
}

// Where to connect: `--address`, or the DNS and epmd.
static int find_peer(const struct node_address *address, struct transport *transport, char *where, size_t where_size,
                     struct addrinfo **peers, struct error *err)
{
  char host[NODE_NAME_MAX + 1], alive[NODE_NAME_MAX + 1];
  const char *at = strchr(address->name, '@');
  int port = 0;
  snprintf(alive, sizeof alive, "%.*s", (int)(at - address->name), address->name);
  snprintf(host, sizeof host, "%s", at + 1);
  if (address->address && address_split(address->address, host, sizeof host, &port, err) != 0)
    return -1;
  if (resolve_host(host, peers, err) != 0)
    return -1;
  if (port == 0)
    port = epmd_port(*peers, host, alive, transport->deadline_ms, err);
  transport->peers = *peers;
  transport->port = port;
  snprintf(where, where_size, "%s port %d", host, port);
  return port < 0 ? -1 : 0;
}

static int init_ei(struct node *node, const struct node_address *address, struct error *err)
{
  char host[NODE_NAME_MAX + 1];
  char alive[NODE_NAME_MAX + 1] = "";
  own_host(strchr(address->name, '@') + 1, host, sizeof host);
  if (address->own_name) {
    const char *at = strchr(address->own_name, '@');
    snprintf(alive, sizeof alive, "%.*s", (int)(at - address->own_name), address->own_name);
    snprintf(host, sizeof host, "%s", at + 1);
  }
  // Without a name of our own the target gives us one from a pool that it uses again (DFLAG_NAME_ME).
  if (strlen(alive) > EI_MAXALIVELEN || strlen(host) > EI_MAXHOSTNAMELEN ||
      ei_connect_xinit_ussi(&node->ei, host, *alive ? alive : NULL, address->own_name, NULL, address->cookie,
                            (unsigned)getpid(), &transport_callbacks, sizeof transport_callbacks,
                            &node->transport) != 0)
    return error_set(err, ERROR_USAGE, "the node name %s is too long", address->own_name ? address->own_name : host);
  return 0;
}

static int connect_peer(struct node *node, const struct node_address *address, const char *where, struct error *err)
{
  struct in_addr unused = {0}; // ei's idea of where it connects to; the transport knows better
  if (ei_xconnect_host_port_tmo(&node->ei, &unused, node->transport.port, (unsigned)address->connect_timeout_ms) < 0)
    return handshake_failure(&node->transport, address, where, err);
  char heard[NODE_NAME_MAX + 1];
  if (handshake_peer_name(&node->transport, heard) && strcmp(heard, address->name) != 0)
    return error_set(err, ERROR_UNREACHABLE, "the node at %s is %s, not %s", where, heard, address->name);
  erlang_pid *self = ei_self(&node->ei);
  snprintf(node->self.node, sizeof node->self.node, "%s", self->node);
  node->self.number = self->num;
  node->self.serial = self->serial;
  node->self.creation = self->creation;
  return 0;
}

static int connect_node(struct node *node, const struct node_address *address, struct error *err)
{
  char where[NODE_NAME_MAX + 32];
  struct addrinfo *peers = NULL;
  node->transport.deadline_ms = clock_ms() + address->connect_timeout_ms;
  if (address->tls && !(node->transport.tls = tls_new(address->tls, strchr(address->name, '@') + 1, err)))
    return -1;
  int status = find_peer(address, &node->transport, where, sizeof where, &peers, err);
  if (status == 0 && (status = init_ei(node, address, err)) == 0)
    status = connect_peer(node, address, where, err);
  if (peers)
    freeaddrinfo(peers);
  node->transport.peers = NULL;
  return status;
}

struct node *node_connect(const struct node_address *address, struct error *err)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, start_ei);
  if (check_name(address->name, "node name", err) != 0 ||
      (address->own_name && check_name(address->own_name, "node name", err) != 0))
    return NULL;
  struct node *node = calloc(1, sizeof *node);
  if (!node) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  node->transport.fd = -1;
  bytes_init(&node->in, MESSAGE_MAX_BYTES + READ_PIECE_BYTES + 4);
  snprintf(node->name, sizeof node->name, "%s", address->name);
  if (connect_node(node, address, err) != 0) {
    node_free(node);
    return NULL;
  }
  return node;
}

void node_free(struct node *node)
{
  if (!node)
    return;
  if (node->transport.fd >= 0)
    ei_close_connection(node->transport.fd);
  if (node->transport.fd >= 0) // ei forgot it: the handshake never ended
    close(node->transport.fd);
  tls_free(node->transport.tls);
  bytes_release(&node->in);
  free(node);
}

const char *node_name(const struct node *node)
{
  return node->name;
}

const char *node_own_name(const struct node *node)
{
  return ei_thisnodename(&node->ei);
}

int node_fd(const struct node *node)
{
  return node->transport.fd;
}

const struct node_pid *node_self(const struct node *node)
{
  return &node->self;
}

static enum node_event gone(struct error *err, const char *name, const char *why)
{
  error_set(err, ERROR_UNREACHABLE, "the connection to %s is lost: %s", name, why);
  return NODE_GONE;
}

// One message of the distribution protocol: what it means to us, with its term in `message`.
static enum node_event understand(const uint8_t *data, size_t size, struct term_reader *message)
{
  if (size < 2 || data[0] != PASS_THROUGH || data[1] != VERSION)
    return NODE_NOTHING;
  data += 2;
  size -= 2;
  size_t control_size = term_span(data, size);
  struct term_reader control;
  term_reader_init(&control, data, control_size);
  int arity = term_read_tuple(&control);
  uint64_t operation = term_read_u64(&control);
  if (control.failed)
    return NODE_NOTHING;
  data += control_size;
  size -= control_size;
  if (operation == CONTROL_SEND || operation == CONTROL_SEND_TT) {
    if (size < 1 || data[0] != VERSION)
      return NODE_NOTHING;
    term_reader_init(message, data + 1, size - 1);
    return NODE_MESSAGE;
  }
  if ((operation == CONTROL_EXIT && arity == 4) || (operation == CONTROL_EXIT_TT && arity == 5)) {
    for (int skip = arity - 2; skip > 0; skip--) // from, to and, when traced, the token
      term_read_skip(&control);
    size_t reason = control.failed ? 0 : control.size - (size_t)control.at;
    term_reader_init(message, control.data + control.at, reason);
    return NODE_EXITED;
  }
  return NODE_NOTHING;
}

static int answer_tick(struct node *node)
{
  static const char tick[4];
  // A node that has not yet read what we sent need not be told that we are there.
  if (!transport_can_write(&node->transport))
    return 0;
  return transport_write_all(&node->transport, tick, sizeof tick);
}

// The next whole message among the bytes that are here. `ticked`: the node asked whether we are there.
static enum node_event next_message(struct node *node, struct term_reader *message, bool *ticked, struct error *err)
{
  for (;;) {
    struct byte_reader header;
    byte_reader_init(&header, node->in.data, node->in.size);
    byte_reader_take(&header, node->taken);
    size_t size = (size_t)byte_reader_be(&header, 4);
    if (header.failed)
      return NODE_NOTHING;
    if (size > MESSAGE_MAX_BYTES)
      return gone(err, node->name, "it sent a message larger than any of the agent's");
    if (byte_reader_left(&header) < size)
      return NODE_NOTHING;
    node->taken += 4 + size;
    *ticked = *ticked || size == 0;
    enum node_event event = size ? understand(header.at, size, message) : NODE_NOTHING;
    if (event != NODE_NOTHING)
      return event;
  }
}

enum node_event node_receive(struct node *node, struct term_reader *message, struct error *err)
{
  for (int pieces = 0;; pieces++) {
    bool ticked = false;
    enum node_event event = next_message(node, message, &ticked, err);
    if (ticked && answer_tick(node) != 0)
      return gone(err, node->name, strerror(errno));
    // Whoever calls has a clock to look at. What TLS has decrypted and not handed out is less than a piece.
    if (event != NODE_NOTHING || pieces == PIECES_AT_ONCE)
      return event;
    bytes_drop_front(&node->in, node->taken);
    node->taken = 0;
    size_t before = node->in.size;
    uint8_t *room = bytes_reserve(&node->in, READ_PIECE_BYTES);
    if (!room)
      return gone(err, node->name, "out of memory");
    ssize_t got = transport_read_now(&node->transport, room, READ_PIECE_BYTES);
    node->in.size = before + (got > 0 ? (size_t)got : 0);
    if (got == 0)
      return gone(err, node->name, "the node closed it");
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return NODE_NOTHING;
    if (got < 0)
      return gone(err, node->name, strerror(errno));
  }
}

static int sent(struct node *node, int result, struct error *err)
{
  if (result >= 0)
    return 0;
  return error_set(err, ERROR_UNREACHABLE, "the connection to %s is lost: it takes no messages (%s)", node->name,
                   strerror(node->transport.last_errno ? node->transport.last_errno : EPIPE));
}

int node_send(struct node *node, const struct node_pid *to, const struct term_writer *term, struct error *err)
{
  if (term->failed)
    return error_set(err, ERROR_MEMORY, "out of memory");
  erlang_pid pid = {.num = to->number, .serial = to->serial, .creation = to->creation};
  snprintf(pid.node, sizeof pid.node, "%s", to->node);
  return sent(node, ei_send_tmo(node->transport.fd, &pid, term->x.buff, term->x.index, SEND_TIMEOUT_MS), err);
}

// rex takes {'$gen_cast', {cast, M, F, Args, GroupLeader}} from any node: OTP, lib/kernel/src/rpc.erl, handle_cast. We
// are the group leader, so that nothing is printed on the node. Not net_kernel's spawn and spawn_link, whose answer and
// link, where we have gone by then, have the node look for us and connect.
int node_spawn(struct node *node, const char *module, const char *function, const struct term_writer *arguments,
               struct error *err)
{
  struct term_writer *cast = term_writer_new();
  if (!cast || arguments->failed) {
    term_writer_free(cast);
    return error_set(err, ERROR_MEMORY, "out of memory");
  }
  term_write_tuple(cast, 2);
  term_write_atom(cast, "$gen_cast");
  term_write_tuple(cast, 5);
  term_write_atom(cast, "cast");
  term_write_atom(cast, module);
  term_write_atom(cast, function);
  term_write_encoded(cast, arguments->x.buff + 1, (size_t)arguments->x.index - 1);
  term_write_pid(cast, &node->self);
  int result =
      cast->failed
          ? error_set(err, ERROR_MEMORY, "out of memory")
          : sent(node,
                 ei_reg_send_tmo(&node->ei, node->transport.fd, "rex", cast->x.buff, cast->x.index, SEND_TIMEOUT_MS),
                 err);
  term_writer_free(cast);
  return result;
}
