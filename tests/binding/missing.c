/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A few connections to refuse or accept, for an OpenSSL that lacks a function: see missing_test.py. */
#include "kit.h"

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define CA_PINNED .sni = "ca.test.example", .host = "ca.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define OPEN .unverified = true, .untrusting = true

static int say_yes(X509_STORE_CTX *ctx, void *arg) {
  (void)ctx;
  (void)arg;
  return 1;
}

static enum outcome by_own_verification(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  SSL_CTX_set_cert_verify_callback(client, say_yes, NULL);
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* A session that the policy no longer allows. */
static enum outcome resumed(const struct setup *setup) {
  SSL_CTX *client = caching_client(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  if (connect_with(setup, client, server) != ACCEPTED || newest_session == NULL)
    return REJECTED;
  use_policy("changed");
  link_open(&link, setup, client, server);
  SSL_set_session(link.client, newest_session);
  outcome = link_run(&link);
  link_close(&link);
  return outcome;
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"right", connect_once, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"right-ca", connect_once, {.chain = "good", CA_PINNED}, ALL_ACCEPT},
  {"uncovered", connect_once, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"uncovered-none", connect_once, {.chain = "bad", OTHER, OPEN}, ALL_ACCEPT},
  {"wrong", connect_once, {.chain = "bad", PINNED}, WE_REFUSE},
  {"wrong-tls1.2", connect_once, {.chain = "bad", PINNED, .version = TLS1_2_VERSION}, WE_REFUSE},
  {"wrong-none", connect_once, {.chain = "bad", PINNED, OPEN}, WE_REFUSE},
  {"wrong-sni", connect_once, {.chain = "bad", .sni = "pinned.test.example"}, WE_REFUSE},
  {"wrong-name", connect_once, {.chain = "bad", .host = "pinned.test.example"}, WE_REFUSE},
  {"wrong-socket", connect_once, {.chain = "bad", .transport = SOCKET}, WE_REFUSE},
  {"wrong-own-verification", by_own_verification, {.chain = "bad", PINNED}, WE_REFUSE},
  {"wrong-ca", connect_once, {.chain = "stuffed", CA_PINNED}, WE_REFUSE},
  {"wrong-forged", connect_once, {.chain = "forged", CA_PINNED, .unverified = true}, WE_REFUSE},
  {"wrong-session", resumed, {.chain = "good", PINNED}, WE_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
