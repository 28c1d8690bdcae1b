// Enters: ei's wish to connect, read and write. Leaves: bytes on a TCP socket, each wait bounded.
#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"

// A node that has not taken a small message for this long does not read any more.
#define WRITE_TIMEOUT_MS 5000

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

int connect_tcp(const struct sockaddr_in *peer, int64_t deadline_ms)
{
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  int failure = 0;
  if (connect(fd, (const struct sockaddr *)peer, sizeof *peer) != 0) {
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

static int transport_socket(void **context, void *setup)
{
  *context = setup;
  return 0;
}

static int transport_close(void *context)
{
  struct transport *transport = context;
  if (transport->fd >= 0)
    close(transport->fd);
  transport->fd = -1;
  return 0;
}

static int transport_connect(void *context, void *address, int size, unsigned timeout_ms)
{
  (void)address; // ei's idea of it; ours is in the transport
  (void)size;
  (void)timeout_ms;
  struct transport *transport = context;
  transport->fd = connect_tcp(&transport->peer, transport->deadline_ms);
  transport->last_errno = transport->fd < 0 ? errno : 0;
  transport->connected = transport->fd >= 0;
  return transport->last_errno;
}

static int64_t write_deadline(const struct transport *transport)
{
  return transport->deadline_ms ? transport->deadline_ms : clock_ms() + WRITE_TIMEOUT_MS;
}

static int transport_writev(void *context, const void *vectors, int count, ssize_t *size, unsigned timeout_ms)
{
  (void)timeout_ms;
  struct transport *transport = context;
  int failure = wait_ready(transport->fd, POLLOUT, write_deadline(transport));
  if (failure == 0) {
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)vectors, .msg_iovlen = (size_t)count};
    *size = sendmsg(transport->fd, &message, MSG_NOSIGNAL);
    failure = *size < 0 ? errno : 0;
  }
  transport->last_errno = failure;
  return failure;
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
  int failure = wait_ready(transport->fd, POLLIN, write_deadline(transport));
  if (failure == 0) {
    *size = recv(transport->fd, data, (size_t)*size, 0);
    failure = *size < 0 ? errno : 0;
  }
  transport->last_errno = failure;
  if (failure == 0 && transport->heard_size < TRANSPORT_HEARD_MAX) {
    size_t room = TRANSPORT_HEARD_MAX - transport->heard_size;
    size_t kept = (size_t)*size < room ? (size_t)*size : room;
    memcpy(transport->heard + transport->heard_size, data, kept);
    transport->heard_size += kept;
  }
  return failure;
}

static int transport_header_size(void *context, int *size)
{
  (void)context;
  *size = 2; // of handshake packets over TCP; TLS would be 4
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
