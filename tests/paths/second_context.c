/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Programs that verify in a second context, put another certificate into the first, or exchange its
 * connection.
 */
#include "kit.h"

#include <stdint.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define ANCHORED .sni = "anchor.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

/* Verifies `leaf` with a store of its own. */
static int verify_apart(X509_STORE *store, X509 *leaf, STACK_OF(X509) * sent) {
  X509_STORE_CTX *other = X509_STORE_CTX_new();
  int ok = X509_STORE_CTX_init(other, store, leaf, sent) == 1 && X509_verify_cert(other) == 1;

  X509_STORE_CTX_free(other);
  X509_STORE_free(store);
  return ok;
}

/* ---- A store of the program's own, in a second context ---- */

static int by_own_store(X509_STORE_CTX *ctx, void *arg) {
  (void)arg;
  return verify_apart(store_trusting("root"), X509_STORE_CTX_get0_cert(ctx),
                      X509_STORE_CTX_get0_untrusted(ctx));
}

static enum outcome own_store(const struct setup *setup) {
  replace_policy("issuer");
  return connect_verifying(setup, by_own_store);
}

/* The same certificate in another object. */
static int by_own_store_copied(X509_STORE_CTX *ctx, void *arg) {
  X509 *copy = X509_dup(X509_STORE_CTX_get0_cert(ctx));
  int ok = verify_apart(store_trusting("root"), copy, X509_STORE_CTX_get0_untrusted(ctx));

  (void)arg;
  X509_free(copy);
  return ok;
}

static enum outcome own_store_copied(const struct setup *setup) {
  replace_policy("issuer");
  return connect_verifying(setup, by_own_store_copied);
}

/* The second context knows the connection too. */
static int by_own_store_with_connection(X509_STORE_CTX *ctx, void *arg) {
  X509_STORE *store = store_trusting("root");
  X509_STORE_CTX *other = X509_STORE_CTX_new();
  int index = SSL_get_ex_data_X509_STORE_CTX_idx(), ok;

  (void)arg;
  X509_STORE_CTX_init(other, store, X509_STORE_CTX_get0_cert(ctx), X509_STORE_CTX_get0_untrusted(ctx));
  X509_STORE_CTX_set_ex_data(other, index, X509_STORE_CTX_get_ex_data(ctx, index));
  ok = X509_verify_cert(other) == 1;
  X509_STORE_CTX_free(other);
  X509_STORE_free(store);
  return ok;
}

static enum outcome own_store_with_connection(const struct setup *setup) {
  replace_policy("issuer");
  return connect_verifying(setup, by_own_store_with_connection);
}

/* Checks a certificate that is not the server's, finds it good, and accepts. */
static int by_another_leaf(X509_STORE_CTX *ctx, void *arg) {
  X509 *good = read_certificate("good"), *issuer = read_certificate("issuer");
  STACK_OF(X509) *sent = sk_X509_new_null();
  int ok;

  (void)ctx;
  (void)arg;
  sk_X509_push(sent, issuer);
  ok = verify_apart(store_trusting("root"), good, sent);
  sk_X509_pop_free(sent, X509_free);
  X509_free(good);
  return ok;
}

static enum outcome another_leaf(const struct setup *setup) {
  replace_policy("issuer");
  return connect_verifying(setup, by_another_leaf);
}

static int say_yes(int ok, X509_STORE_CTX *ctx) {
  (void)ok;
  (void)ctx;
  return 1;
}

/* A second verification that accepts everything proves nothing. */
static int by_saying_yes_apart(X509_STORE_CTX *ctx, void *arg) {
  X509_STORE *store = store_trusting("root");

  (void)arg;
  X509_STORE_set_verify_cb(store, say_yes);
  return verify_apart(store, X509_STORE_CTX_get0_cert(ctx), X509_STORE_CTX_get0_untrusted(ctx));
}

static enum outcome yes_apart(const struct setup *setup) {
  replace_policy("issuer");
  return connect_verifying(setup, by_saying_yes_apart);
}

static int say_nothing_but_yes(X509_STORE_CTX *ctx, void *arg) {
  (void)ctx;
  (void)arg;
  return 1;
}

/* Two separate verifications, of which the connection uses one. */
static int by_own_store_twice(X509_STORE_CTX *ctx, void *arg) {
  return by_own_store(ctx, arg) == 1 && by_own_store(ctx, arg) == 1;
}

/* The first connection verifies by `verify`, the second accepts everything: what the first one accepted or
 * left behind must not help the second. */
static enum outcome after_connection_by(const struct setup *setup, int (*verify)(X509_STORE_CTX *, void *)) {
  replace_policy("issuer");
  if (connect_verifying(setup, verify) != ACCEPTED)
    broken("the first connection was refused");
  ERR_clear_error();
  return connect_verifying(setup, say_nothing_but_yes);
}

static enum outcome second_connection(const struct setup *setup) {
  return after_connection_by(setup, by_own_store);
}

static enum outcome left_behind(const struct setup *setup) {
  return after_connection_by(setup, by_own_store_twice);
}

/* ---- Another certificate in the context of the connection ---- */

static int walk_over_sent(X509_STORE_CTX *ctx, void *arg) {
  STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(ctx);
  int index = sk_X509_num(sent) - 1;

  (void)arg;
  X509_STORE_CTX_set_cert(ctx, sk_X509_value(sent, index));
  return X509_verify_cert(ctx) == 1;
}

static enum outcome walking(const struct setup *setup) {
  return connect_verifying(setup, walk_over_sent);
}

static int walk_and_say_yes(X509_STORE_CTX *ctx, void *arg) {
  (void)walk_over_sent(ctx, arg);
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  ERR_clear_error();
  return 1;
}

static enum outcome walking_yes(const struct setup *setup) {
  return connect_verifying(setup, walk_and_say_yes);
}

/* Sets certificates of its own, and frees them before the context. */
static int put_and_free(X509_STORE_CTX *ctx, void *arg) {
  X509 *good = read_certificate("good");
  STACK_OF(X509) *sent = sk_X509_new_null();

  (void)arg;
  sk_X509_push(sent, read_certificate("issuer"));
  X509_STORE_CTX_set_cert(ctx, good);
  X509_STORE_CTX_set0_untrusted(ctx, sent);
  (void)X509_verify_cert(ctx);
  sk_X509_pop_free(sent, X509_free);
  X509_free(good);
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  ERR_clear_error();
  return 1;
}

static enum outcome putting_and_freeing(const struct setup *setup) {
  return connect_verifying(setup, put_and_free);
}

/* ---- Trust on first use ---- */

/* All that the server of the first connection shows goes into the store, including its own certificate. */
static int trust_all(X509_STORE_CTX *ctx, void *store) {
  STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(ctx);

  for (int i = 0; i < sk_X509_num(sent); i++)
    X509_STORE_add_cert(store, sk_X509_value(sent, i));
  return 1;
}

/* The second server shows what was seen before, or not; the program verifies by what it has trusted since. */
static enum outcome trusting_since(const struct setup *setup, const char *first) {
  const struct setup before = {.chain = first, OTHER, .untrusting = true};
  SSL_CTX *client;
  X509_STORE *store;

  replace_policy("issuer");
  client = client_context(setup);
  store = SSL_CTX_get_cert_store(client);
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_cert_verify_callback(client, trust_all, store);
  SSL_CTX_up_ref(client);
  if (connect_from(&before, client) != ACCEPTED)
    broken("the first connection was refused");
  ERR_clear_error();
  SSL_CTX_set_cert_verify_callback(client, NULL, NULL);
  return connect_from(setup, client);
}

static enum outcome trusting_stuffed(const struct setup *setup) {
  return trusting_since(setup, "stuffed");
}

static enum outcome trusting_good(const struct setup *setup) {
  return trusting_since(setup, "good");
}

/* ---- A context whose connection the program removes or exchanges ---- */

/* Verifies while the context belongs to `stand_in`, then restores the connection. */
static int verify_as_of(X509_STORE_CTX *ctx, void *stand_in) {
  int index = SSL_get_ex_data_X509_STORE_CTX_idx(), ok;
  SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, index);

  X509_STORE_CTX_set_ex_data(ctx, index, stand_in);
  ok = X509_verify_cert(ctx) == 1;
  X509_STORE_CTX_set_ex_data(ctx, index, ssl);
  return ok;
}

static int by_nobodys(X509_STORE_CTX *ctx, void *arg) {
  (void)arg;
  return verify_as_of(ctx, NULL);
}

static enum outcome as_of_nobody(const struct setup *setup) {
  return connect_verifying(setup, by_nobodys);
}

static enum outcome as_of(const struct setup *setup, const char *name, bool is_server) {
  SSL_CTX *client = client_context(setup);
  SSL *other = SSL_new(client);
  enum outcome outcome;

  if (is_server)
    SSL_set_accept_state(other);
  else
    SSL_set_connect_state(other);
  if (!is_server)
    set_server_name(other, name);
  SSL_CTX_set_cert_verify_callback(client, verify_as_of, other);
  outcome = connect_from(setup, client);
  SSL_free(other);
  return outcome;
}

static enum outcome as_of_uncovered(const struct setup *setup) {
  return as_of(setup, "other.test.example", false);
}

static enum outcome as_of_refused(const struct setup *setup) {
  return as_of(setup, "wrong.wild.test.example", false);
}

static enum outcome as_of_server(const struct setup *setup) {
  return as_of(setup, NULL, true);
}

/* The connection is never restored, so nothing was verified for it. */
static int by_forgetting_connection(X509_STORE_CTX *ctx, void *arg) {
  (void)arg;
  X509_STORE_CTX_set_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx(), NULL);
  return X509_verify_cert(ctx) == 1;
}

static enum outcome as_of_nobody_for_good(const struct setup *setup) {
  return connect_verifying(setup, by_forgetting_connection);
}

/* ---- Another certificate, verified for a connection ---- */

/* Verifies a good certificate from a file at every step of the handshake. */
static void verify_good_for(const SSL *ssl, int where, int ret) {
  X509_STORE *store = store_trusting("root");
  X509 *good = read_certificate("good"), *issuer = read_certificate("issuer");
  STACK_OF(X509) *sent = sk_X509_new_null();
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();

  (void)where;
  (void)ret;
  sk_X509_push(sent, issuer);
  X509_STORE_CTX_init(ctx, store, good, sent);
  X509_STORE_CTX_set_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx(), (void *)(uintptr_t)ssl);
  if (X509_verify_cert(ctx) != 1)
    printf("not verified: %d\n", X509_STORE_CTX_get_error(ctx));
  X509_STORE_CTX_free(ctx);
  sk_X509_pop_free(sent, X509_free);
  X509_free(good);
  X509_STORE_free(store);
}

/* In a suite without certificates, only the program has any. */
static enum outcome good_for_anonymous(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  SSL_CTX_set_info_callback(client, verify_good_for);
  SSL_CTX_set_security_level(client, 0);
  SSL_CTX_set_security_level(server, 0);
  if (SSL_CTX_set_cipher_list(client, "aNULL") != 1 || SSL_CTX_set_cipher_list(server, "aNULL") != 1)
    not_applicable("no anonymous suites");
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome good_beside(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_info_callback(client, verify_good_for);
  return connect_from(setup, client);
}

/* A certificate that the policy refuses for this host is not the server's. */
static int by_wrong_one_first(X509_STORE_CTX *ctx, void *arg) {
  X509_STORE *store = store_trusting("root");
  X509 *bad = read_certificate("bad"), *issuer = read_certificate("issuer2");
  STACK_OF(X509) *sent = sk_X509_new_null();
  X509_STORE_CTX *other = X509_STORE_CTX_new();
  int index = SSL_get_ex_data_X509_STORE_CTX_idx();

  (void)arg;
  sk_X509_push(sent, issuer);
  X509_STORE_CTX_init(other, store, bad, sent);
  X509_STORE_CTX_set_ex_data(other, index, X509_STORE_CTX_get_ex_data(ctx, index));
  (void)X509_verify_cert(other);
  X509_STORE_CTX_free(other);
  sk_X509_pop_free(sent, X509_free);
  X509_free(bad);
  X509_STORE_free(store);
  ERR_clear_error();
  return X509_verify_cert(ctx) == 1;
}

static int told;

static int count_calls(int ok, X509_STORE_CTX *ctx) {
  (void)ctx;
  told++;
  return ok;
}

/* The program's own verify callback stays set. */
static enum outcome wrong_one_first(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server;
  struct link link;
  enum outcome outcome;

  SSL_CTX_set_verify(client, SSL_VERIFY_NONE, count_calls);
  SSL_CTX_set_cert_verify_callback(client, by_wrong_one_first, NULL);
  server = server_context(setup);
  link_open(&link, setup, client, server);
  outcome = link_run(&link);
  printf("mode=%d callback=%d\n", SSL_get_verify_mode(link.client),
         SSL_get_verify_callback(link.client) == count_calls);
  link_free(&link, client, server);
  return outcome;
}

/* clang-format off */
#define CA .sni = "ca.test.example", .host = "ca.test.example"
#define OWN_STORE(prefix, function) \
  {prefix "/good", function, {.chain = "good", ANCHORED, .untrusting = true}, ALL_ACCEPT}, \
  {prefix "/elsewhere", function, {.chain = "elsewhere", ANCHORED, .untrusting = true}, WE_REFUSE}, \
  {prefix "/wrong-ca", function, {.chain = "bad", .sni = "ca.test.example", .untrusting = true}, WE_REFUSE}, \
  {prefix "/uncovered", function, {.chain = "bad", OTHER, .untrusting = true}, ALL_ACCEPT, .same_output = true}, \
  {prefix "/wrong-root", function, {.chain = "exemptelse", ANCHORED, .untrusting = true}, BOTH_REFUSE}
#define SNI_ONLY .sni = "pinned.test.example"
#define ANOTHERS(prefix, function) \
  {prefix "/right-key", function, {.chain = "good", SNI_ONLY}, ALL_ACCEPT}, \
  {prefix "/wrong-key", function, {.chain = "bad", SNI_ONLY}, WE_REFUSE}, \
  {prefix "/wrong-ca", function, {.chain = "bad", .sni = "ca.test.example"}, WE_REFUSE}, \
  {prefix "/forged-link", function, {.chain = "forged", .sni = "ca.test.example"}, BOTH_REFUSE}, \
  {prefix "/uncovered", function, {.chain = "bad", .sni = "other.test.example"}, ALL_ACCEPT, .same_output = true}

static const struct test_case cases[] = {
  OWN_STORE("own-store", own_store),
  OWN_STORE("own-store-copied", own_store_copied),
  OWN_STORE("own-store-with-connection", own_store_with_connection),
  {"another-leaf/wrong-key", another_leaf, {.chain = "bad", CA, .untrusting = true}, WE_REFUSE},
  {"another-leaf/elsewhere", another_leaf, {.chain = "elsewhere", ANCHORED, .untrusting = true}, WE_REFUSE},
  {"another-leaf/wrong-root", another_leaf, {.chain = "exemptelse", ANCHORED, .untrusting = true}, WE_REFUSE},
  {"yes-apart/good", yes_apart, {.chain = "good", ANCHORED, .untrusting = true}, ALL_ACCEPT},
  {"yes-apart/forged-link", yes_apart, {.chain = "forged", ANCHORED, .untrusting = true}, WE_REFUSE},
  {"yes-apart/damaged-link", yes_apart, {.chain = "damaged", ANCHORED, .untrusting = true}, WE_REFUSE},
  {"yes-apart/wrong-root", yes_apart, {.chain = "exemptelse", ANCHORED, .untrusting = true}, WE_REFUSE},
  {"next-connection/left-behind", left_behind, {.chain = "good", ANCHORED, .untrusting = true}, WE_REFUSE},
  {"next-connection/good", second_connection, {.chain = "good", ANCHORED, .untrusting = true}, WE_REFUSE},
  {"walking/pinned-appended", walking, {.chain = "stuffed", PINNED}, WE_REFUSE},
  {"walking/pinned-ca-appended", walking, {.chain = "stuffed", CA}, WE_REFUSE},
  {"walking/uncovered", walking, {.chain = "stuffed", OTHER}, ALL_ACCEPT},
  {"walking-yes/pinned-appended", walking_yes, {.chain = "stuffed", PINNED}, WE_REFUSE},
  {"walking-yes/pinned-appended-untrusted", walking_yes, {.chain = "stuffed", PINNED, .untrusting = true}, WE_REFUSE},
  {"walking-yes/right-key", walking_yes, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"put-and-free/wrong-key", putting_and_freeing, {.chain = "bad", PINNED}, WE_REFUSE},
  {"put-and-free/wrong-key-untrusted", putting_and_freeing, {.chain = "bad", PINNED, .untrusting = true}, WE_REFUSE},
  {"put-and-free/wrong-ca-untrusted", putting_and_freeing, {.chain = "bad", CA, .untrusting = true}, WE_REFUSE},
  {"put-and-free/right-key", putting_and_freeing, {.chain = "good", PINNED, .untrusting = true}, ALL_ACCEPT},
  {"put-and-free/uncovered", putting_and_freeing, {.chain = "bad", OTHER, .untrusting = true}, ALL_ACCEPT},
  /* A pinned CA that was seen before proves nothing about what it did not sign. */
  {"trusted-since/stuffed/bad", trusting_stuffed, {.chain = "bad", .sni = "ca.test.example", .untrusting = true}, WE_REFUSE},
  {"trusted-since/stuffed/none", trusting_stuffed, {.chain = "bad", .sni = "ca.test.example", .untrusting = true, .unverified = true}, WE_REFUSE},
  {"trusted-since/stuffed/forged", trusting_stuffed, {.chain = "forged", .sni = "ca.test.example", .untrusting = true, .unverified = true}, WE_REFUSE},
  {"trusted-since/good/bad", trusting_good, {.chain = "bad", .sni = "ca.test.example", .untrusting = true, .unverified = true}, WE_REFUSE},
  {"trusted-since/good/damaged", trusting_good, {.chain = "damaged", .sni = "ca.test.example", .untrusting = true, .unverified = true}, WE_REFUSE},
  {"trusted-since/good/good", trusting_good, {.chain = "good", .sni = "ca.test.example", .untrusting = true}, ALL_ACCEPT},
  {"trusted-since/good/good-none", trusting_good, {.chain = "good", .sni = "ca.test.example", .untrusting = true, .unverified = true}, ALL_ACCEPT},
  ANOTHERS("as-of-nobody", as_of_nobody),
  ANOTHERS("as-of-uncovered", as_of_uncovered),
  ANOTHERS("as-of-server", as_of_server),
  {"as-of-refused/wrong-key", as_of_refused, {.chain = "bad", SNI_ONLY}, WE_REFUSE},
  {"as-of-nobody-for-good/wrong-key", as_of_nobody_for_good, {.chain = "bad", SNI_ONLY}, WE_REFUSE},
  {"as-of-nobody-for-good/uncovered", as_of_nobody_for_good, {.chain = "bad", .sni = "other.test.example"}, ALL_ACCEPT},
  {"good-beside/anonymous", good_for_anonymous, {.chain = "bad", SNI_ONLY, .version = TLS1_2_VERSION}, WE_REFUSE},
  {"good-beside/wrong-key", good_beside, {.chain = "bad", SNI_ONLY}, WE_REFUSE},
  {"good-beside/right-key", good_beside, {.chain = "good", SNI_ONLY}, ALL_ACCEPT},
  {"wrong-one-first/right-key", wrong_one_first, {.chain = "good", SNI_ONLY}, ALL_ACCEPT, .same_output = true},
  {"wrong-one-first/wrong-key", wrong_one_first, {.chain = "bad", SNI_ONLY}, WE_REFUSE},
};
/* clang-format on */

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
