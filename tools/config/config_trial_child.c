/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The process of a trial: a client that uses OpenSSL without configuring it, and a server in the same
 * process, connected by a pair of BIOs. It answers by lines on standard output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "config/conf_lookup.h"
#include "config/config_trial.h"
#include "config/gnutls_trial.h"

/* Names below .invalid belong to nobody (RFC 2606), so no policy has them. */
#define PINNED "pinned.pinctl.invalid"
#define SWAPPED "swapped.pinctl.invalid"
#define FREE "free.pinctl.invalid"
/* More than the messages of a handshake. */
#define MOST_STEPS 64

struct peers {
  EVP_PKEY *key, *other; /* of one type, so that the other is refused only as the wrong key */
  X509 *certificate;
  SSL_CTX *server, *client;
};

static int fail(const char *what) {
  printf("error %s\n", what);
  return 1;
}

static int print_provider(OSSL_PROVIDER *provider, void *unused) {
  (void)unused;
  printf("provider %s\n", OSSL_PROVIDER_get0_name(provider));
  return 1;
}

static EVP_PKEY *make_key(int kind) {
  static const char *const curves[TRIAL_KEYS - 1] = {"P-256", "P-384", "P-521"};
  return kind < TRIAL_KEYS - 1 ? EVP_EC_gen(curves[kind]) : EVP_RSA_gen(3072);
}

static char *pin_of(EVP_PKEY *key) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  unsigned char *der = NULL;
  char text[64];
  int size = i2d_PUBKEY(key, &der);
  bool done = size > 0 && EVP_Digest(der, (size_t)size, digest, &length, EVP_sha256(), NULL) == 1;
  OPENSSL_free(der);
  if (!done)
    return NULL;
  EVP_EncodeBlock((unsigned char *)text, digest, (int)length);
  return must_format("sha256/%s", text);
}

/* A file in memory, so that nothing is left behind however this process ends. */
static int open_policy(void) {
  int fd = memfd_create("policy.cfg", MFD_CLOEXEC);
  AUTO_TEXT path = must_format("/proc/self/fd/%d", fd);
  bool opened = fd >= 0 && fchmod(fd, 0644) == 0 && setenv("PINNING_POLICY", path, 1) == 0;
  return opened ? fd : -1;
}

static bool write_policy(int fd, EVP_PKEY *right, EVP_PKEY *wrong) {
  AUTO_TEXT right_pin = pin_of(right);
  AUTO_TEXT wrong_pin = pin_of(wrong);
  return right_pin != NULL && wrong_pin != NULL &&
         dprintf(fd,
                 "version = 1;\nhosts = ( { name = \"" PINNED "\"; pins = [ \"%s\" ]; },\n"
                 "  { name = \"" SWAPPED "\"; pins = [ \"%s\" ]; } );\n",
                 right_pin, wrong_pin) > 0;
}

static bool name_certificate(X509 *certificate) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *names =
      X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, "DNS:" PINNED ",DNS:" SWAPPED ",DNS:" FREE);
  bool added = names != NULL && X509_add_ext(certificate, names, -1) == 1;
  X509_EXTENSION_free(names);
  return added;
}

static X509 *make_certificate(EVP_PKEY *key) {
  X509 *certificate = X509_new();
  X509_NAME *name = certificate == NULL ? NULL : X509_get_subject_name(certificate);
  if (name != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
      ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
      X509_gmtime_adj(X509_getm_notBefore(certificate), -SECONDS_PER_DAY) != NULL &&
      X509_gmtime_adj(X509_getm_notAfter(certificate), SECONDS_PER_DAY) != NULL &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"pinctl trial", -1, -1,
                                 0) == 1 &&
      X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
      name_certificate(certificate) && X509_sign(certificate, key, EVP_sha512()) > 0)
    return certificate;
  X509_free(certificate);
  return NULL;
}

static bool make_peers(struct peers *peers) {
  peers->certificate = make_certificate(peers->key);
  peers->server = SSL_CTX_new(TLS_server_method());
  peers->client = SSL_CTX_new(TLS_client_method());
  if (peers->certificate == NULL || peers->server == NULL || peers->client == NULL)
    return false;
  SSL_CTX_set_verify(peers->client, SSL_VERIFY_PEER, NULL);
  return SSL_CTX_use_certificate(peers->server, peers->certificate) == 1 &&
         SSL_CTX_use_PrivateKey(peers->server, peers->key) == 1 &&
         X509_STORE_add_cert(SSL_CTX_get_cert_store(peers->client), peers->certificate) == 1;
}

static void free_peers(struct peers *peers) {
  SSL_CTX_free(peers->server);
  SSL_CTX_free(peers->client);
  X509_free(peers->certificate);
  EVP_PKEY_free(peers->other);
  EVP_PKEY_free(peers->key);
}

static bool wants_more(SSL *ssl, int result) {
  int error = SSL_get_error(ssl, result);
  return result == 1 || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static bool exchange(SSL *client, SSL *server) {
  for (int step = 0; step < MOST_STEPS; step++) {
    int of_client = SSL_do_handshake(client);
    if (!wants_more(client, of_client))
      return false;
    int of_server = SSL_do_handshake(server);
    if (!wants_more(server, of_server))
      return false;
    if (of_client == 1 && of_server == 1)
      return true;
  }
  return false;
}

static bool join(SSL *client, SSL *server, const char *host) {
  BIO *near = NULL;
  BIO *far = NULL;
  if (client == NULL || server == NULL || BIO_new_bio_pair(&near, 0, &far, 0) != 1)
    return false;
  /* The macro takes a name without const. */
  AUTO_TEXT name = must_copy(host);
  SSL_set_bio(client, near, near);
  SSL_set_bio(server, far, far);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  return SSL_set1_host(client, host) == 1 && SSL_set_tlsext_host_name(client, name) == 1;
}

/* *ret_verified: the result of verification. */
static bool connects(const struct peers *peers, const char *host, long *ret_verified) {
  SSL *client = SSL_new(peers->client);
  SSL *server = SSL_new(peers->server);
  bool done = join(client, server, host) && exchange(client, server);
  *ret_verified = client == NULL ? X509_V_ERR_UNSPECIFIED : SSL_get_verify_result(client);
  SSL_free(client);
  SSL_free(server);
  return done;
}

/* Loads the configuration once more for OpenSSL's error: programs do not see it, unless the file asks for
 * that. */
static int fail_without_effect(void) {
  OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
  const char *file = getenv("OPENSSL_CONF");
  ERR_clear_error();
  bool loaded = context != NULL && file != NULL && OSSL_LIB_CTX_load_config(context, file) == 1;
  AUTO_TEXT why = loaded ? NULL : openssl_error_text();
  printf("error a TLS connection to a host with another key is accepted: pinning has no effect");
  if (why != NULL)
    printf(" (OpenSSL stops with: %s)", why);
  putchar('\n');
  OSSL_LIB_CTX_free(context);
  return 1;
}

static int try_handshakes(const struct peers *peers) {
  long verified = 0;
  if (!connects(peers, FREE, &verified)) {
    fail("a TLS connection to a host without an entry fails");
    return TRIAL_OTHER_KEY;
  }
  if (!connects(peers, PINNED, &verified))
    return fail("a TLS connection to a host with the pinned key is refused");
  if (connects(peers, SWAPPED, &verified))
    return fail_without_effect();
  if (verified != X509_V_ERR_APPLICATION_VERIFICATION)
    return fail("a TLS connection to a host with another key fails, but not because of its key");
  return 0;
}

/* Tests GnuTLS if it is installed, since the shim enforces there too. */
static int try_gnutls_handshakes(const struct peers *peers) {
  AUTO_TEXT certificate = NULL;
  AUTO_TEXT key = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&certificate, &size);
  bool written = PEM_write_X509(stream, peers->certificate) == 1;
  memory_close(stream);
  stream = memory_open(&key, &size);
  written = PEM_write_PrivateKey(stream, peers->key, NULL, NULL, 0, NULL, NULL) == 1 && written;
  memory_close(stream);
  if (!written)
    return fail("cannot write a certificate");
  struct gnutls_trial_server server = {.certificate = certificate, .key = key};
  switch (gnutls_trial_connect(&server, FREE)) {
  case GNUTLS_TRIAL_ABSENT:
    return 0;
  case GNUTLS_TRIAL_CONNECTED:
    break;
  case GNUTLS_TRIAL_REFUSED:
    return fail(
        "a TLS connection by GnuTLS to a host without an entry is refused: is pinning-gnutls.so missing?");
  case GNUTLS_TRIAL_FAILED:
    fail("a TLS connection by GnuTLS to a host without an entry fails");
    return TRIAL_OTHER_KEY;
  }
  if (gnutls_trial_connect(&server, PINNED) != GNUTLS_TRIAL_CONNECTED)
    return fail("a TLS connection by GnuTLS to a host with the pinned key is refused");
  if (gnutls_trial_connect(&server, SWAPPED) != GNUTLS_TRIAL_REFUSED)
    return fail(
        "a TLS connection by GnuTLS to a host with another key is accepted: the shim has no effect there");
  return 0;
}

static int try_connections(int policy, int kind) {
  struct peers peers = {.key = make_key(kind), .other = make_key(kind)};
  int status = TRIAL_OTHER_KEY;
  if (peers.key == NULL || peers.other == NULL)
    fail("cannot make a key");
  else if (!write_policy(policy, peers.key, peers.other))
    status = fail("cannot write a policy for the test");
  else if (!make_peers(&peers))
    fail("cannot make a certificate, or set up a TLS connection");
  else
    status = try_handshakes(&peers);
  if (status == 0 && getenv("LD_PRELOAD") != NULL)
    status = try_gnutls_handshakes(&peers);
  free_peers(&peers);
  return status;
}

/* Starts as nodejs does: with its own setting only, and any error is fatal. */
static bool start_as_nodejs(char **ret_why) {
  OPENSSL_INIT_SETTINGS *settings = OPENSSL_INIT_new();
  if (settings == NULL)
    return false;
  OPENSSL_INIT_set_config_appname(settings, NODEJS_START);
  OPENSSL_INIT_set_config_file_flags(settings, CONF_MFLAGS_IGNORE_MISSING_FILE);
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, settings);
  OPENSSL_INIT_free(settings);
  AUTO_TEXT error = openssl_error_text();
  if (error != NULL)
    *ret_why = must_format("nodejs does not start with it (%s)", error);
  ERR_clear_error();
  return error == NULL;
}

/* With config_diagnostics this fails, as in any program, if the configuration cannot be loaded. */
static int start(bool nodejs) {
  AUTO_TEXT why = NULL;
  if (nodejs && !start_as_nodejs(&why))
    return fail(why == NULL ? "OpenSSL has no memory" : why);
  return OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL) == 1 ? 0 : fail("OpenSSL does not start with it");
}

int trial_main(int argc, char **argv) {
  int policy = open_policy();
  if (policy < 0)
    return fail("cannot write a policy for the test");
  if (start(argc > 1 && strcmp(argv[1], NODEJS_START) == 0) != 0)
    return 1;
  /* Before any algorithm is fetched: then pinning ends its activation. */
  OSSL_PROVIDER_do_all(NULL, print_provider, NULL);
  EVP_MD *digest = EVP_MD_fetch(NULL, "SHA2-256", NULL);
  if (digest == NULL)
    return fail("SHA2-256 is not available");
  EVP_MD_free(digest);
  int status = argc > 2 ? try_connections(policy, atoi(argv[2])) : 0;
  return fflush(stdout) == 0 ? status : 1;
}
