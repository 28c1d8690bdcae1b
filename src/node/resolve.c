// Host names to addresses, through the system's resolver.
#include "resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int parse_port(const char *text)
{
  char *end;
  long value = strtol(text, &end, 10);
  return *text < '0' || *text > '9' || *end || value < 1 || value > 65535 ? -1 : (int)value;
}

int address_split(const char *text, char *host, size_t size, int *port, struct error *err)
{
  const char *colon = strchr(text, ':');
  const char *begin = text;
  const char *end = text + strlen(text);
  const char *rest = end;
  if (*text == '[') {
    begin = text + 1;
    end = strchr(text, ']');
    rest = end ? end + 1 : text;
  } else if (colon && !strchr(colon + 1, ':')) { // with more colons than one it is an IPv6 address alone
    end = rest = colon;
  }
  *port = *rest == ':' ? parse_port(rest + 1) : 0;
  if (*port < 0 || (*rest && *rest != ':') || end <= begin || (size_t)(end - begin) >= size)
    return error_set(err, ERROR_USAGE, "\"%s\" is no address: it has the form HOST, HOST:PORT or [IPV6]:PORT", text);
  snprintf(host, size, "%.*s", (int)(end - begin), begin);
  return 0;
}

int resolve_host(const char *host, struct addrinfo **addresses, struct error *err)
{
  const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  int failure = getaddrinfo(host, NULL, &hints, addresses);
  if (failure != 0)
    return error_set(err, ERROR_UNREACHABLE,
                     "the host \"%s\" is unknown (%s): check the name, or say where the node is with --address HOST",
                     host, gai_strerror(failure));
  return 0;
}
