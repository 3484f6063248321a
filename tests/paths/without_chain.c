/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Servers that are known by something other than a chain of certificates: DANE, raw public keys, no
 * certificate. */
#include "shared_key.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509.h>

#define PINNED .sni = "pinned.test.example"
#define CA_PINNED .sni = "ca.test.example"
#define OTHER .sni = "other.test.example"
#define V12 .version = TLS1_2_VERSION

/* ---- DANE ---- */

static void add_record(SSL *ssl, uint8_t usage, uint8_t matching, const char *name) {
  X509 *of = read_certificate(name);
  unsigned char *key = NULL, digest[32];
  int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(of), &key);
  int added;

  if (length <= 0 || EVP_Digest(key, (size_t)length, digest, NULL, EVP_sha256(), NULL) != 1)
    broken("no digest");
  if (matching == 1)
    added = SSL_dane_tlsa_add(ssl, usage, 1, 1, digest, sizeof digest);
  else
    added = SSL_dane_tlsa_add(ssl, usage, 1, 0, key, (size_t)length);
  if (added != 1)
    broken("no TLSA record");
  OPENSSL_free(key);
  X509_free(of);
}

/* The record always matches, so only pinning can refuse. */
static enum outcome dane(const struct setup *setup, uint8_t usage, uint8_t matching, const char *record) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  if (SSL_CTX_dane_enable(client) != 1)
    broken("no DANE");
  link_open_nameless(&link, setup, client, server);
  if (SSL_dane_enable(link.client, setup->sni) != 1)
    broken("no DANE");
  add_record(link.client, usage, matching, record);
  return link_finish(&link, client, server);
}

static enum outcome dane_ee(const struct setup *setup) {
  return dane(setup, 3, 1, setup->chain);
}

static const char *issuer_of(const struct setup *setup) {
  return strcmp(setup->chain, "good") == 0 ? "issuer" : "issuer2";
}

static enum outcome dane_ta(const struct setup *setup) {
  return dane(setup, 2, 1, issuer_of(setup));
}

static enum outcome dane_ta_full(const struct setup *setup) {
  return dane(setup, 2, 0, issuer_of(setup));
}

/* The server shows only its own certificate; the record's bare key replaces the issuer. */
static enum outcome dane_ta_bare(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  SSL_CTX_dane_enable(client);
  SSL_CTX_clear_extra_chain_certs(server);
  SSL_CTX_clear_chain_certs(server);
  link_open_nameless(&link, setup, client, server);
  SSL_dane_enable(link.client, setup->sni);
  add_record(link.client, 2, 0, issuer_of(setup));
  return link_finish(&link, client, server);
}

/* ---- Raw public keys (RFC 7250), of OpenSSL 3.2 and later ---- */

typedef int set_type_fn(SSL *ssl, const unsigned char *types, size_t count);
typedef int expect_fn(SSL *ssl, EVP_PKEY *key);

static enum outcome raw_key(const struct setup *setup) {
  static const unsigned char raw[] = {2 /* RFC 7250, section 6: RawPublicKey */};
  SSL_CTX *client, *server;
  set_type_fn *set_type;
  expect_fn *expect;
  X509 *of = read_certificate(setup->chain);
  struct link link;
  void *symbols[] = {optional_symbol("SSL_set1_server_cert_type"), optional_symbol("SSL_add_expected_rpk")};

  if (symbols[0] == NULL || symbols[1] == NULL)
    return NOT_APPLICABLE;
  memcpy(&set_type, &symbols[0], sizeof set_type);
  memcpy(&expect, &symbols[1], sizeof expect);
  client = client_context(setup);
  server = server_context(setup);
  if (SSL_CTX_dane_enable(client) != 1)
    broken("no DANE");
  link_open_nameless(&link, setup, client, server);
  set_server_name(link.client, setup->sni);
  if (SSL_dane_enable(link.client, NULL) != 1 || set_type(link.client, raw, 1) != 1 ||
      set_type(link.server, raw, 1) != 1 || expect(link.client, X509_get0_pubkey(of)) != 1)
    broken("no raw public keys");
  X509_free(of);
  return link_finish(&link, client, server);
}

/* ---- No certificate at all ---- */

static enum outcome anonymous(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  use_anonymous_suites(client, server);
  link_open(&link, setup, client, server);
  return link_finish(&link, client, server);
}

static void ignore_info(const SSL *ssl, int where, int ret) {
  (void)ssl, (void)where, (void)ret;
}

/* The program sets an info callback during the handshake. */
static unsigned int client_psk_with_info(SSL *ssl, const char *hint, char *id, unsigned int max_id,
                                         unsigned char *psk, unsigned int max_psk) {
  SSL_set_info_callback(ssl, ignore_info);
  return shared_key_of_client(ssl, hint, id, max_id, psk, max_psk);
}

static int allow_all(const SSL *ssl, const SSL_CTX *context, int operation, int bits, int nid, void *other,
                     void *ex) {
  (void)ssl, (void)context, (void)operation, (void)bits, (void)nid, (void)other, (void)ex;
  return 1;
}

static enum outcome psk_with(const struct setup *setup, SSL_psk_client_cb_func callback, bool own_security) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  if (setup->version == TLS1_2_VERSION &&
      (SSL_CTX_set_cipher_list(client, "PSK") != 1 || SSL_CTX_set_cipher_list(server, "PSK") != 1))
    broken("no PSK suites");
  use_shared_key(client, server);
  if (callback != NULL)
    SSL_CTX_set_psk_client_callback(client, callback);
  if (own_security)
    SSL_CTX_set_security_callback(client, allow_all);
  link_open(&link, setup, client, server);
  return link_finish(&link, client, server);
}

static enum outcome psk(const struct setup *setup) {
  return psk_with(setup, NULL, false);
}

static enum outcome psk_with_info(const struct setup *setup) {
  return psk_with(setup, client_psk_with_info, false);
}

static enum outcome psk_with_security(const struct setup *setup) {
  return psk_with(setup, NULL, true);
}

static enum outcome external(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  use_suite_of_shared_session(client, server);
  use_shared_session(client, server, 0);
  link_open(&link, setup, client, server);
  return link_finish(&link, client, server);
}

#define BARE_KEY "the anchor is a bare key, in no certificate: not on the path that is looked at"

static const struct test_case cases[] = {
    /* clang-format off */
  {"dane-ee/right-key", dane_ee, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"dane-ee/right-key-untrusted", dane_ee, {.chain = "good", PINNED, .untrusting = true}, ALL_ACCEPT},
  {"dane-ee/right-ca", dane_ee, {.chain = "good", CA_PINNED, .untrusting = true}, ALL_ACCEPT},
  {"dane-ee/wrong-key", dane_ee, {.chain = "bad", PINNED}, WE_REFUSE},
  {"dane-ee/wrong-key-tls1.2", dane_ee, {.chain = "bad", PINNED, V12}, WE_REFUSE},
  {"dane-ee/wrong-key-none", dane_ee, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"dane-ee/wrong-ca", dane_ee, {.chain = "bad", CA_PINNED}, WE_REFUSE},
  {"dane-ee/forged-link", dane_ee, {.chain = "forged", CA_PINNED}, WE_REFUSE},
  {"dane-ee/uncovered", dane_ee, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"dane-ta/right-key", dane_ta, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"dane-ta/right-ca", dane_ta, {.chain = "good", CA_PINNED, .untrusting = true}, ALL_ACCEPT},
  {"dane-ta/wrong-key", dane_ta, {.chain = "bad", PINNED, .untrusting = true}, WE_REFUSE},
  {"dane-ta/wrong-ca", dane_ta, {.chain = "bad", CA_PINNED, .untrusting = true}, WE_REFUSE},
  {"dane-ta/ca-beside-path", dane_ta, {.chain = "stuffed", CA_PINNED, .untrusting = true}, WE_REFUSE},
  {"dane-ta/uncovered", dane_ta, {.chain = "bad", OTHER, .untrusting = true}, ALL_ACCEPT},
  {"dane-ta-full/right-key", dane_ta_full, {.chain = "good", PINNED, .untrusting = true}, ALL_ACCEPT},
  {"dane-ta-full/right-ca", dane_ta_full, {.chain = "good", CA_PINNED, .untrusting = true}, ALL_ACCEPT},
  {"dane-ta-full/wrong-key", dane_ta_full, {.chain = "bad", PINNED, .untrusting = true}, WE_REFUSE},
  {"dane-ta-full/wrong-ca", dane_ta_full, {.chain = "bad", CA_PINNED, .untrusting = true}, WE_REFUSE},
  {"dane-ta-bare/right-key", dane_ta_bare, {.chain = "good", PINNED, .untrusting = true}, ALL_ACCEPT},
  {"dane-ta-bare/right-ca", dane_ta_bare, {.chain = "good", CA_PINNED, .untrusting = true}, WE_REFUSE, .note = BARE_KEY},
  {"dane-ta-bare/wrong-key", dane_ta_bare, {.chain = "bad", PINNED, .untrusting = true}, WE_REFUSE},
  {"dane-ta-bare/wrong-ca", dane_ta_bare, {.chain = "bad", CA_PINNED, .untrusting = true}, WE_REFUSE},

  {"raw-key/right-key", raw_key, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"raw-key/wrong-key", raw_key, {.chain = "bad", PINNED}, WE_REFUSE},
  {"raw-key/wrong-key-tls1.2", raw_key, {.chain = "bad", PINNED, V12}, WE_REFUSE},
  {"raw-key/wrong-key-none", raw_key, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"raw-key/under-right-ca", raw_key, {.chain = "good", CA_PINNED}, WE_REFUSE},
  {"raw-key/uncovered", raw_key, {.chain = "bad", OTHER}, ALL_ACCEPT},

  {"anonymous/pinned", anonymous, {PINNED, V12}, WE_REFUSE},
  {"anonymous/pinned-none", anonymous, {PINNED, V12, .unverified = true}, WE_REFUSE},
  {"anonymous/pinned-socket", anonymous, {PINNED, V12, .transport = SOCKET}, WE_REFUSE},
  {"anonymous/pinned-memory", anonymous, {PINNED, V12, .transport = MEMORY}, WE_REFUSE},
  {"anonymous/uncovered", anonymous, {OTHER, V12}, ALL_ACCEPT},
  {"psk/tls1.2/pinned", psk, {PINNED, V12}, WE_REFUSE},
  {"psk/tls1.2/pinned-info-callback", psk_with_info, {PINNED, V12}, WE_REFUSE},
  {"psk/tls1.2/pinned-security-callback", psk_with_security, {PINNED, V12}, WE_REFUSE},
  {"psk/tls1.2/uncovered", psk, {OTHER, V12}, ALL_ACCEPT},
  {"psk/tls1.3/pinned", psk, {PINNED}, WE_REFUSE},
  {"psk/tls1.3/pinned-info-callback", psk_with_info, {PINNED}, WE_REFUSE},
  {"psk/tls1.3/pinned-security-callback", psk_with_security, {PINNED}, WE_REFUSE},
  {"psk/tls1.3/uncovered", psk, {OTHER}, ALL_ACCEPT},
  {"external-psk/pinned", external, {PINNED}, WE_REFUSE},
  {"external-psk/pinned-socket", external, {PINNED, .transport = SOCKET}, WE_REFUSE},
  {"external-psk/pinned-none", external, {PINNED, .unverified = true}, WE_REFUSE},
  {"external-psk/uncovered", external, {OTHER}, ALL_ACCEPT},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
