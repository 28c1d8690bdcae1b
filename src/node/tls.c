// Enters: bytes of the distribution protocol. Leaves: TLS records on a socket, and the other way. Invariant: without
// `insecure`, no byte passes before the certificate and its name have been checked. With TLS 1.3 the node's refusal of
// our certificate comes only after our side of the handshake is done, with the first read; so what went wrong is kept.
#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/node.h"

#define DETAIL_MAX 96
#define ALERT_BASE SSL_AD_REASON_OFFSET // what OpenSSL adds to an alert to make a reason of it

struct tls {
  SSL_CTX *context;
  SSL *ssl;
  const struct node_tls *settings;
  const char *host;
  bool asked_passphrase;
  bool asked_certificate; // the node wants to know who we are
  bool established;
  int unverified;          // X509_V_ERR_..., 0: none
  char detail[DETAIL_MAX]; // what the certificate says about that
  unsigned long error;     // of the first failure, OpenSSL's; 0: none
};

static bool address_text(const ASN1_OCTET_STRING *address, char *text, socklen_t size)
{
  int length = ASN1_STRING_length(address);
  int family = length == sizeof(struct in_addr) ? AF_INET : AF_INET6;
  return (family == AF_INET || length == sizeof(struct in6_addr)) &&
         inet_ntop(family, ASN1_STRING_get0_data(address), text, size);
}

// The names that a certificate is for, as far as there is room.
static void certificate_names(X509 *certificate, char *text, size_t size)
{
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && used < size; i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
    char address[INET6_ADDRSTRLEN] = "";
    const char *separator = used ? ", " : "";
    if (name->type == GEN_DNS)
      used += (size_t)snprintf(text + used, size - used, "%s%.*s", separator, ASN1_STRING_length(name->d.dNSName),
                               (const char *)ASN1_STRING_get0_data(name->d.dNSName));
    else if (name->type == GEN_IPADD && address_text(name->d.iPAddress, address, sizeof address))
      used += (size_t)snprintf(text + used, size - used, "%s%s", separator, address);
  }
  GENERAL_NAMES_free(names);
  if (used == 0 && X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, (int)size) < 0)
    snprintf(text, size, "nobody");
}

static void certificate_end(X509 *certificate, char *text, size_t size)
{
  struct tm end;
  text[0] = '\0';
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1)
    strftime(text, size, "%Y-%m-%d %H:%M UTC", &end);
}

static int on_verify(int good, X509_STORE_CTX *store)
{
  SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  struct tls *tls = SSL_get_app_data(ssl);
  X509 *certificate = X509_STORE_CTX_get_current_cert(store);
  if (good || tls->unverified)
    return good;
  tls->unverified = X509_STORE_CTX_get_error(store);
  if (certificate && tls->unverified == X509_V_ERR_CERT_HAS_EXPIRED)
    certificate_end(certificate, tls->detail, sizeof tls->detail);
  else if (certificate)
    certificate_names(certificate, tls->detail, sizeof tls->detail);
  return 0;
}

// Asked once the node wants a certificate of ours, whether there is one or not.
static int on_certificate_request(SSL *ssl, void *opaque)
{
  (void)ssl;
  ((struct tls *)opaque)->asked_certificate = true;
  return 1;
}

// Instead of OpenSSL's own, which asks on the terminal.
static int on_passphrase(char *text, int size, int writing, void *opaque)
{
  (void)text;
  (void)size;
  (void)writing;
  ((struct tls *)opaque)->asked_passphrase = true;
  return -1;
}

static int check_readable(const char *path, const char *what, struct error *err)
{
  FILE *file = fopen(path, "r");
  if (!file)
    return error_set(err, ERROR_USAGE, "%s %s cannot be read: %s", what, path, strerror(errno));
  fclose(file);
  return 0;
}

static int load_authorities(struct tls *tls, struct error *err)
{
  const char *path = tls->settings->cacert;
  if (!path)
    return SSL_CTX_set_default_verify_paths(tls->context) == 1 ? 0 : error_set(err, ERROR_MEMORY, "out of memory");
  if (check_readable(path, "--cacert", err) != 0)
    return -1;
  if (SSL_CTX_load_verify_file(tls->context, path) != 1)
    return error_set(err, ERROR_USAGE, "--cacert %s holds no certificate in PEM form", path);
  return 0;
}

static int load_own_certificate(struct tls *tls, struct error *err)
{
  const char *certificate = tls->settings->cert;
  if (!certificate)
    return 0;
  const char *key = tls->settings->key ? tls->settings->key : certificate;
  const char *option = tls->settings->key ? "--key" : "--cert";
  if (check_readable(certificate, "--cert", err) != 0 || check_readable(key, "--key", err) != 0)
    return -1;
  if (SSL_CTX_use_certificate_chain_file(tls->context, certificate) != 1)
    return error_set(err, ERROR_USAGE, "--cert %s holds no certificate in PEM form", certificate);
  ERR_clear_error();
  if (SSL_CTX_use_PrivateKey_file(tls->context, key, SSL_FILETYPE_PEM) != 1) {
    if (tls->asked_passphrase)
      return error_set(err, ERROR_USAGE,
                       "the key in %s has a passphrase, and flambeau asks for none: give a key without", key);
    if (ERR_GET_REASON(ERR_peek_error()) != X509_R_KEY_VALUES_MISMATCH)
      return error_set(err, ERROR_USAGE, "%s %s holds no private key in PEM form%s", option, key,
                       tls->settings->key ? "" : ": say where it is with --key FILE");
  }
  if (SSL_CTX_check_private_key(tls->context) != 1)
    return error_set(err, ERROR_USAGE, "the key in %s does not belong to the certificate in %s", key, certificate);
  return 0;
}

static int prepare(struct tls *tls, struct error *err)
{
  tls->context = SSL_CTX_new(TLS_client_method());
  if (!tls->context || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1)
    return error_set(err, ERROR_MEMORY, "out of memory");
  SSL_CTX_set_default_passwd_cb(tls->context, on_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(tls->context, tls);
  SSL_CTX_set_cert_cb(tls->context, on_certificate_request, tls);
  SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One record a read, so that a node that only ever sends records without data does not hold us in it.
  SSL_CTX_clear_mode(tls->context, SSL_MODE_AUTO_RETRY);
  if (!tls->settings->insecure) {
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, on_verify);
    if (load_authorities(tls, err) != 0)
      return -1;
  }
  if (load_own_certificate(tls, err) != 0)
    return -1;
  tls->ssl = SSL_new(tls->context);
  if (!tls->ssl)
    return error_set(err, ERROR_MEMORY, "out of memory");
  SSL_set_app_data(tls->ssl, tls);
  X509_VERIFY_PARAM *expected = SSL_get0_param(tls->ssl);
  X509_VERIFY_PARAM_set_flags(expected, X509_V_FLAG_PARTIAL_CHAIN); // what --cacert names is trusted, root or not
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, tls->host) == 1)
    return 0;
  if (X509_VERIFY_PARAM_set1_host(expected, tls->host, 0) != 1 || SSL_set_tlsext_host_name(tls->ssl, tls->host) != 1)
    return error_set(err, ERROR_USAGE, "\"%s\" is no host name that a certificate could be for", tls->host);
  return 0;
}

struct tls *tls_new(const struct node_tls *settings, const char *host, struct error *err)
{
  struct tls *tls = calloc(1, sizeof *tls);
  if (!tls) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  tls->settings = settings;
  tls->host = host;
  if (prepare(tls, err) != 0) {
    tls_free(tls);
    return NULL;
  }
  return tls;
}

void tls_free(struct tls *tls)
{
  if (!tls)
    return;
  SSL_free(tls->ssl);
  SSL_CTX_free(tls->context);
  free(tls);
}

// Of an operation on `ssl`: its result, 0 at the end of what the node sends, or -1 with errno.
static int outcome(struct tls *tls, int result)
{
  int failure = errno;
  if (result > 0)
    return result;
  switch (SSL_get_error(tls->ssl, result)) {
  case SSL_ERROR_ZERO_RETURN:
    return 0;
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE:
    errno = EAGAIN;
    return -1;
  case SSL_ERROR_SYSCALL:
    errno = failure ? failure : ECONNRESET;
    return -1;
  default:
    tls->error = tls->error ? tls->error : ERR_peek_error();
    errno = EPROTO;
    return -1;
  }
}

static void forget_errors(void)
{
  ERR_clear_error(); // OpenSSL would take an old one for this operation's
  errno = 0;
}

int tls_handshake(struct tls *tls, int fd)
{
  forget_errors();
  if (SSL_get_fd(tls->ssl) != fd && SSL_set_fd(tls->ssl, fd) != 1) {
    errno = ENOMEM;
    return -1;
  }
  int result = outcome(tls, SSL_connect(tls->ssl));
  tls->established = result > 0;
  if (result == 0)
    errno = ECONNRESET;
  return result > 0 ? 0 : -1;
}

static int at_most_int(size_t size)
{
  return size < INT_MAX ? (int)size : INT_MAX;
}

ssize_t tls_read(struct tls *tls, void *data, size_t size)
{
  forget_errors();
  return outcome(tls, SSL_read(tls->ssl, data, at_most_int(size)));
}

ssize_t tls_write(struct tls *tls, const void *data, size_t size)
{
  forget_errors();
  int written = outcome(tls, SSL_write(tls->ssl, data, at_most_int(size)));
  if (written == 0)
    errno = EPIPE;
  return written > 0 ? written : -1;
}

short tls_waits_for(const struct tls *tls)
{
  return SSL_want_write(tls->ssl) ? POLLOUT : POLLIN;
}

void tls_close(struct tls *tls)
{
  forget_errors();
  if (tls->established && tls->error == 0)
    SSL_shutdown(tls->ssl);
}

static int unverified(const struct tls *tls, const char *name, struct error *err)
{
  switch (tls->unverified) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return error_set(err, ERROR_UNREACHABLE, "the certificate of %s, or of who signed it, expired on %s", name,
                     tls->detail);
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return error_set(err, ERROR_UNREACHABLE,
                     "the certificate of %s is for another host name, %s (--tls-insecure would not check it)", name,
                     tls->detail);
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    return error_set(err, ERROR_UNREACHABLE,
                     "the certificate of %s is not signed by a CA %s%s: name its CA with --cacert FILE", name,
                     tls->settings->cacert ? "in " : "that this system knows",
                     tls->settings->cacert ? tls->settings->cacert : "");
  default:
    return error_set(err, ERROR_UNREACHABLE, "the certificate of %s is not accepted: %s", name,
                     X509_verify_cert_error_string(tls->unverified));
  }
}

static int reason(const struct tls *tls)
{
  return ERR_GET_LIB(tls->error) == ERR_LIB_SSL ? ERR_GET_REASON(tls->error) : 0;
}

// What the node said when it broke off, or "".
static const char *alert_text(const struct tls *tls)
{
  return reason(tls) > ALERT_BASE ? SSL_alert_desc_string_long(reason(tls) - ALERT_BASE) : "";
}

static int certificate_refused(const struct tls *tls, const char *name, struct error *err)
{
  if (!tls->settings->cert)
    return error_set(err, ERROR_UNREACHABLE,
                     "%s wants a client certificate: give one with --cert FILE and its key with --key FILE", name);
  const char *said = alert_text(tls);
  return error_set(err, ERROR_UNREACHABLE,
                   "%s refused the client certificate %s%s%s: is it signed by a CA that the node knows?", name,
                   tls->settings->cert, *said ? ", saying " : "", said);
}

int tls_failure(const struct tls *tls, const char *name, const char *where, int failure, struct error *err)
{
  if (tls->unverified)
    return unverified(tls, name, err);
  if (tls->asked_certificate && failure != ETIMEDOUT && (tls->established || *alert_text(tls)))
    return certificate_refused(tls, name, err);
  if (tls->established)
    return 0;
  if (BIO_number_read(SSL_get_rbio(tls->ssl)) == 0 || reason(tls) == SSL_R_WRONG_VERSION_NUMBER)
    return error_set(err, ERROR_UNREACHABLE,
                     "%s at %s does not answer in TLS: if it was started without -proto_dist inet_tls, leave out --tls",
                     name, where);
  if (failure == ETIMEDOUT)
    return 0;
  if (*alert_text(tls))
    return error_set(err, ERROR_UNREACHABLE, "%s at %s refused TLS with us, saying %s", name, where, alert_text(tls));
  const char *why = tls->error ? ERR_reason_error_string(tls->error) : strerror(failure);
  return error_set(err, ERROR_UNREACHABLE, "TLS with %s at %s failed: %s", name, where, why ? why : "no reason given");
}
