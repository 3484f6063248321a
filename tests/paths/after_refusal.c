/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Programs that continue in spite of a refusal, and programs that use an SSL again after one. */
#include "kit.h"

#include <stdio.h>

#include <openssl/err.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define V12 .version = TLS1_2_VERSION

static int say_yes(X509_STORE_CTX *ctx, void *arg) {
  (void)ctx, (void)arg;
  return 1;
}

static SSL_CTX *credulous_client(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_cert_verify_callback(client, say_yes, NULL);
  return client;
}

static enum outcome finish(struct link *link, SSL_CTX *client, SSL_CTX *server, enum outcome outcome) {
  link_free(link, client, server);
  return outcome;
}

/* ---- The program restores the transport after the refusal, and continues the handshake ---- */

/* What a program keeps of its transport in order to restore it. */
struct transport_kept {
  int fd;
  BIO *rbio, *wbio;
};

static struct transport_kept keep(const struct link *link) {
  struct transport_kept kept = {link->client_socket, SSL_get_rbio(link->client), SSL_get_wbio(link->client)};

  BIO_up_ref(kept.rbio);
  BIO_up_ref(kept.wbio);
  return kept;
}

static void put_back(struct link *link, const struct transport_kept *kept) {
  if (kept->fd >= 0) {
    SSL_set_fd(link->client, kept->fd);
    return;
  }
  BIO_up_ref(kept->rbio);
  BIO_up_ref(kept->wbio);
  SSL_set0_rbio(link->client, kept->rbio);
  SSL_set0_wbio(link->client, kept->wbio);
}

static enum outcome put_back_each_time(const struct setup *setup) {
  SSL_CTX *client = credulous_client(setup), *server = server_context(setup);
  struct transport_kept kept;
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  kept = keep(&link);
  outcome = link_run(&link);
  for (int turn = 0; turn < 10 && outcome == REFUSED; turn++) {
    put_back(&link, &kept);
    ERR_clear_error();
    if (SSL_do_handshake(link.client) == 1)
      broken("the handshake is over in spite of the refusal");
    (void)SSL_do_handshake(link.server);
    put_back(&link, &kept);
    (void)SSL_write(link.client, "secret", 6);
    link_serve(&link);
  }
  if (outcome == REFUSED && link.server_received != 0)
    broken("plaintext left after the refusal");
  BIO_free(kept.rbio);
  BIO_free(kept.wbio);
  return finish(&link, client, server, outcome);
}

/* ---- The SSL is used again ---- */

static void rejoin(struct link *link) {
  BIO *client_bio, *server_bio;

  if (SSL_clear(link->client) != 1 || SSL_clear(link->server) != 1)
    broken("no second connection");
  if (BIO_new_bio_pair(&client_bio, 65536, &server_bio, 65536) != 1)
    broken("no BIO pair");
  SSL_set_session(link->client, NULL);
  SSL_set_bio(link->client, client_bio, client_bio);
  SSL_set_bio(link->server, server_bio, server_bio);
  SSL_set_connect_state(link->client);
  SSL_set_accept_state(link->server);
  link->client_failed = link->server_failed = link->ours = false;
  link->server_received = 0;
}

/* Connects to the same host again and again, each time with new BIOs that nothing has replaced yet. */
static enum outcome once_more(const struct setup *setup) {
  SSL_CTX *client = credulous_client(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  outcome = link_run(&link);
  for (int turn = 0; turn < 3; turn++) {
    rejoin(&link);
    if (link_run(&link) != outcome)
      broken("another outcome the next time");
  }
  return finish(&link, client, server, outcome);
}

/* Uses the refused SSL for a host without an entry. mode: the verification mode that the program sets in
 * between; -1: it sets none. */
static enum outcome then_uncovered(const struct setup *setup, int mode) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  (void)link_run(&link);
  rejoin(&link);
  set_server_name(link.client, "other.test.example");
  SSL_set1_host(link.client, "other.test.example");
  if (mode != -1)
    SSL_set_verify(link.client, mode, NULL);
  outcome = link_run(&link);
  printf("verify=%d\n", SSL_get_verify_mode(link.client));
  return finish(&link, client, server, outcome);
}

/* The second connection must be as if there had been no refusal. */
static enum outcome for_another(const struct setup *setup) {
  return then_uncovered(setup, -1);
}

static enum outcome then_verifying(const struct setup *setup) {
  return then_uncovered(setup, SSL_VERIFY_PEER);
}

#define FIRST_ONLY "the log has the refusal of the first connection; OpenSSL itself rejects the second"

static const struct test_case cases[] = {
    /* clang-format off */
  {"put-back/right-key", put_back_each_time, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"put-back/wrong-key", put_back_each_time, {.chain = "bad", PINNED}, WE_REFUSE},
  {"put-back/wrong-key-tls1.2", put_back_each_time, {.chain = "bad", PINNED, V12}, WE_REFUSE},
  {"put-back/wrong-key-memory", put_back_each_time, {.chain = "bad", PINNED, .transport = MEMORY}, WE_REFUSE},
  {"put-back/wrong-key-memory-tls1.2", put_back_each_time, {.chain = "bad", PINNED, V12, .transport = MEMORY}, WE_REFUSE},
  {"put-back/wrong-key-socket", put_back_each_time, {.chain = "bad", PINNED, .transport = SOCKET}, WE_REFUSE},
  {"put-back/wrong-key-socket-tls1.2", put_back_each_time, {.chain = "bad", PINNED, V12, .transport = SOCKET}, WE_REFUSE},
  {"once-more/right-key", once_more, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"once-more/wrong-key", once_more, {.chain = "bad", PINNED}, WE_REFUSE},
  {"once-more/wrong-key-tls1.2", once_more, {.chain = "bad", PINNED, V12}, WE_REFUSE},
  {"once-more/wrong-key-none", once_more, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"for-another/none-untrusted", for_another, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, ALL_ACCEPT, .same_output = true},
  {"for-another/none", for_another, {.chain = "bad", PINNED, .unverified = true}, ALL_ACCEPT, .same_output = true},
  {"for-another/verifying", for_another, {.chain = "bad", PINNED}, ALL_ACCEPT, .same_output = true},
  {"for-another/verifying-untrusted", for_another, {.chain = "bad", PINNED, .untrusting = true}, BOTH_REFUSE, .note = FIRST_ONLY},
  {"then-verifying/untrusted", then_verifying, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, BOTH_REFUSE, .note = FIRST_ONLY, .same_output = true},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
