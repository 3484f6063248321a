/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Programs that exchange functions: callbacks during a handshake, and OpenSSL's functions for their own. */
#include "kit.h"

#include <stdio.h>

#include <openssl/x509_vfy.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define CA_PINNED .sni = "ca.test.example", .host = "ca.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define V12 .version = TLS1_2_VERSION

/* ---- A verify callback that puts another in its place ---- */

static int print_yes(int ok, X509_STORE_CTX *ctx) {
  printf("second ok=%d error=%d\n", ok, X509_STORE_CTX_get_error(ctx));
  return 1;
}

static int hand_over(int ok, X509_STORE_CTX *ctx) {
  printf("first ok=%d error=%d\n", ok, X509_STORE_CTX_get_error(ctx));
  X509_STORE_CTX_set_verify_cb(ctx, print_yes);
  return 1;
}

static enum outcome handed_over(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_verify(client, SSL_VERIFY_PEER, hand_over);
  return connect_from(setup, client);
}

/* Exchanges the callback when the first certificate is found good, which is when signatures are checked. */
static int hand_over_late(int ok, X509_STORE_CTX *ctx) {
  if (ok == 1)
    X509_STORE_CTX_set_verify_cb(ctx, print_yes);
  return 1;
}

static enum outcome handed_over_late(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_verify(client, SSL_VERIFY_PEER, hand_over_late);
  return connect_from(setup, client);
}

/* ---- A store's verification function that calls OpenSSL's own, which was read from a context ---- */

static X509_STORE_CTX_verify_fn openssls_own;

static X509_STORE_CTX_verify_fn find_openssls_own(void) {
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  X509_STORE_CTX_verify_fn found;

  if (ctx == NULL || X509_STORE_CTX_init(ctx, NULL, NULL, NULL) != 1)
    broken("no context");
  found = X509_STORE_CTX_get_verify(ctx);
  X509_STORE_CTX_free(ctx);
  return found;
}

static int print_and_verify(X509_STORE_CTX *ctx) {
  int ok = openssls_own(ctx);

  printf("store verification: %d\n", ok);
  return ok;
}

static enum outcome wrapped_by_store(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  openssls_own = find_openssls_own();
  X509_STORE_set_verify(SSL_CTX_get_cert_store(client), print_and_verify);
  return connect_from(setup, client);
}

static enum outcome put_into_store(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  X509_STORE_set_verify(SSL_CTX_get_cert_store(client), find_openssls_own());
  return connect_from(setup, client);
}

/* ---- A verification of one context that the program replaces ---- */

static int without_signatures(X509_STORE_CTX *ctx) {
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  return 1;
}

static int replace_verification(X509_STORE_CTX *ctx, void *arg) {
  (void)arg;
  X509_STORE_CTX_set_verify(ctx, without_signatures);
  return X509_verify_cert(ctx);
}

static enum outcome replaced_in_context(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_cert_verify_callback(client, replace_verification, NULL);
  return connect_from(setup, client);
}

/* ---- A context that the program's callback sets up again, or verifies again ---- */

static int set_up_again(X509_STORE_CTX *ctx, void *arg) {
  X509_STORE *store = X509_STORE_CTX_get0_store(ctx);
  X509 *peer = X509_STORE_CTX_get0_cert(ctx);
  STACK_OF(X509) *untrusted = X509_STORE_CTX_get0_untrusted(ctx);

  (void)arg;
  for (int times = 0; times < 3; times++) {
    if (X509_STORE_CTX_init(ctx, store, peer, untrusted) != 1)
      return 0;
  }
  return X509_verify_cert(ctx) == 1;
}

static enum outcome initialised_again(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_cert_verify_callback(client, set_up_again, NULL);
  return connect_from(setup, client);
}

static int verify_twice(X509_STORE_CTX *ctx, void *arg) {
  (void)arg;
  (void)X509_verify_cert(ctx);
  X509_STORE_CTX_set0_verified_chain(ctx, NULL);
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  return X509_verify_cert(ctx) == 1;
}

static enum outcome verified_twice(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_cert_verify_callback(client, verify_twice, NULL);
  return connect_from(setup, client);
}

/* ---- Info callbacks that are set and removed ---- */

static void print_info(const SSL *ssl, int where, int ret) {
  (void)ssl;
  printf("info where=%#x ret=%d\n", (unsigned)where, ret);
}

static void print_other(const SSL *ssl, int where, int ret) {
  (void)ssl;
  printf("other info where=%#x ret=%d\n", (unsigned)where, ret);
}

static void shut_down(struct link *link) {
  (void)SSL_shutdown(link->client);
  (void)SSL_shutdown(link->server);
  (void)SSL_shutdown(link->client);
}

static enum outcome info_replaced(const struct setup *setup, void (*first)(const SSL *, int, int),
                                  void (*second)(const SSL *, int, int)) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  SSL_set_info_callback(link.client, first);
  outcome = link_run(&link);
  printf("after the handshake\n");
  SSL_set_info_callback(link.client, second);
  shut_down(&link);
  printf("closed\n");
  link_free(&link, client, server);
  return outcome;
}

/* A program removes its callback before it frees what the callback needs. */
static enum outcome info_removed(const struct setup *setup) {
  return info_replaced(setup, print_info, NULL);
}

static enum outcome info_exchanged(const struct setup *setup) {
  return info_replaced(setup, print_info, print_other);
}

static enum outcome info_added(const struct setup *setup) {
  return info_replaced(setup, NULL, print_info);
}

/* The callback removes itself while it runs. */
static void print_once(const SSL *ssl, int where, int ret) {
  union {
    const SSL *given;
    SSL *mutable;
  } connection = {.given = ssl};

  print_info(ssl, where, ret);
  if (where == SSL_CB_CONNECT_LOOP)
    SSL_set_info_callback(connection.mutable, NULL);
}

static enum outcome info_removes_itself(const struct setup *setup) {
  return info_replaced(setup, print_once, NULL);
}

/* clang-format off */
#define EXCHANGES(prefix, function) \
  {prefix "/right-key", function, {.chain = "good", PINNED}, ALL_ACCEPT}, \
  {prefix "/right-ca", function, {.chain = "good", CA_PINNED}, ALL_ACCEPT}, \
  {prefix "/wrong-key", function, {.chain = "bad", PINNED}, WE_REFUSE}, \
  {prefix "/wrong-key-tls1.2", function, {.chain = "bad", PINNED, V12}, WE_REFUSE}, \
  {prefix "/wrong-ca", function, {.chain = "stuffed", CA_PINNED}, WE_REFUSE}, \
  {prefix "/uncovered", function, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true}
#define FORGERIES(prefix, function) \
  {prefix "/forged-link", function, {.chain = "forged", CA_PINNED}, WE_REFUSE}, \
  {prefix "/damaged-link", function, {.chain = "damaged", CA_PINNED}, WE_REFUSE}, \
  {prefix "/uncovered-forged", function, {.chain = "forged", OTHER}, ALL_ACCEPT, .same_output = true}

static const struct test_case cases[] = {
  EXCHANGES("handed-over", handed_over),
  FORGERIES("handed-over", handed_over),
  EXCHANGES("handed-over-late", handed_over_late),
  FORGERIES("handed-over-late", handed_over_late),
  EXCHANGES("wrapped-by-store", wrapped_by_store),
  EXCHANGES("put-into-store", put_into_store),
  {"put-into-store/forged-link", put_into_store, {.chain = "forged", CA_PINNED}, BOTH_REFUSE},
  EXCHANGES("replaced-in-context", replaced_in_context),
  FORGERIES("replaced-in-context", replaced_in_context),
  EXCHANGES("initialised-again", initialised_again),
  EXCHANGES("verified-twice", verified_twice),
  {"info-removed/uncovered", info_removed, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
  {"info-removed/accepted", info_removed, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
  {"info-exchanged/uncovered", info_exchanged, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
  {"info-exchanged/accepted", info_exchanged, {.chain = "good", PINNED, V12}, ALL_ACCEPT, .same_output = true},
  {"info-added/uncovered", info_added, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
  {"info-removes-itself/uncovered", info_removes_itself, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"info-removes-itself/uncovered-tls1.2", info_removes_itself, {.chain = "bad", OTHER, V12}, ALL_ACCEPT},
  {"info-removes-itself/wrong-key", info_removes_itself, {.chain = "bad", PINNED}, WE_REFUSE},
};
/* clang-format on */

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
