// Enters: ei's wish to connect, read and write. Leaves: bytes on a TCP socket or in TLS on one, each wait bounded.
#include "transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "handshake.h"
#include "tls.h"

// A node that has not taken a small message for this long does not read any more.
#define OPERATION_TIMEOUT_MS 5000

int wait_ready(int fd, short events, int64_t deadline_ms)
{
  for (;;) {
    int64_t left = deadline_ms - clock_ms();
    struct pollfd poller = {.fd = fd, .events = events};
    int ready = left > 0 ? poll(&poller, 1, (int)left) : 0;
    if (ready > 0)
      return 0;
    if (ready == 0)
      return ETIMEDOUT;
    if (errno != EINTR)
      return errno;
  }
}

static int connect_one(const struct addrinfo *peer, int port, int64_t deadline_ms)
{
  struct sockaddr_storage address = {0};
  memcpy(&address, peer->ai_addr, peer->ai_addrlen);
  if (peer->ai_family == AF_INET6)
    ((struct sockaddr_in6 *)&address)->sin6_port = htons((uint16_t)port);
  else
    ((struct sockaddr_in *)&address)->sin_port = htons((uint16_t)port);
  int fd = socket(peer->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  int failure = 0;
  if (connect(fd, (struct sockaddr *)&address, peer->ai_addrlen) != 0) {
    failure = errno;
    if (failure == EINPROGRESS)
      failure = wait_ready(fd, POLLOUT, deadline_ms);
    socklen_t size = sizeof failure;
    if (failure == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0)
      failure = errno;
  }
  if (failure != 0) {
    close(fd);
    errno = failure;
    return -1;
  }
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int connect_tcp(const struct addrinfo *peers, int port, int64_t deadline_ms)
{
  int fd = -1;
  int left = 0;
  for (const struct addrinfo *peer = peers; peer; peer = peer->ai_next)
    left++;
  // Each gets its share of the time, so that an address that swallows everything leaves some for the next.
  for (const struct addrinfo *peer = peers; peer && fd < 0; peer = peer->ai_next)
    fd = connect_one(peer, port, clock_ms() + (deadline_ms - clock_ms()) / left--);
  return fd;
}

int transport_header_bytes(const struct transport *transport)
{
  return transport->tls ? 4 : 2;
}

ssize_t transport_read_now(struct transport *transport, void *data, size_t size)
{
  return transport->tls ? tls_read(transport->tls, data, size) : recv(transport->fd, data, size, MSG_DONTWAIT);
}

static ssize_t write_now(struct transport *transport, const struct iovec *vectors, int count)
{
  if (transport->tls) {
    for (; count > 1 && vectors->iov_len == 0; count--)
      vectors++;
    return tls_write(transport->tls, vectors->iov_base, vectors->iov_len);
  }
  struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)vectors, .msg_iovlen = (size_t)count};
  return sendmsg(transport->fd, &message, MSG_NOSIGNAL);
}

// After an operation that failed: 0 once it may be tried again, or an errno.
static int wait_again(const struct transport *transport, short events, int64_t deadline_ms)
{
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
    return errno;
  return wait_ready(transport->fd, transport->tls ? tls_waits_for(transport->tls) : events, deadline_ms);
}

static int transport_socket(void **context, void *setup)
{
  *context = setup;
  return 0;
}

static int transport_close(void *context)
{
  struct transport *transport = context;
  if (transport->fd >= 0) {
    if (transport->tls)
      tls_close(transport->tls);
    close(transport->fd);
  }
  transport->fd = -1;
  return 0;
}

static int transport_connect(void *context, void *address, int size, unsigned timeout_ms)
{
  (void)address; // ei's idea of it; ours is in the transport
  (void)size;
  (void)timeout_ms;
  struct transport *transport = context;
  transport->fd = connect_tcp(transport->peers, transport->port, transport->deadline_ms);
  transport->connected = transport->fd >= 0;
  int failure = transport->connected ? 0 : errno;
  while (failure == 0 && transport->tls && tls_handshake(transport->tls, transport->fd) != 0)
    failure = wait_again(transport, POLLIN, transport->deadline_ms);
  transport->last_errno = failure;
  return failure;
}

static int64_t operation_deadline(const struct transport *transport)
{
  return transport->deadline_ms ? transport->deadline_ms : clock_ms() + OPERATION_TIMEOUT_MS;
}

static int transport_writev(void *context, const void *vectors, int count, ssize_t *size, unsigned timeout_ms)
{
  (void)timeout_ms;
  struct transport *transport = context;
  int64_t deadline_ms = operation_deadline(transport);
  int failure = 0;
  while (failure == 0 && (*size = write_now(transport, vectors, count)) < 0)
    failure = wait_again(transport, POLLOUT, deadline_ms);
  transport->last_errno = failure;
  return failure;
}

int transport_write_all(struct transport *transport, const void *data, size_t size)
{
  const char *at = data;
  for (ssize_t written; size > 0; at += written, size -= (size_t)written) {
    struct iovec vector = {.iov_base = (void *)(uintptr_t)at, .iov_len = size};
    int failure = transport_writev(transport, &vector, 1, &written, 0);
    if (failure != 0) {
      errno = failure;
      return -1;
    }
  }
  return 0;
}

bool transport_can_write(const struct transport *transport)
{
  struct pollfd poller = {.fd = transport->fd, .events = POLLOUT};
  return poll(&poller, 1, 0) == 1;
}

static int transport_write(void *context, const char *data, ssize_t *size, unsigned timeout_ms)
{
  struct transport *transport = context;
  struct iovec vector = {.iov_base = (void *)(uintptr_t)data, .iov_len = (size_t)*size};
  transport->writes++;
  return transport_writev(context, &vector, 1, size, timeout_ms);
}

static int transport_read(void *context, char *data, ssize_t *size, unsigned timeout_ms)
{
  (void)timeout_ms;
  struct transport *transport = context;
  int64_t deadline_ms = operation_deadline(transport);
  size_t room = (size_t)*size;
  int failure = 0;
  while (failure == 0 && (*size = transport_read_now(transport, data, room)) < 0)
    failure = wait_again(transport, POLLIN, deadline_ms);
  transport->last_errno = failure;
  if (failure == 0 && transport->heard_size < TRANSPORT_HEARD_MAX) {
    size_t left = TRANSPORT_HEARD_MAX - transport->heard_size;
    size_t kept = (size_t)*size < left ? (size_t)*size : left;
    memcpy(transport->heard + transport->heard_size, data, kept);
    transport->heard_size += kept;
    if (!handshake_is_sound(transport))
      transport->last_errno = failure = EPROTO;
  }
  return failure;
}

static int transport_header_size(void *context, int *size)
{
  *size = transport_header_bytes(context);
  return 0;
}

static int transport_done(void *context)
{
  ((struct transport *)context)->deadline_ms = 0;
  return 0;
}

static int transport_fd(void *context, int *fd)
{
  *fd = ((struct transport *)context)->fd;
  return 0;
}

ei_socket_callbacks transport_callbacks = {
    .flags = EI_SCLBK_FLG_FULL_IMPL,
    .socket = transport_socket,
    .close = transport_close,
    .connect = transport_connect,
    .writev = transport_writev,
    .write = transport_write,
    .read = transport_read,
    .handshake_packet_header_size = transport_header_size,
    .connect_handshake_complete = transport_done,
    .get_fd = transport_fd,
};
