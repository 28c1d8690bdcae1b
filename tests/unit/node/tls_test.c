// TLS with a server in this process, over a pair of sockets: whom it believes, and that no byte is lost or waited for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/node.h"
#include "tls.h"

#define DAY_S (24L * 60 * 60)

static char folder[] = "/tmp/flambeau-tls-XXXXXX";

// A certificate that signs itself, for what `alternatives` says, and its key, in one file.
static const char *certificate(const char *name, const char *alternatives, long ends_in_s)
{
  static char path[128];
  snprintf(path, sizeof path, "%s/%s.pem", folder, name);
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *made = X509_new();
  X509_EXTENSION *names = X509V3_EXT_nconf_nid(NULL, NULL, NID_subject_alt_name, alternatives);
  assert_non_null(key);
  assert_non_null(names);
  X509_set_version(made, X509_VERSION_3);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(made));
  X509_gmtime_adj(X509_getm_notBefore(made), -2 * DAY_S);
  X509_gmtime_adj(X509_getm_notAfter(made), ends_in_s);
  X509_set_pubkey(made, key);
  X509_add_ext(made, names, -1);
  assert_true(X509_sign(made, key, EVP_sha256()) > 0);
  FILE *file = fopen(path, "w");
  PEM_write_X509(file, made);
  PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
  fclose(file);
  X509_EXTENSION_free(names);
  X509_free(made);
  EVP_PKEY_free(key);
  return path;
}

struct link {
  int fds[2];
  SSL_CTX *context;
  SSL *server;
  struct tls *client;
};

static void link_init(struct link *link, const char *server_file, const struct node_tls *settings, const char *host,
                      int version, bool wants_certificate)
{
  struct error err = {0};
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, link->fds), 0);
  link->context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_max_proto_version(link->context, version);
  SSL_CTX_set_mode(link->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_use_certificate_chain_file(link->context, server_file);
  SSL_CTX_use_PrivateKey_file(link->context, server_file, SSL_FILETYPE_PEM);
  if (wants_certificate)
    SSL_CTX_set_verify(link->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  link->server = SSL_new(link->context);
  SSL_set_fd(link->server, link->fds[1]);
  link->client = tls_new(settings, host, &err);
  if (!link->client)
    fail_msg("%s", err.message);
}

static void link_release(struct link *link)
{
  tls_free(link->client);
  SSL_free(link->server);
  SSL_CTX_free(link->context);
  close(link->fds[0]);
  close(link->fds[1]);
}

// 0, or the errno with which the client's handshake ended.
static int shake_hands(struct link *link)
{
  for (int round = 0; round < 20; round++) {
    errno = 0;
    if (tls_handshake(link->client, link->fds[0]) == 0) {
      SSL_accept(link->server);
      return 0;
    }
    if (errno != EAGAIN)
      return errno;
    assert_int_equal(tls_waits_for(link->client), POLLIN);
    SSL_accept(link->server);
  }
  return ETIMEDOUT;
}

static void expect_sentence(struct link *link, int failure, const char *sentence)
{
  struct error err = {0};
  assert_int_equal(tls_failure(link->client, "a@h", "h port 9", failure, &err), -1);
  assert_int_equal(err.code, ERROR_UNREACHABLE);
  if (!strstr(err.message, sentence))
    fail_msg("\"%s\" does not say \"%s\"", err.message, sentence);
}

static void each_certificate_has_its_sentence(void **state)
{
  (void)state;
  static const struct {
    const char *name;
    const char *alternatives;
    long ends_in_s;
    const char *host;
    const char *sentence; // NULL: believed
  } cases[] = {
      {"name", "DNS:node.test", DAY_S, "node.test", NULL},
      {"address", "IP:::1", DAY_S, "0:0:0:0:0:0:0:1", NULL},
      {"wildcard", "DNS:*.node.test", DAY_S, "a.node.test", NULL},
      {"expired", "DNS:node.test", -DAY_S, "node.test", "expired on 20"},
      {"elsewhere", "DNS:else.test,IP:192.0.2.1", DAY_S, "node.test", "another host name, else.test, 192.0.2.1"},
      {"name-is-no-address", "DNS:10.0.0.7", DAY_S, "10.0.0.7", "another host name"},
      {"partly", "DNS:n*.node.test", DAY_S, "new.node.test", "another host name"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct link link;
    const char *file = certificate(cases[i].name, cases[i].alternatives, cases[i].ends_in_s);
    const struct node_tls settings = {.cacert = file};
    link_init(&link, file, &settings, cases[i].host, TLS1_3_VERSION, false);
    int failure = shake_hands(&link);
    assert_int_equal(failure, cases[i].sentence ? EPROTO : 0);
    if (cases[i].sentence)
      expect_sentence(&link, failure, cases[i].sentence);
    link_release(&link);
    const struct node_tls insecure = {.insecure = true};
    link_init(&link, file, &insecure, cases[i].host, TLS1_3_VERSION, false);
    assert_int_equal(shake_hands(&link), 0);
    link_release(&link);
  }
}

static void an_unknown_signer_is_not_believed(void **state)
{
  (void)state;
  char known[128];
  struct link link;
  snprintf(known, sizeof known, "%s", certificate("known", "DNS:node.test", DAY_S));
  const struct node_tls settings = {.cacert = known};
  link_init(&link, certificate("unknown", "DNS:node.test", DAY_S), &settings, "node.test", TLS1_3_VERSION, false);
  expect_sentence(&link, shake_hands(&link), "not signed by a CA in /tmp/");
  link_release(&link);
}

static void a_node_that_wants_our_certificate(void **state)
{
  (void)state;
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  char file[128];
  snprintf(file, sizeof file, "%s", certificate("name", "DNS:node.test", DAY_S));
  const struct node_tls without = {.cacert = file};
  const struct node_tls with = {.cacert = file, .cert = file};
  for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
    struct link link;
    char byte;
    link_init(&link, file, &without, "node.test", versions[i], true);
    int failure = shake_hands(&link);
    // In TLS 1.3 our side is done before the node has seen that there is none.
    assert_int_equal(failure, versions[i] == TLS1_3_VERSION ? 0 : EPROTO);
    if (failure == 0) {
      expect_sentence(&link, ECONNRESET, "wants a client certificate"); // what it said about that may get lost
      assert_int_equal(tls_read(link.client, &byte, 1), -1);
    }
    expect_sentence(&link, EPROTO, "wants a client certificate");
    link_release(&link);
    link_init(&link, file, &with, "node.test", versions[i], true);
    failure = shake_hands(&link);
    if (failure == 0)
      assert_int_equal(tls_read(link.client, &byte, 1), -1);
    expect_sentence(&link, EPROTO, "refused the client certificate"); // no CA of the server's has signed it
    link_release(&link);
  }
}

static void what_is_no_tls(void **state)
{
  (void)state;
  const struct node_tls settings = {.insecure = true};
  struct link link;
  link_init(&link, certificate("name", "DNS:node.test", DAY_S), &settings, "node.test", TLS1_3_VERSION, false);
  assert_int_equal(tls_handshake(link.client, link.fds[0]), -1);
  expect_sentence(&link, ETIMEDOUT, "does not answer in TLS");
  assert_int_equal(write(link.fds[1], "HTTP/1.1 400 Bad Request", 24), 24);
  assert_int_equal(tls_handshake(link.client, link.fds[0]), -1);
  assert_int_equal(errno, EPROTO);
  expect_sentence(&link, EPROTO, "does not answer in TLS");
  link_release(&link);
}

static struct link connected(void)
{
  const struct node_tls settings = {.insecure = true};
  struct link link;
  link_init(&link, certificate("name", "DNS:node.test", DAY_S), &settings, "node.test", TLS1_3_VERSION, false);
  assert_int_equal(shake_hands(&link), 0);
  return link;
}

// Reads in pieces smaller than a record until it would block; `value` is what the next byte must be.
static size_t read_all(struct link *link, unsigned char *value)
{
  unsigned char piece[1000];
  size_t total = 0;
  ssize_t got;
  while ((got = tls_read(link->client, piece, sizeof piece)) > 0) {
    for (ssize_t i = 0; i < got; i++)
      assert_int_equal(piece[i], (*value)++);
    total += (size_t)got;
  }
  assert_int_equal(got, -1);
  assert_int_equal(errno, EAGAIN);
  return total;
}

// A byte, past a few records without data: tickets, key updates.
static ssize_t read_one(struct link *link)
{
  char byte;
  ssize_t got = -1;
  errno = EAGAIN;
  for (int left = 5; left > 0 && got < 0 && errno == EAGAIN; left--)
    got = tls_read(link->client, &byte, 1);
  return got;
}

static void would_block_means_that_poll_knows(void **state)
{
  (void)state;
  struct link link = connected();
  static unsigned char data[100000];
  unsigned char value = 0;
  size_t written = 0, total = 0;
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (unsigned char)i;
  for (int round = 0; total < sizeof data && round < 1000; round++) {
    int result = SSL_write(link.server, data + written, (int)(sizeof data - written));
    written += result > 0 ? (size_t)result : 0;
    if (round % 3 == 0) // a record without data between those with
      SSL_key_update(link.server, SSL_KEY_UPDATE_REQUESTED);
    struct pollfd poller = {.fd = link.fds[0], .events = POLLIN};
    while (poll(&poller, 1, 0) == 1)
      total += read_all(&link, &value);
  }
  assert_int_equal(total, sizeof data);
  SSL_do_handshake(link.server); // sends a key update that is still due
  SSL_shutdown(link.server);
  assert_int_equal(read_one(&link), 0);
  link_release(&link);
}

static void a_node_that_vanishes(void **state)
{
  (void)state;
  struct link link = connected();
  shutdown(link.fds[1], SHUT_WR); // without a goodbye in TLS
  assert_int_equal(read_one(&link), 0);
  assert_int_equal(read_one(&link), 0);
  link_release(&link);
}

static void a_write_that_does_not_fit_goes_on(void **state)
{
  (void)state;
  struct link link = connected();
  static unsigned char data[4 << 20], got[sizeof data];
  size_t written = 0, total = 0;
  int blocked = 0;
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (unsigned char)(i * 7 + i / 256);
  while (total < sizeof data) {
    ssize_t result = written < sizeof data ? tls_write(link.client, data + written, sizeof data - written) : -1;
    if (result > 0) {
      written += (size_t)result;
      continue;
    }
    if (written < sizeof data) {
      assert_int_equal(errno, EAGAIN);
      assert_int_equal(tls_waits_for(link.client), POLLOUT);
      blocked++;
    }
    int taken = SSL_read(link.server, got + total, (int)(sizeof data - total));
    assert_true(taken > 0);
    total += (size_t)taken;
  }
  assert_true(blocked > 0);
  assert_memory_equal(data, got, sizeof data);
  link_release(&link);
}

static int remove_folder(void **state)
{
  (void)state;
  char command[64];
  snprintf(command, sizeof command, "rm -r %s", folder);
  return system(command);
}

int main(void)
{
  if (!mkdtemp(folder))
    return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_certificate_has_its_sentence), cmocka_unit_test(an_unknown_signer_is_not_believed),
      cmocka_unit_test(a_node_that_wants_our_certificate), cmocka_unit_test(what_is_no_tls),
      cmocka_unit_test(would_block_means_that_poll_knows), cmocka_unit_test(a_node_that_vanishes),
      cmocka_unit_test(a_write_that_does_not_fit_goes_on),
  };
  return cmocka_run_group_tests(tests, NULL, remove_folder);
}
