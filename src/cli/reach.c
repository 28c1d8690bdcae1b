// Options in, a connected node out. The cookie lives on the stack for as long as the handshake takes and is wiped then.
#include "reach.h"

#include <stdio.h>
#include <string.h>

#include "console.h"
#include "node/cookie.h"
#include "node/node.h"

#define MILLISECOND_NS UINT64_C(1000000)
#define SECOND_NS (1000 * MILLISECOND_NS)

#define FIELD(field) .offset = offsetof(struct reach_settings, field)

const struct option_row reach_rows[] = {
    {.name = "node",
     .letter = 'n',
     .kind = OPTION_TEXT,
     FIELD(node),
     .argument = "NAME@HOST",
     .help = "the node; a host with a dot means long names, as in Erlang"},
    {.name = "cookie-file",
     .kind = OPTION_TEXT,
     FIELD(cookie_file),
     .argument = "FILE",
     .help = "read the cookie from FILE; else $FLAMBEAU_COOKIE, $RELEASE_COOKIE or ~/.erlang.cookie is used"},
    {.name = "cookie",
     .letter = 'c',
     .kind = OPTION_TEXT,
     FIELD(cookie),
     .argument = "VALUE",
     .secret = true,
     .help = "the cookie itself; other users of this machine can see it in `ps`"},
    {.name = "address",
     .kind = OPTION_TEXT,
     FIELD(address),
     .argument = "HOST[:PORT]",
     .help = "connect there instead of asking the DNS and epmd (a forwarded port, a node without epmd); "
             "[IPV6]:PORT in brackets"},
    {.name = "name",
     .kind = OPTION_TEXT,
     FIELD(own_name),
     .argument = "NAME@HOST",
     .help = "our own node name; without it the node gives us one"},
    {.name = "tls",
     .kind = OPTION_FLAG,
     FIELD(use_tls),
     .help = "the node was started with -proto_dist inet_tls; its certificate must be for the host in -n"},
    {.name = "cacert",
     .kind = OPTION_TEXT,
     FIELD(tls.cacert),
     .argument = "FILE",
     .help = "the CA that signed the node's certificate (PEM); without it, those that this system knows"},
    {.name = "cert",
     .kind = OPTION_TEXT,
     FIELD(tls.cert),
     .argument = "FILE",
     .help = "our certificate (PEM), for a node that wants one"},
    {.name = "key",
     .kind = OPTION_TEXT,
     FIELD(tls.key),
     .argument = "FILE",
     .help = "the key of --cert (PEM, no passphrase), when it is not in the same file"},
    {.name = "tls-insecure",
     .kind = OPTION_FLAG,
     FIELD(tls.insecure),
     .help = "take any certificate, so that anybody on the way can read and change what is said"},
    {.name = "connect-timeout",
     .kind = OPTION_DURATION,
     FIELD(connect_timeout_ns),
     .argument = "TIME",
     .min = MILLISECOND_NS,
     .max = 3600 * SECOND_NS,
     .help = "how long to try"},
    {0},
};

void reach_init(struct reach_settings *settings)
{
  settings->connect_timeout_ns = 5 * SECOND_NS;
}

int reach_timeout_ms(const struct reach_settings *settings)
{
  return (int)(settings->connect_timeout_ns / MILLISECOND_NS);
}

static int check_tls(const struct reach_settings *settings, struct error *err)
{
  const struct node_tls *tls = &settings->tls;
  const char *alone = tls->cacert     ? "cacert"
                      : tls->cert     ? "cert"
                      : tls->key      ? "key"
                      : tls->insecure ? "tls-insecure"
                                      : NULL;
  if (alone && !settings->use_tls)
    return error_set(err, ERROR_USAGE, "--%s means nothing without --tls: add it, or leave --%s out", alone, alone);
  if (tls->key && !tls->cert)
    return error_set(err, ERROR_USAGE, "--key is the key of a certificate: say which with --cert FILE");
  if (tls->cacert && tls->insecure)
    return error_set(err, ERROR_USAGE, "--tls-insecure takes any certificate: leave out that, or --cacert");
  return 0;
}

int reach_check(const struct reach_settings *settings, const char *verb, struct error *err)
{
  if (!settings->node)
    return error_set(err, ERROR_USAGE, "which node? say flambeau %s -n NAME@HOST (flambeau nodes lists them)", verb);
  if (settings->cookie && settings->cookie_file)
    return error_set(err, ERROR_USAGE, "--cookie and --cookie-file exclude each other: leave one out");
  return check_tls(settings, err);
}

struct node *reach_connect(const struct reach_settings *settings, void (*on_note)(void *context, const char *sentence),
                           struct error *err)
{
  char cookie[COOKIE_MAX + 1];
  char note[512];
  const char *from = NULL;
  if (cookie_find(settings->cookie, settings->cookie_file, cookie, &from, err) < 0)
    return NULL;
  const struct node_address address = {
      .name = settings->node,
      .cookie = cookie,
      .address = settings->address,
      .own_name = settings->own_name,
      .tls = settings->use_tls ? &settings->tls : NULL,
      .connect_timeout_ms = reach_timeout_ms(settings),
  };
  if (on_note) {
    snprintf(note, sizeof note, "the cookie is from %s", from ? from : "the command line");
    on_note(NULL, note);
  }
  if (settings->tls.insecure)
    console_say("--tls-insecure: whoever answers as %s is believed, its certificate is not checked", settings->node);
  struct node *node = node_connect(&address, err);
  explicit_bzero(cookie, sizeof cookie);
  if (node && on_note) {
    snprintf(note, sizeof note, "connected to %s as %s", node_name(node), node_own_name(node));
    on_note(NULL, note);
  }
  return node;
}
