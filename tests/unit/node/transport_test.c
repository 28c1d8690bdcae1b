// Connecting to a host with several addresses, and that no wait goes past its time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport.h"

static const struct sockaddr_in near4 = {.sin_family = AF_INET, .sin_addr = {.s_addr = 0x0100007f}};
static const struct sockaddr_in6 near6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

static struct addrinfo address(const void *socket_address, socklen_t size, struct addrinfo *next)
{
  const struct sockaddr *any = socket_address;
  return (struct addrinfo){.ai_family = any->sa_family,
                           .ai_socktype = SOCK_STREAM,
                           .ai_addrlen = size,
                           .ai_addr = (struct sockaddr *)(uintptr_t)any,
                           .ai_next = next};
}

// A listener on ::1 alone.
static int listen6(int *port)
{
  struct sockaddr_in6 bound = near6;
  socklen_t size = sizeof bound;
  int on = 1;
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on), 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&bound, size), 0);
  assert_int_equal(listen(fd, 1), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&bound, &size), 0);
  *port = ntohs(bound.sin6_port);
  return fd;
}

static void the_next_address_is_tried(void **state)
{
  (void)state;
  struct addrinfo second = address(&near6, sizeof near6, NULL);
  struct addrinfo first = address(&near4, sizeof near4, &second);
  int port;
  int listener = listen6(&port);
  int fd = connect_tcp(&first, port, clock_ms() + 5000);
  assert_true(fd >= 0);
  close(fd);
  close(listener);
  assert_int_equal(connect_tcp(&first, port, clock_ms() + 5000), -1);
  assert_int_equal(errno, ECONNREFUSED);
}

static void a_node_that_does_not_read_is_not_waited_for(void **state)
{
  (void)state;
  static char large[8 << 20];
  int fds[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
  struct transport transport = {.fd = fds[0], .deadline_ms = clock_ms() + 100};
  assert_true(transport_can_write(&transport));
  assert_int_equal(transport_write_all(&transport, large, sizeof large), -1);
  assert_int_equal(errno, ETIMEDOUT);
  assert_false(transport_can_write(&transport));
  assert_int_equal(transport_read_now(&transport, large, 1), -1);
  assert_int_equal(errno, EAGAIN);
  shutdown(fds[1], SHUT_WR);
  assert_int_equal(transport_read_now(&transport, large, 1), 0);
  close(fds[0]);
  close(fds[1]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_next_address_is_tried),
      cmocka_unit_test(a_node_that_does_not_read_is_not_waited_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
