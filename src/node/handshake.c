// The peer sends, each with its length before it: its status ('s' and a word), its challenge ('N', flags, challenge,
// creation, name), and after our reply its own digest ('a'). How far it came tells what was wrong.
#include "handshake.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/byte_reader.h"
#include "node/node.h"
#include "tls.h"
#include "transport.h"

enum { CHALLENGE_HEAD = 8 + 4 + 4 }; // flags, challenge, creation
enum { WRITES_WITH_REPLY = 2 };
// A packet's bytes: a challenge with the longest name has 274. Three of them are heard whole.
enum { PACKET_MAX = 300 };

// The n-th packet the peer sent (from 0), or an empty one.
static struct byte_reader packet(const struct transport *transport, int number)
{
  struct byte_reader heard, found;
  byte_reader_init(&heard, transport->heard, transport->heard_size);
  byte_reader_init(&found, transport->heard, 0);
  for (int i = 0; i <= number; i++) {
    size_t size = (size_t)byte_reader_be(&heard, transport_header_bytes(transport));
    const uint8_t *data = byte_reader_take(&heard, size);
    byte_reader_init(&found, data ? data : transport->heard, data ? size : 0);
  }
  return found;
}

// "named:", the size of a name for us, the name, and its creation. ei copies what is before the @ to a place that is
// too small for a name without a host, with our cookie behind it, and frees the wrong pointer when the size is too
// large.
static bool is_sound_status(struct byte_reader status)
{
  static const char named[] = "snamed:";
  const uint8_t *word = byte_reader_take(&status, strlen(named));
  if (!word || memcmp(word, named, strlen(named)) != 0)
    return true;
  size_t size = (size_t)byte_reader_be(&status, 2);
  const uint8_t *name = byte_reader_take(&status, size);
  byte_reader_be(&status, 4);
  return !status.failed && size <= NODE_NAME_MAX && memchr(name, '@', size) != NULL;
}

bool handshake_is_sound(const struct transport *transport)
{
  struct byte_reader heard;
  byte_reader_init(&heard, transport->heard, transport->heard_size);
  while (byte_reader_left(&heard) > 0) {
    size_t size = (size_t)byte_reader_be(&heard, transport_header_bytes(transport));
    if (!heard.failed && size > PACKET_MAX)
      return false;
    byte_reader_take(&heard, size);
  }
  return is_sound_status(packet(transport, 0));
}

bool handshake_peer_name(const struct transport *transport, char name[NODE_NAME_MAX + 1])
{
  struct byte_reader challenge = packet(transport, 1);
  if (byte_reader_be(&challenge, 1) != 'N')
    return false;
  byte_reader_take(&challenge, CHALLENGE_HEAD);
  size_t size = (size_t)byte_reader_be(&challenge, 2);
  const uint8_t *text = byte_reader_take(&challenge, size);
  if (!text || size > NODE_NAME_MAX)
    return false;
  memcpy(name, text, size);
  name[size] = '\0';
  return true;
}

static bool status_is(const struct transport *transport, const char *word)
{
  struct byte_reader status = packet(transport, 0);
  size_t size = byte_reader_left(&status);
  return size == strlen(word) && memcmp(status.at, word, size) == 0;
}

// An alert of a TLS server that took our name for a record: its type and version would be no packet's length.
static bool speaks_tls(const struct transport *transport)
{
  return !transport->tls && transport->heard_size >= 2 && memcmp(transport->heard, "\x15\x03", 2) == 0;
}

int handshake_failure(const struct transport *transport, const struct node_address *address, const char *where,
                      struct error *err)
{
  const char *name = address->name;
  int failure = transport->last_errno;
  if (!transport->connected)
    return error_set(err, ERROR_UNREACHABLE, "no connection to %s at %s: %s", name, where, strerror(failure));
  if (transport->tls && transport->heard_size == 0 && tls_failure(transport->tls, name, where, failure, err) != 0)
    return -1;
  if (speaks_tls(transport))
    return error_set(err, ERROR_UNREACHABLE, "%s at %s wants TLS: say --tls, and --cacert FILE for its CA", name,
                     where);
  if (failure == ETIMEDOUT)
    return error_set(err, ERROR_UNREACHABLE,
                     "%s at %s did not answer within %d ms: is it an Erlang node, and is it alive? (--connect-timeout)",
                     name, where, address->connect_timeout_ms);
  if (status_is(transport, "snot_allowed"))
    return error_set(err, ERROR_UNREACHABLE,
                     "%s allows only some nodes to connect: give one of their names with --name NAME@HOST", name);
  if (status_is(transport, "salive") || status_is(transport, "snok"))
    return error_set(err, ERROR_UNREACHABLE,
                     "%s has a node with our name connected already: choose another with --name NAME@HOST", name);
  char heard[NODE_NAME_MAX + 1];
  if (handshake_peer_name(transport, heard) && strcmp(heard, name) != 0)
    return error_set(err, ERROR_UNREACHABLE, "the node at %s is %s, not %s", where, heard, name);
  if (transport->writes >= WRITES_WITH_REPLY)
    return error_set(err, ERROR_UNREACHABLE,
                     "%s refused our cookie: give the node's own with --cookie-file FILE or FLAMBEAU_COOKIE", name);
  return error_set(err, ERROR_UNREACHABLE,
                   "%s broke off the handshake: is what listens at %s an Erlang node of OTP 25 or later?", name, where);
}
