/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Little stack. With SSL_MODE_ASYNC, OpenSSL runs a handshake in a fibre with 32 KiB, allocated on the heap
 * without a guard that would stop an overflow.
 */
#include "kit.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <openssl/async.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define CA_PINNED .sni = "ca.test.example", .host = "ca.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define OPEN .unverified = true, .untrusting = true

static enum outcome in_fibre(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  SSL_CTX_set_mode(client, SSL_MODE_ASYNC);
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  ASYNC_cleanup_thread();
  return outcome;
}

/* The policy changes between the making of the context and the handshake. */
static enum outcome replaced_by(const struct setup *setup, const char *policy) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  SSL_CTX_set_mode(client, SSL_MODE_ASYNC);
  use_policy(policy);
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  ASYNC_cleanup_thread();
  return outcome;
}

static enum outcome policy_changed(const struct setup *setup) {
  return replaced_by(setup, "changed");
}

static enum outcome policy_broken(const struct setup *setup) {
  return replaced_by(setup, "broken");
}

/* ---- A guarded stack, so that an overflow ends the program instead of going unnoticed ---- */

#define FIBRE_STACK 32768 /* async_posix.c, STACKSIZE */
#define PAGE 4096

static void *guarded(size_t size) {
  char *block = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (block == MAP_FAILED || mprotect(block, PAGE, PROT_NONE) != 0)
    return NULL;
  return block + PAGE;
}

static void *allocate(size_t size, const char *file, int line) {
  (void)file, (void)line;
  return size == FIBRE_STACK ? guarded(size) : malloc(size);
}

static void *reallocate(void *block, size_t size, const char *file, int line) {
  (void)file, (void)line;
  return realloc(block, size);
}

/* Guarded stacks are never freed, but few are made. */
static void release(void *block, const char *file, int line) {
  (void)file, (void)line;
  if (((uintptr_t)block & (PAGE - 1)) != 0)
    free(block);
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"fibre/right-key", in_fibre, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"fibre/right-ca", in_fibre, {.chain = "good", CA_PINNED}, ALL_ACCEPT},
  {"fibre/right-ca-none", in_fibre, {.chain = "good", CA_PINNED, OPEN}, ALL_ACCEPT},
  {"fibre/uncovered", in_fibre, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"fibre/nameless-socket", in_fibre, {.chain = "good", .transport = SOCKET}, ALL_ACCEPT},
  {"fibre/wrong-key", in_fibre, {.chain = "bad", PINNED}, WE_REFUSE},
  {"fibre/wrong-key-none", in_fibre, {.chain = "bad", PINNED, OPEN}, WE_REFUSE},
  {"fibre/wrong-key-tls1.2", in_fibre, {.chain = "bad", PINNED, .version = TLS1_2_VERSION}, WE_REFUSE},
  {"fibre/forged-link-none", in_fibre, {.chain = "forged", CA_PINNED, OPEN}, WE_REFUSE},
  {"fibre/policy-changed/right-key", policy_changed, {.chain = "bad", PINNED}, ALL_ACCEPT},
  {"fibre/policy-changed/wrong-key", policy_changed, {.chain = "good", PINNED}, WE_REFUSE},
  {"fibre/policy-broken/right-key", policy_broken, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"fibre/policy-broken/wrong-key", policy_broken, {.chain = "bad", PINNED}, WE_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
    broken("no memory functions");
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
