/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* More than one handshake with one SSL, and other unusual courses of a handshake. */
#include "kit.h"

#include <openssl/err.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define V12 .version = TLS1_2_VERSION

static void use_chain(SSL *ssl, const char *chain) {
  if (SSL_use_certificate_chain_file(ssl, pki("chain-", chain, ".pem")) != 1 ||
      SSL_use_PrivateKey_file(ssl, pki("key-", chain, ".pem"), SSL_FILETYPE_PEM) != 1)
    broken("no chain %s", chain);
}

static void turn_again(struct link *link) {
  char buffer[16];

  for (int turn = 0; turn < 20 && !link->client_failed; turn++) {
    int result;

    ERR_clear_error();
    (void)SSL_do_handshake(link->server);
    ERR_clear_error();
    result = SSL_read(link->client, buffer, sizeof buffer);
    if (result <= 0 && SSL_get_error(link->client, result) != SSL_ERROR_WANT_READ)
      link_note_failure(link);
  }
}

/* The server asks for a second handshake (TLS 1.2) and shows the bad chain in it. */
static enum outcome renegotiate(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open(&link, setup, client, server);
  if (link_run(&link) != ACCEPTED)
    broken("the first handshake fails");
  use_chain(link.server, "bad");
  SSL_set_session_id_context(link.server, (const unsigned char *)"again", 5);
  SSL_renegotiate(link.server);
  turn_again(&link);
  link.server_received = 0;
  link_exchange(&link);
  return link_end(&link, client, server);
}

/* The client asks for a second handshake, which resumes the session of the first under another policy. */
static enum outcome renegotiate_resuming(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  SSL_CTX_set_options(server, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER);
  link_open(&link, setup, client, server);
  if (link_run(&link) != ACCEPTED)
    broken("the first handshake fails");
  use_policy("changed");
  if (SSL_renegotiate_abbreviated(link.client) != 1)
    broken("no second handshake");
  for (int turn = 0; turn < 5 && !link.client_failed; turn++) {
    link_handshake(&link);
    link_serve(&link);
  }
  if (!link.client_failed && SSL_session_reused(link.client) != 1)
    broken("the session was not resumed");
  link.server_received = 0;
  link_exchange(&link);
  return link_end(&link, client, server);
}

static void rejoin(struct link *link) {
  BIO *client_bio, *server_bio;

  if (BIO_new_bio_pair(&client_bio, 65536, &server_bio, 65536) != 1)
    broken("no BIO pair");
  SSL_set_bio(link->client, client_bio, client_bio);
  SSL_set_bio(link->server, server_bio, server_bio);
  SSL_set_connect_state(link->client);
  SSL_set_accept_state(link->server);
}

/* One SSL makes one connection after another: the first to an uncovered host. */
static enum outcome cleared_with(const struct setup *setup, const char *first_name, enum outcome first) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct setup other = *setup;
  struct link link;
  enum outcome outcome;

  other.sni = other.host = first_name;
  link_open(&link, &other, client, server);
  outcome = link_run(&link);
  if (outcome != first && outcome != ACCEPTED)
    broken("the first connection comes to %d", outcome);
  if (SSL_clear(link.client) != 1 || SSL_clear(link.server) != 1)
    broken("no second connection");
  SSL_set_session(link.client, NULL);
  rejoin(&link);
  link.client_failed = link.server_failed = link.ours = false;
  link.server_received = 0;
  set_server_name(link.client, setup->sni);
  SSL_set1_host(link.client, setup->host);
  return link_finish(&link, client, server);
}

static enum outcome cleared(const struct setup *setup) {
  return cleared_with(setup, "other.test.example", ACCEPTED);
}

/* A refused SSL must stay usable for the next host. */
static enum outcome cleared_after_refusal(const struct setup *setup) {
  return cleared_with(setup, "pinned.test.example", REFUSED);
}

static enum outcome duplicated(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  SSL *copy;

  link_open(&link, setup, client, server);
  copy = SSL_dup(link.client);
  if (copy == NULL)
    broken("no copy");
  SSL_free(link.client);
  link.client = copy;
  rejoin(&link);
  return link_finish(&link, client, server);
}

static enum outcome other_context(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *second = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  SSL_set_SSL_CTX(link.client, second);
  outcome = link_run(&link);
  link_free(&link, client, second);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome hello_retry(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  char both[] = "X25519:P-256", second[] = "P-256";
  enum outcome outcome;

  if (SSL_CTX_set1_groups_list(client, both) != 1 || SSL_CTX_set1_groups_list(server, second) != 1)
    broken("no groups");
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* Calls no handshake function, so SSL_write(3) and SSL_read(3) do the handshake. */
static enum outcome implicit(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open(&link, setup, client, server);
  link_exchange(&link);
  return link_end(&link, client, server);
}

/* A program that tries again after the failure, as some do: no data may get through. */
static enum outcome persistent(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;
  char buffer[16];

  link_open(&link, setup, client, server);
  outcome = link_run(&link);
  for (int turn = 0; turn < 5; turn++) {
    SSL_set_verify(link.client, SSL_VERIFY_NONE, NULL);
    ERR_clear_error();
    if (SSL_do_handshake(link.client) == 1 && outcome == REFUSED)
      broken("the handshake goes on after the refusal");
    (void)SSL_do_handshake(link.server);
    (void)SSL_write(link.client, "secret", 6);
    (void)SSL_read(link.client, buffer, sizeof buffer);
    if (outcome == REFUSED)
      link_serve(&link);
  }
  if (outcome == REFUSED && link.server_received != 0)
    broken("plaintext left after the refusal");
  (void)SSL_shutdown(link.client);
  ERR_clear_error();
  link_free(&link, client, server);
  return outcome;
}

/* The same with the verification overridden, so that libssl itself accepts. */
static int say_yes(X509_STORE_CTX *ctx, void *arg) {
  (void)ctx, (void)arg;
  return 1;
}

static enum outcome persistent_overridden(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  SSL_CTX_set_cert_verify_callback(client, say_yes, NULL);
  link_open(&link, setup, client, server);
  outcome = link_run(&link);
  for (int turn = 0; turn < 5 && outcome == REFUSED; turn++) {
    (void)SSL_do_handshake(link.client);
    (void)SSL_do_handshake(link.server);
    (void)SSL_write(link.client, "secret", 6);
    link_serve(&link);
  }
  if (outcome == REFUSED && link.server_received != 0)
    broken("plaintext left after the refusal");
  link_free(&link, client, server);
  return outcome;
}

static enum outcome client_certificate(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  load_chain(client, "good");
  SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  SSL_CTX_load_verify_file(server, pki("cert-", "root", ".pem"));
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"renegotiation/wrong-key", renegotiate, {.chain = "good", PINNED, V12}, WE_REFUSE},
  {"renegotiation/wrong-key-none", renegotiate, {.chain = "good", PINNED, V12, .unverified = true}, WE_REFUSE},
  {"renegotiation/uncovered", renegotiate, {.chain = "good", OTHER, V12}, ALL_ACCEPT},
  {"renegotiation/resumed/key-withdrawn", renegotiate_resuming, {.chain = "good", PINNED, V12}, WE_REFUSE},
  {"renegotiation/resumed/key-withdrawn-none", renegotiate_resuming, {.chain = "good", PINNED, V12, .unverified = true}, WE_REFUSE},
  {"renegotiation/resumed/uncovered", renegotiate_resuming, {.chain = "good", OTHER, V12}, ALL_ACCEPT},
  {"cleared/right-key", cleared, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"cleared/wrong-key", cleared, {.chain = "bad", PINNED}, WE_REFUSE},
  {"cleared/wrong-key-none", cleared, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"cleared/after-refusal", cleared_after_refusal, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"duplicated/right-key", duplicated, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"duplicated/wrong-key", duplicated, {.chain = "bad", PINNED}, WE_REFUSE},
  {"other-context/right-key", other_context, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"other-context/wrong-key", other_context, {.chain = "bad", PINNED}, WE_REFUSE},
  {"hello-retry/right-key", hello_retry, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"hello-retry/wrong-key", hello_retry, {.chain = "bad", PINNED}, WE_REFUSE},
  {"hello-retry/wrong-key-none", hello_retry, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"implicit/right-key", implicit, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"implicit/wrong-key", implicit, {.chain = "bad", PINNED}, WE_REFUSE},
  {"implicit/wrong-key-none", implicit, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"persistent/right-key", persistent, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"persistent/wrong-key", persistent, {.chain = "bad", PINNED}, WE_REFUSE},
  {"persistent/wrong-key-tls1.2", persistent, {.chain = "bad", PINNED, V12}, WE_REFUSE},
  {"persistent/wrong-key-memory", persistent, {.chain = "bad", PINNED, .transport = MEMORY}, WE_REFUSE},
  {"persistent/overridden", persistent_overridden, {.chain = "bad", PINNED}, WE_REFUSE},
  {"persistent/overridden-tls1.2", persistent_overridden, {.chain = "bad", PINNED, V12}, WE_REFUSE},
  {"persistent/overridden-socket", persistent_overridden, {.chain = "bad", PINNED, .transport = SOCKET}, WE_REFUSE},
  {"client-certificate/right-key", client_certificate, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"client-certificate/wrong-key", client_certificate, {.chain = "bad", PINNED}, WE_REFUSE},
  {"client-certificate/uncovered", client_certificate, {.chain = "bad", OTHER}, ALL_ACCEPT},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
