// Host names to addresses, through the system's resolver.
#include "resolve.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

int resolve_host(const char *host, struct in_addr *address, struct error *err)
{
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  int failure = getaddrinfo(host, NULL, &hints, &found);
  if (failure != 0 || !found)
    return error_set(err, ERROR_UNREACHABLE,
                     "the host \"%s\" is unknown (%s): check the name, or say where the node is with --address HOST",
                     host, failure ? gai_strerror(failure) : "no address");
  struct sockaddr_in first;
  memcpy(&first, found->ai_addr, sizeof first);
  *address = first.sin_addr;
  freeaddrinfo(found);
  return 0;
}
