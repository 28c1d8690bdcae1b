// The socket under ei: plain TCP through ei's user-supplied socket callbacks, so that every wait has our deadline and
// a failed handshake can be told apart by how far it came.
#ifndef FLAMBEAU_NODE_TRANSPORT_H
#define FLAMBEAU_NODE_TRANSPORT_H

#include <ei.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSPORT_HEARD_MAX 1024

struct transport {
  int fd;              // -1 while closed
  int64_t deadline_ms; // on the monotonic clock, for the handshake; 0 afterwards
  struct sockaddr_in peer;
  bool connected;
  int writes;                               // handshake packets we sent: name, then the reply to the challenge
  int last_errno;                           // of the failed operation; 0 at end of file
  unsigned char heard[TRANSPORT_HEARD_MAX]; // the beginning of what the peer sent
  size_t heard_size;
};

extern ei_socket_callbacks transport_callbacks;

// Waits until `fd` is ready for `events` (poll's) or the deadline has passed: 0, ETIMEDOUT or another errno.
int wait_ready(int fd, short events, int64_t deadline_ms);
// A TCP connection to `peer`: a descriptor, or -1 with errno.
int connect_tcp(const struct sockaddr_in *peer, int64_t deadline_ms);

#endif
