// The socket under ei, through ei's user-supplied socket callbacks: TCP over either family, bare or under TLS. So every
// wait has our deadline, and a failed handshake can be told apart by how far it came.
#ifndef FLAMBEAU_NODE_TRANSPORT_H
#define FLAMBEAU_NODE_TRANSPORT_H

#include <ei.h>
#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TRANSPORT_HEARD_MAX 1024

struct tls;

struct transport {
  int fd;              // -1 while closed
  int64_t deadline_ms; // on the monotonic clock, for the handshake; 0 afterwards
  const struct addrinfo *peers;
  int port;
  struct tls *tls; // NULL: bare TCP
  bool connected;
  int writes;                               // handshake packets we sent: name, then the reply to the challenge
  int last_errno;                           // of the failed operation; 0 at end of file
  unsigned char heard[TRANSPORT_HEARD_MAX]; // the beginning of what the peer sent
  size_t heard_size;
};

extern ei_socket_callbacks transport_callbacks;

// The bytes of a handshake packet's length.
int transport_header_bytes(const struct transport *transport);

// As recv() without waiting: 0 at the end, -1 with errno. Only after EAGAIN does poll() on the descriptor tell when
// there is more.
ssize_t transport_read_now(struct transport *transport, void *data, size_t size);
// All of it, waiting only for a node that does not read. 0, or -1 with errno.
int transport_write_all(struct transport *transport, const void *data, size_t size);
// Whether a few bytes could be written without waiting.
bool transport_can_write(const struct transport *transport);

// Waits until `fd` is ready for `events` (poll's) or the deadline has passed: 0, ETIMEDOUT or another errno.
int wait_ready(int fd, short events, int64_t deadline_ms);
// A TCP connection to `port` of the first of `peers` that takes it: a descriptor, or -1 with the last one's errno.
int connect_tcp(const struct addrinfo *peers, int port, int64_t deadline_ms);

#endif
