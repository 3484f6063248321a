/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* No memory for the table of OpenSSL's functions, in the middle of a process that has enough for all else. */
#include "kit.h"

#include <link.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/bio.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define OPEN .unverified = true, .untrusting = true

/* Smaller than each of the tables. */
#define LARGE 200

static bool starving;
static size_t large = LARGE; /* requests of this size or more fail */

extern void *__libc_calloc(size_t count, size_t size);

static bool is_of_module(void *address) {
  struct dl_find_object found;

  return _dl_find_object(address, &found) == 0 && strstr(found.dlfo_link_map->l_name, "/pinning.so") != NULL;
}

/* Replaces libc's function in the whole process. */
__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
  if (starving && count * size >= large && is_of_module(__builtin_return_address(0)))
    return NULL;
  return __libc_calloc(count, size);
}

static enum outcome starve(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  starving = true;
  outcome = connect_with(setup, client, server);
  starving = false;
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* OpenSSL reads its configuration when the first context is made, and then fails to load the provider. */
static enum outcome starve_at_load(const struct setup *setup) {
  starving = true;
  return starve(setup);
}

/* ---- No memory for the BIO that refuses ---- */

static int freed;

static long count_end(BIO *bio, int operation, const char *data, size_t length, int number, long more,
                      int ret, size_t *processed) {
  (void)bio;
  (void)data;
  (void)length;
  (void)number;
  (void)more;
  (void)processed;
  freed += operation == BIO_CB_FREE;
  return ret;
}

static int say_yes(X509_STORE_CTX *ctx, void *arg) {
  (void)ctx;
  (void)arg;
  return 1;
}

/* As long as the connection exists, the program may use its own BIO by the pointer that it has. */
static enum outcome without_bio(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  const struct setup before = {.chain = "bad", OTHER, OPEN};
  struct link link;
  enum outcome outcome;

  (void)connect_with(&before, client, server);
  SSL_CTX_set_cert_verify_callback(client, say_yes, NULL);
  link_open(&link, setup, client, server);
  BIO_set_callback_ex(SSL_get_rbio(link.client), count_end);
  BIO_set_callback_ex(SSL_get_wbio(link.client), count_end);
  large = 1;
  starving = true;
  outcome = link_run(&link);
  starving = false;
  if (freed != 0)
    broken("a BIO of the program's is gone before its connection");
  link_free(&link, client, server);
  return outcome;
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"starved/right-key", starve, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"starved/uncovered", starve, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"starved/wrong-key", starve, {.chain = "bad", PINNED}, WE_REFUSE},
  {"starved/wrong-key-none", starve, {.chain = "bad", PINNED, OPEN}, WE_REFUSE},
  {"starved/bio/wrong-key", without_bio, {.chain = "bad", PINNED, OPEN}, WE_REFUSE},
  {"starved/bio/right-key", without_bio, {.chain = "good", PINNED, OPEN}, ALL_ACCEPT},
  {"starved/at-load/right-key", starve_at_load, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"starved/at-load/uncovered", starve_at_load, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"starved/at-load/wrong-key", starve_at_load, {.chain = "bad", PINNED}, WE_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
