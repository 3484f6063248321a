/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Programs that read functions out of one verification and use them in another, and functions of a store that
 * rely on the connection.
 */
#include "kit.h"

#include <pthread.h>
#include <stdio.h>

#include <openssl/x509_vfy.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define CA .sni = "ca.test.example", .host = "ca.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define LAX .untrusting = true, .unverified = true

/* ---- Functions read out of a running verification ---- */

static int verify_with_callback_of(X509_STORE_CTX *ctx) {
  X509_STORE *store = store_trusting("root");
  X509_STORE_CTX *other = X509_STORE_CTX_new();
  int ok;

  X509_STORE_CTX_init(other, store, X509_STORE_CTX_get0_cert(ctx), X509_STORE_CTX_get0_untrusted(ctx));
  X509_STORE_CTX_set_verify_cb(other, X509_STORE_CTX_get_verify_cb(ctx));
  ok = X509_verify_cert(other);
  printf("second: %d error=%d\n", ok, X509_STORE_CTX_get_error(other));
  X509_STORE_CTX_free(other);
  X509_STORE_free(store);
  return ok;
}

static X509_STORE_CTX_verify_fn openssls_own;

static void find_openssls_own(void) {
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();

  X509_STORE_CTX_init(ctx, NULL, NULL, NULL);
  openssls_own = X509_STORE_CTX_get_verify(ctx);
  X509_STORE_CTX_free(ctx);
}

static int verify_in_both(X509_STORE_CTX *ctx) {
  (void)verify_with_callback_of(ctx);
  return openssls_own(ctx);
}

static enum outcome callback_from_store(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  find_openssls_own();
  X509_STORE_set_verify(SSL_CTX_get_cert_store(client), verify_in_both);
  return connect_from(setup, client);
}

static int in_callback;

static int verify_apart_in_callback(int ok, X509_STORE_CTX *ctx) {
  printf("callback ok=%d depth=%d\n", ok, X509_STORE_CTX_get_error_depth(ctx));
  if (in_callback++ == 0)
    (void)verify_with_callback_of(ctx);
  return ok;
}

static enum outcome callback_from_callback(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_verify(client, SSL_VERIFY_PEER, verify_apart_in_callback);
  return connect_from(setup, client);
}

/* The verification of one context, put into the store of another after the first context is freed. */
static enum outcome verify_into_store(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);
  X509_STORE *store = SSL_CTX_get_cert_store(client);

  for (int turn = 0; turn < 3; turn++) {
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    X509_STORE_CTX_init(ctx, store, NULL, NULL);
    X509_STORE_set_verify(store, X509_STORE_CTX_get_verify(ctx));
    X509_STORE_set_verify_cb(store, X509_STORE_CTX_get_verify_cb(ctx));
    X509_STORE_CTX_free(ctx);
  }
  return connect_from(setup, client);
}

/* Reads the function and sets it again, in the middle of a verification. */
static int read_and_put_back(X509_STORE_CTX *ctx, void *arg) {
  (void)arg;
  X509_STORE_CTX_set_verify(ctx, X509_STORE_CTX_get_verify(ctx));
  X509_STORE_CTX_set_verify_cb(ctx, X509_STORE_CTX_get_verify_cb(ctx));
  return X509_verify_cert(ctx) == 1;
}

static enum outcome put_back(const struct setup *setup) {
  return connect_verifying(setup, read_and_put_back);
}

static int verify_once_more(X509_STORE_CTX *ctx) {
  return openssls_own(ctx);
}

/* Replaces the context's own verification by a function that calls the old one, which is also the store's. */
static int wrap_twice(X509_STORE_CTX *ctx, void *arg) {
  (void)arg;
  openssls_own = X509_STORE_CTX_get_verify(ctx);
  X509_STORE_CTX_set_verify(ctx, verify_once_more);
  return X509_verify_cert(ctx) == 1;
}

static enum outcome wrapped_in_context(const struct setup *setup) {
  return connect_verifying(setup, wrap_twice);
}

struct apart {
  X509 *leaf;
  STACK_OF(X509) * sent;
  X509_STORE_CTX_verify_fn verify;
  int ok;
};

static void *verify_in_thread(void *arg) {
  struct apart *apart = arg;
  X509_STORE *store = store_trusting("root");
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();

  X509_STORE_set_verify(store, apart->verify);
  X509_STORE_CTX_init(ctx, store, apart->leaf, apart->sent);
  X509_STORE_CTX_set_verify(ctx, apart->verify);
  apart->ok = X509_verify_cert(ctx) == 1;
  X509_STORE_CTX_free(ctx);
  X509_STORE_free(store);
  return NULL;
}

static int by_thread(X509_STORE_CTX *ctx, void *arg) {
  struct apart apart = {.leaf = X509_STORE_CTX_get0_cert(ctx),
                        .sent = X509_STORE_CTX_get0_untrusted(ctx),
                        .verify = X509_STORE_CTX_get_verify(ctx)};
  pthread_t thread;

  (void)arg;
  if (pthread_create(&thread, NULL, verify_in_thread, &apart) != 0 || pthread_join(thread, NULL) != 0)
    broken("no thread");
  return apart.ok;
}

static enum outcome threaded(const struct setup *setup) {
  return connect_verifying(setup, by_thread);
}

/* ---- Functions of a store that rely on the connection ---- */

static void need_connection(const X509_STORE_CTX *ctx, const char *what) {
  if (X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx()) == NULL)
    broken("%s is called without a connection", what);
  printf("%s\n", what);
}

#if OPENSSL_VERSION_MAJOR >= 4
#define CONST_SINCE_4 const
#else
#define CONST_SINCE_4
#endif

static int get_issuer(X509 **issuer, X509_STORE_CTX *ctx, CONST_SINCE_4 X509 *certificate) {
  need_connection(ctx, "get_issuer");
  return X509_STORE_CTX_get1_issuer(issuer, ctx, certificate);
}

static int check_revocation(X509_STORE_CTX *ctx) {
  need_connection(ctx, "check_revocation");
  return 1;
}

static STACK_OF(X509) * lookup_certs(CONST_SINCE_4 X509_STORE_CTX *ctx, const X509_NAME *name) {
  need_connection(ctx, "lookup_certs");
  return X509_STORE_CTX_get1_certs(ctx, name);
}

static int check_policy(X509_STORE_CTX *ctx) {
  need_connection(ctx, "check_policy");
  return 1;
}

static int clean_up(X509_STORE_CTX *ctx) {
  need_connection(ctx, "cleanup");
  return 1;
}

static int print_error(int ok, X509_STORE_CTX *ctx) {
  need_connection(ctx, "verify_cb");
  return ok;
}

static SSL_CTX *client_with_store_functions(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);
  X509_STORE *store = SSL_CTX_get_cert_store(client);

  X509_STORE_set_get_issuer(store, get_issuer);
  X509_STORE_set_check_revocation(store, check_revocation);
  X509_STORE_set_lookup_certs(store, lookup_certs);
  X509_STORE_set_check_policy(store, check_policy);
  X509_STORE_set_verify_cb(store, print_error);
  return client;
}

static enum outcome store_functions(const struct setup *setup) {
  return connect_from(setup, client_with_store_functions(setup));
}

/* If a store has a clean-up function of the program's, pinning does not search that store. */
static enum outcome store_cleanup(const struct setup *setup) {
  SSL_CTX *client = client_with_store_functions(setup);

  X509_STORE_set_cleanup(SSL_CTX_get_cert_store(client), clean_up);
  return connect_from(setup, client);
}

/* clang-format off */
#define READ_OUT(prefix, function) \
  {prefix "/right-key", function, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true}, \
  {prefix "/right-ca", function, {.chain = "good", CA}, ALL_ACCEPT, .same_output = true}, \
  {prefix "/wrong-key", function, {.chain = "bad", PINNED}, WE_REFUSE}, \
  {prefix "/wrong-ca", function, {.chain = "stuffed", CA}, WE_REFUSE}, \
  {prefix "/forged-link", function, {.chain = "forged", CA}, BOTH_REFUSE}, \
  {prefix "/uncovered", function, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true}

static const struct test_case cases[] = {
  READ_OUT("callback-from-store", callback_from_store),
  READ_OUT("callback-from-callback", callback_from_callback),
  READ_OUT("verify-into-store", verify_into_store),
  READ_OUT("put-back", put_back),
  READ_OUT("wrapped-in-context", wrapped_in_context),
  READ_OUT("in-thread", threaded),
  {"store-functions/verified", store_functions, {.chain = "good", CA}, ALL_ACCEPT, .same_output = true},
  {"store-functions/lax", store_functions, {.chain = "good", CA, LAX}, ALL_ACCEPT, .same_output = true},
  {"store-functions/lax-wrong-key", store_functions, {.chain = "bad", PINNED, LAX}, WE_REFUSE},
  {"store-functions/lax-wrong-ca", store_functions, {.chain = "stuffed", CA, LAX}, WE_REFUSE},
  {"store-functions/lax-forged", store_functions, {.chain = "forged", CA, LAX}, WE_REFUSE},
  {"store-functions/lax-uncovered", store_functions, {.chain = "bad", OTHER, LAX}, ALL_ACCEPT, .same_output = true},
  {"store-cleanup/lax", store_cleanup, {.chain = "good", CA, LAX}, ALL_ACCEPT, .same_output = true},
  {"store-cleanup/lax-wrong-ca", store_cleanup, {.chain = "stuffed", CA, LAX}, WE_REFUSE},
};
/* clang-format on */

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
