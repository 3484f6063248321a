/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Hosts without an entry, with policies that refuse or log them. */
#include "resume.h"
#include "shared_key.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define BELOW .sni = "below.test.example", .host = "below.test.example"
#define OPEN .unverified = true, .untrusting = true

/* Only listed hosts are allowed. "unlisted" has no entry for other.test.example; "unlisted-off" has only that
 * one, with mode off. */
static enum outcome under(const char *policy, const struct setup *setup) {
  use_policy(policy);
  return connect_once(setup);
}

static enum outcome refusing(const struct setup *setup) {
  return under("unlisted", setup);
}

static enum outcome only_off(const struct setup *setup) {
  return under("unlisted-off", setup);
}

static enum outcome audited(const struct setup *setup) {
  return under("unlisted-audited", setup);
}

static enum outcome observing(const struct setup *setup) {
  return under("observed", setup);
}

static enum outcome nobody(const struct setup *setup) {
  return under("unlisted-nobody", setup);
}

/* ---- Programs that verify themselves ---- */

static int say_yes(X509_STORE_CTX *ctx, void *arg) {
  (void)ctx, (void)arg;
  return 1;
}

static enum outcome own_verification(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  use_policy("unlisted");
  SSL_CTX_set_cert_verify_callback(client, say_yes, NULL);
  link_open(&link, setup, client, server);
  return link_finish(&link, client, server);
}

/* A name without an entry and one with: the keys of the second are needed. */
static enum outcome and_pinned(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  use_policy("unlisted");
  link_open(&link, setup, client, server);
  if (SSL_add1_host(link.client, "pinned.test.example") != 1)
    broken("no second host");
  return link_finish(&link, client, server);
}

/* ---- Without certificates ---- */

static enum outcome anonymous(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  use_policy("unlisted");
  use_anonymous_suites(client, server);
  link_open(&link, setup, client, server);
  return link_finish(&link, client, server);
}

static enum outcome psk(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  use_policy("unlisted");
  if (setup->version == TLS1_2_VERSION &&
      (SSL_CTX_set_cipher_list(client, "PSK") != 1 || SSL_CTX_set_cipher_list(server, "PSK") != 1))
    broken("no PSK suites");
  use_shared_key(client, server);
  link_open(&link, setup, client, server);
  return link_finish(&link, client, server);
}

/* ---- Sessions ---- */

PLAN(appeared_ticket, .tickets = true, .first_policy = "good", .second_policy = "unlisted")
PLAN(appeared_id, .first_policy = "good", .second_policy = "unlisted")
PLAN(appeared_file, .tickets = true, .from_file = true, .first_policy = "good", .second_policy = "unlisted")
PLAN(observed_file, .tickets = true, .from_file = true, .first_policy = "good", .second_policy = "observed",
     .expect_reuse = true)
PLAN(observed_ticket, .tickets = true, .first_policy = "observed", .expect_reuse = true)
PLAN(listed_ticket, .tickets = true, .first_policy = "unlisted", .expect_reuse = true)
PLAN(listed_file, .tickets = true, .from_file = true, .first_policy = "unlisted", .expect_reuse = true)
PLAN(off_ticket, .tickets = true, .first_policy = "unlisted-off", .expect_reuse = true)
PLAN(renamed_ticket, .tickets = true, .first_policy = "unlisted", .second_name = "other.test.example")
PLAN(unlisted_later, .tickets = true, .first_policy = "unlisted-off", .second_policy = "unlisted-nobody")

/* ---- Clients that connect to us, and verifications outside a connection ---- */

/* A server that asks for its client's certificate talks to no host. The client has another policy, in which
   its server is listed, so only the server's verification is tested. */
static enum outcome client_certificate(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  use_policy("unlisted");
  load_chain(client, "good");
  if (SSL_CTX_load_verify_locations(server, pki("cert-", "root", ".pem"), NULL) != 1)
    broken("no root");
  SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  link_open(&link, setup, client, server);
  return link_finish(&link, client, server);
}

/* As for the signature of a mail, or a certificate that a program reads from a file. */
static enum outcome outside(const struct setup *setup) {
  X509_STORE *store = store_trusting("root");
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  X509 *issuer = read_certificate("issuer"), *leaf = read_certificate("good");
  STACK_OF(X509) *sent = sk_X509_new_null();
  int ok;

  use_policy("unlisted");
  sk_X509_push(sent, issuer);
  if (X509_STORE_CTX_init(ctx, store, leaf, sent) != 1)
    broken("no context");
  if (setup->host != NULL)
    X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(ctx), setup->host, 0);
  ok = X509_verify_cert(ctx);
  X509_STORE_CTX_free(ctx);
  sk_X509_pop_free(sent, X509_free);
  X509_free(leaf);
  X509_STORE_free(store);
  return ok == 1 ? ACCEPTED : REJECTED;
}

/* The policy changes while the program runs, and changes back. */
static enum outcome refused_then_not(const struct setup *setup) {
  if (under("unlisted", setup) == ACCEPTED && strcmp(getenv("PATHS_WAY"), "without") != 0)
    broken("accepted");
  return under("good", setup);
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"unlisted", refusing, {.chain = "good", OTHER}, WE_REFUSE},
  {"unlisted-tls1.2", refusing, {.chain = "good", OTHER, V12}, WE_REFUSE},
  {"unlisted-none", refusing, {.chain = "good", OTHER, OPEN}, WE_REFUSE},
  {"unlisted-none-tls1.2", refusing, {.chain = "good", OTHER, OPEN, V12}, WE_REFUSE},
  {"unlisted-socket", refusing, {.chain = "good", OTHER, .transport = SOCKET}, WE_REFUSE},
  {"unlisted-memory", refusing, {.chain = "good", OTHER, .transport = MEMORY}, WE_REFUSE},
  {"unlisted-untrusted", refusing, {.chain = "good", OTHER, .untrusting = true}, BOTH_REFUSE},
  {"unlisted-sni-only", refusing, {.chain = "good", .sni = "other.test.example"}, WE_REFUSE},
  {"unlisted-host-only", refusing, {.chain = "good", .host = "other.test.example"}, WE_REFUSE},
  {"unlisted-odd-name", refusing, {.chain = "good", .sni = "other..test.example"}, WE_REFUSE},
  {"unlisted-own-verification", own_verification, {.chain = "bad", OTHER}, WE_REFUSE},
  {"unlisted-below-wildcard", refusing, {.chain = "good", .sni = "a.b.wild.test.example"}, WE_REFUSE},
  {"nobody-is-listed", nobody, {.chain = "good", PINNED}, WE_REFUSE},
  {"nobody-is-listed-nameless", nobody, {.chain = "good", OPEN}, WE_REFUSE},
  {"nameless-wrong-key", refusing, {.chain = "bad", OPEN}, WE_REFUSE},
  {"nameless-socket-wrong-key", refusing, {.chain = "bad", OPEN, .transport = SOCKET}, WE_REFUSE},
  {"nameless-elsewhere", refusing, {.chain = "elsewhere", OPEN}, WE_REFUSE},
  /* The certificate is for the host for which no key is required. */
  {"nameless-says-it-is-off", only_off, {.chain = "good", OPEN}, WE_REFUSE},
  {"nameless-says-it-is-off-socket", only_off, {.chain = "good", OPEN, .transport = SOCKET}, WE_REFUSE},
  {"nameless-socket-right-key", refusing, {.chain = "good", OPEN, .transport = SOCKET}, ALL_ACCEPT},
  {"listed", refusing, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"listed-tls1.2", refusing, {.chain = "good", PINNED, V12}, ALL_ACCEPT},
  {"listed-none", refusing, {.chain = "good", PINNED, OPEN}, ALL_ACCEPT},
  {"listed-wrong-key", refusing, {.chain = "bad", PINNED}, WE_REFUSE},
  {"listed-by-second-name", and_pinned, {.chain = "good", OTHER}, ALL_ACCEPT},
  {"listed-by-second-name-wrong-key", and_pinned, {.chain = "bad", OTHER}, WE_REFUSE},
  {"listed-off", only_off, {.chain = "good", OTHER}, ALL_ACCEPT},
  {"listed-off-socket", only_off, {.chain = "bad", OTHER, .transport = SOCKET}, ALL_ACCEPT},
  {"beside-listed-off", only_off, {.chain = "good", PINNED}, WE_REFUSE},
  {"anonymous", anonymous, {OTHER, V12}, WE_REFUSE},
  {"anonymous-nameless", anonymous, {OPEN, V12}, WE_REFUSE},
  {"psk-tls1.2", psk, {OTHER, V12}, WE_REFUSE},
  {"psk-tls1.3", psk, {OTHER}, WE_REFUSE},
  BOTH_VERSIONS("session/appeared", appeared_ticket, "good", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("session/appeared-id", appeared_id, "good", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("session/appeared-file", appeared_file, "good", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("session/renamed", renamed_ticket, "good", "pinned.test.example", WE_REFUSE),
  BOTH_VERSIONS("session/unlisted-later", unlisted_later, "good", "other.test.example", WE_REFUSE),
  BOTH_VERSIONS("session/listed", listed_ticket, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("session/listed-file", listed_file, "good", "pinned.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("session/off", off_ticket, "good", "other.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("session/observed", observed_ticket, "good", "other.test.example", ALL_ACCEPT),
  BOTH_VERSIONS("session/observed-file", observed_file, "good", "other.test.example", ALL_ACCEPT),
  /* Only logged. */
  {"observed", observing, {.chain = "good", OTHER}, ALL_ACCEPT},
  {"observed-tls1.2", observing, {.chain = "good", OTHER, V12}, ALL_ACCEPT},
  {"observed-none", observing, {.chain = "bad", OTHER, OPEN}, ALL_ACCEPT},
  {"observed-nameless", observing, {.chain = "elsewhere", OPEN}, ALL_ACCEPT},
  {"observed-untrusted", observing, {.chain = "good", OTHER, .untrusting = true}, OPENSSL_REJECTS},
  {"observed-wrong-key-of-listed", observing, {.chain = "bad", PINNED}, WE_REFUSE},
  {"audited", audited, {.chain = "good", OTHER}, ALL_ACCEPT},
  {"audited-none", audited, {.chain = "good", OTHER, OPEN}, ALL_ACCEPT},
  /* No host that this machine talks to. */
  {"server-verifies-client", client_certificate, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"outside/nameless", outside, {0}, ALL_ACCEPT},
  {"outside/named", outside, {.host = "below.test.example"}, ALL_ACCEPT},
  {"goes-and-comes", refused_then_not, {.chain = "good", OTHER}, ALL_ACCEPT},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
