// One question to epmd a connection: NAMES_REQ (110) for the list, PORT_PLEASE2_REQ (122) for one node's port.
#include "node/epmd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "epmd_port.h"
#include "resolve.h"
#include "transport.h"

#define EPMD_ANSWER_MAX (1024 * 1024)
enum { NAMES_REQUEST = 110, PORT_PLEASE2_REQUEST = 122, PORT2_RESPONSE = 119 };

int epmd_own_port(void)
{
  const char *text = getenv("ERL_EPMD_PORT");
  int port = text ? atoi(text) : 0;
  return port > 0 && port < 65536 ? port : 4369;
}

// Sends `request` and reads until epmd closes, which it does after each answer.
static int ask(const struct addrinfo *addresses, const char *host_text, const struct bytes *request,
               int64_t deadline_ms, struct bytes *answer, struct error *err)
{
  int fd = connect_tcp(addresses, epmd_own_port(), deadline_ms);
  if (fd < 0)
    return error_set(err, ERROR_UNREACHABLE,
                     "no epmd answers on %s port %d (%s): is a node running there? A node without epmd is reached with "
                     "--address HOST:PORT",
                     host_text, epmd_own_port(), strerror(errno));
  int failure = send(fd, request->data, request->size, MSG_NOSIGNAL) < 0 ? errno : 0;
  while (failure == 0 && !answer->failed) {
    char piece[4096];
    failure = wait_ready(fd, POLLIN, deadline_ms);
    ssize_t got = failure == 0 ? recv(fd, piece, sizeof piece, 0) : 0;
    if (got < 0)
      failure = errno;
    if (got <= 0)
      break;
    bytes_append(answer, piece, (size_t)got);
  }
  close(fd);
  if (failure != 0 || answer->failed)
    return error_set(err, ERROR_UNREACHABLE, "epmd on %s port %d does not answer as one: %s", host_text,
                     epmd_own_port(), failure ? strerror(failure) : "too long an answer");
  return 0;
}

// "name NAME at port PORT\n" lines after four bytes of epmd's own port.
static int parse_names(struct bytes *answer, struct epmd_name **names, size_t *count, struct error *err)
{
  bytes_append_u8(answer, '\0');
  if (answer->failed || answer->size < 5)
    return error_set(err, ERROR_UNREACHABLE, "epmd's list of names is cut short");
  size_t room = 0;
  for (char *line = strtok((char *)answer->data + 4, "\n"); line; line = strtok(NULL, "\n")) {
    struct epmd_name found;
    if (sscanf(line, "name %255s at port %d", found.name, &found.port) != 2)
      continue;
    if (*count == room) {
      room = room ? room * 2 : 8;
      struct epmd_name *grown = realloc(*names, room * sizeof *grown);
      if (!grown)
        return error_set(err, ERROR_MEMORY, "out of memory");
      *names = grown;
    }
    (*names)[(*count)++] = found;
  }
  return 0;
}

int epmd_names(const char *host, int timeout_ms, struct epmd_name **names, size_t *count, struct error *err)
{
  static const uint8_t request[] = {0, 1, NAMES_REQUEST};
  const char *host_text = host ? host : "127.0.0.1";
  struct bytes question, answer;
  struct addrinfo *addresses;
  *names = NULL;
  *count = 0;
  if (resolve_host(host_text, &addresses, err) != 0)
    return -1;
  bytes_init(&question, sizeof request);
  bytes_init(&answer, EPMD_ANSWER_MAX);
  bytes_append(&question, request, sizeof request);
  int result = ask(addresses, host_text, &question, clock_ms() + timeout_ms, &answer, err);
  if (result == 0)
    result = parse_names(&answer, names, count, err);
  if (result != 0) {
    free(*names);
    *names = NULL;
    *count = 0;
  }
  freeaddrinfo(addresses);
  bytes_release(&question);
  bytes_release(&answer);
  return result;
}

// " (epmd knows a, b)", or nothing when that cannot be found out.
static void known_names(const char *host_text, int64_t deadline_ms, char *text, size_t size)
{
  struct epmd_name *names;
  size_t count;
  struct error ignored = {0};
  text[0] = '\0';
  int64_t left = deadline_ms - clock_ms();
  if (left <= 0 || epmd_names(host_text, (int)left, &names, &count, &ignored) != 0)
    return;
  size_t used = (size_t)snprintf(text, size, count ? " (epmd knows" : " (epmd knows none)");
  for (size_t i = 0; i < count && used < size; i++)
    used +=
        (size_t)snprintf(text + used, size - used, "%s %s%s", i ? "," : "", names[i].name, i + 1 == count ? ")" : "");
  free(names);
}

int epmd_port(const struct addrinfo *addresses, const char *host_text, const char *alive, int64_t deadline_ms,
              struct error *err)
{
  struct bytes question, answer;
  size_t size = strlen(alive);
  bytes_init(&question, 3 + size);
  bytes_init(&answer, EPMD_ANSWER_MAX);
  bytes_append_be(&question, size + 1, 2);
  bytes_append_u8(&question, PORT_PLEASE2_REQUEST);
  bytes_append(&question, alive, size);
  int port = -1;
  if (question.failed)
    error_set(err, ERROR_MEMORY, "out of memory");
  else if (ask(addresses, host_text, &question, deadline_ms, &answer, err) == 0) {
    if (answer.size >= 4 && answer.data[0] == PORT2_RESPONSE && answer.data[1] == 0) {
      port = answer.data[2] << 8 | answer.data[3];
    } else {
      char known[128];
      known_names(host_text, deadline_ms, known, sizeof known);
      error_set(
          err, ERROR_UNREACHABLE,
          "no node named \"%s\" is registered with epmd on %s; one without epmd is reached with --address HOST:PORT%s",
          alive, host_text, known);
    }
  }
  bytes_release(&question);
  bytes_release(&answer);
  return port;
}
