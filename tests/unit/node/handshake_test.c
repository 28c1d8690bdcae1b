// Which sentence a handshake gets that did not succeed, from what was heard.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "handshake.h"
#include "node/node.h"
#include "transport.h"

static const struct node_address address = {.name = "a@h", .connect_timeout_ms = 5000};

static struct transport heard(const void *data, size_t size, int writes, int last_errno)
{
  struct transport transport = {.connected = true, .writes = writes, .last_errno = last_errno, .heard_size = size};
  memcpy(transport.heard, data, size);
  return transport;
}

static void expect(struct transport transport, const char *sentence)
{
  struct error err = {0};
  assert_int_equal(handshake_failure(&transport, &address, "h port 9", &err), -1);
  assert_int_equal(err.code, ERROR_UNREACHABLE);
  if (!strstr(err.message, sentence))
    fail_msg("\"%s\" does not say \"%s\"", err.message, sentence);
}

// A status "ok", then a challenge: 'N', flags (8), challenge (4), creation (4), name.
#define CHALLENGE "\0\3sok\0\x16N12345678cccc1234\0\3"

static void each_failure_has_its_sentence(void **state)
{
  (void)state;
  expect((struct transport){.last_errno = ECONNREFUSED}, "no connection to a@h at h port 9: Connection refused");
  expect(heard("", 0, 1, ETIMEDOUT), "did not answer within 5000 ms");
  expect(heard("", 0, 1, 0), "broke off the handshake");
  expect(heard("HTTP/1.1 400 Bad Request", 24, 1, 0), "broke off the handshake");
  expect(heard("\x15\3", 2, 1, EPROTO), "wants TLS: say --tls");
  expect(heard("\0\14snot_allowed", 14, 1, 0), "--name");
  expect(heard("\0\6salive", 8, 1, 0), "choose another");
  expect(heard(CHALLENGE "a@h", sizeof CHALLENGE - 1 + 3, 2, 0), "refused our cookie");
  expect(heard(CHALLENGE "b@h", sizeof CHALLENGE - 1 + 3, 2, 0), "the node at h port 9 is b@h, not a@h");
}

static void a_cut_challenge_names_nobody(void **state)
{
  (void)state;
  char name[NODE_NAME_MAX + 1];
  for (size_t size = 0; size < sizeof CHALLENGE - 1 + 3; size++) {
    struct transport transport = heard(CHALLENGE "a@h", size, 1, 0);
    assert_false(handshake_peer_name(&transport, name));
  }
  struct transport whole = heard(CHALLENGE "a@h", sizeof CHALLENGE - 1 + 3, 1, 0);
  assert_true(handshake_peer_name(&whole, name));
  assert_string_equal(name, "a@h");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_failure_has_its_sentence),
      cmocka_unit_test(a_cut_challenge_names_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
