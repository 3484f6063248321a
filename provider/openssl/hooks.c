/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "hooks.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/object.h"
#include "connection.h"
#include "peer_chain.h"
#include "refusing_bio.h"
#include "session.h"
#include "verification.h"

enum hook_state { HOOK_INSTALLING = 0, HOOK_INSTALLED, HOOK_FAILED };

/* ---- Functions that know their hook ---- */

/* The one kind of question to the security callback that tells something: which versions are allowed. */
__attribute__((noinline)) static int ask_about_version(size_t n, const SSL *ssl, const SSL_CTX *ctx, int bits,
                                                       int nid, void *other, void *ex);

/* libssl asks its security callback up to 150 times a handshake: all other questions go straight through. */
#define PIN_HOOK_FUNCTIONS(n)                                                                                \
  static int verify_##n(X509_STORE_CTX *ctx) {                                                               \
    return verification_verify(hook_at(n), ctx);                                                             \
  }                                                                                                          \
  static int security_##n(const SSL *ssl, const SSL_CTX *ctx, int operation, int bits, int nid, void *other, \
                          void *ex) {                                                                        \
    if (__builtin_expect(operation == SSL_SECOP_VERSION, 0))                                                 \
      return ask_about_version(n, ssl, ctx, bits, nid, other, ex);                                           \
    return original_security(n)(ssl, ctx, operation, bits, nid, other, ex);                                  \
  }                                                                                                          \
  static void any_info_##n(const SSL *ssl, int where, int ret) {                                             \
    connection_any_info(hook_at(n), ssl, where, ret);                                                        \
  }                                                                                                          \
  static int write_##n(BIO *bio, const char *data, int length) {                                             \
    (void)data;                                                                                              \
    (void)length;                                                                                            \
    return refusing_bio_refuse(hook_at(n), bio);                                                             \
  }                                                                                                          \
  static int read_##n(BIO *bio, char *data, int length) {                                                    \
    (void)data;                                                                                              \
    (void)length;                                                                                            \
    return refusing_bio_refuse(hook_at(n), bio);                                                             \
  }                                                                                                          \
  static long control_##n(BIO *bio, int command, long number, void *pointer) {                               \
    return refusing_bio_control(hook_at(n), bio, command, number, pointer);                                  \
  }                                                                                                          \
  static int destroy_##n(BIO *bio) {                                                                         \
    return refusing_bio_destroy(hook_at(n), bio);                                                            \
  }

static security_fn *original_security(size_t n) {
  return atomic_load_explicit(&hook_at(n)->original_security, memory_order_relaxed);
}

PIN_HOOK_FUNCTIONS(0)
PIN_HOOK_FUNCTIONS(1)
PIN_HOOK_FUNCTIONS(2)
PIN_HOOK_FUNCTIONS(3)

#define PIN_HOOK(n)                                                                                          \
  {                                                                                                          \
    .verify = verify_##n, .security = security_##n, .any_info = any_info_##n, .bio = {                       \
      .write = write_##n,                                                                                    \
      .read = read_##n,                                                                                      \
      .control = control_##n,                                                                                \
      .destroy = destroy_##n                                                                                 \
    }                                                                                                        \
  }

static struct hook hooks[MAX_HOOKS] = {PIN_HOOK(0), PIN_HOOK(1), PIN_HOOK(2), PIN_HOOK(3)};

struct hook *hook_at(size_t n) {
  return &hooks[n];
}

static int ask_about_version(size_t n, const SSL *ssl, const SSL_CTX *ctx, int bits, int nid, void *other,
                             void *ex) {
  int answer = original_security(n)(ssl, ctx, SSL_SECOP_VERSION, bits, nid, other, ex);
  SSL *mutable;

  /* libssl hands its own connection out as const, but its functions for it want it without. */
  memcpy(&mutable, &ssl, sizeof ssl);
  if (ssl != NULL)
    connection_begins(hook_at(n), mutable);
  return answer;
}

/* ---- Installation ---- */

/* Memory may be short once; without an index every connection would be refused. */
static void ask_for_index(struct hook *hook, int class_index, CRYPTO_EX_dup *dup, CRYPTO_EX_free *release,
                          atomic_int *ret_index) {
  int index = -1, none = 0;

  for (int tries = 0; tries < 2 && index <= 0; tries++)
    index = hook->get_index(class_index, 0, hook, NULL, dup, release);
  if (index > 0)
    (void)atomic_compare_exchange_strong(ret_index, &none, index);
}

static bool ask_for_client_indexes(struct hook *hook) {
  if (atomic_load(&hook->session_index) == 0)
    ask_for_index(hook, CRYPTO_EX_INDEX_SSL_SESSION, session_dup, session_free, &hook->session_index);
  if (atomic_load(&hook->session_index) == 0)
    return false;
  ask_for_index(hook, CRYPTO_EX_INDEX_SSL, connection_dup, connection_free, &hook->ssl_index);
  return atomic_load(&hook->ssl_index) != 0;
}

/*
 * The callbacks are kept with the default library context of the thread. That which a process begins with is
 * there to its end; another one may be gone later on.
 */
static bool can_ask_later(struct hook *hook) {
  void *set = openssl_symbol(&hook->openssl, "OSSL_LIB_CTX_set0_default");
  void *get = openssl_symbol(&hook->openssl, "OSSL_LIB_CTX_get0_global_default");
  __typeof__(OSSL_LIB_CTX_get0_global_default) *get_global;

  if (set == NULL || get == NULL)
    return false;
  memcpy(&hook->set_default, &set, sizeof hook->set_default);
  memcpy(&get_global, &get, sizeof get_global);
  hook->global_default = get_global();
  return hook->set_default(NULL) == hook->global_default;
}

bool hooks_ask_for_indexes(struct hook *hook) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  OSSL_LIB_CTX *programs;
  bool done;

  if (crypto == NULL)
    return false;
  crypto->ERR_set_mark();
  programs = hook->set_default(hook->global_default);
  done = ask_for_client_indexes(hook);
  (void)hook->set_default(programs);
  crypto->ERR_pop_to_mark();
  return done;
}

static bool install(struct hook *hook) {
  void *symbol = openssl_symbol(&hook->openssl, "CRYPTO_get_ex_new_index");
  int store_ctx_index;

  if (symbol == NULL)
    return false;
  memcpy(&hook->get_index, &symbol, sizeof hook->get_index);
  if (!can_ask_later(hook) && !ask_for_client_indexes(hook))
    return false;
  /* These are called by other threads from now on, so they come after what they use. */
  store_ctx_index =
      hook->get_index(CRYPTO_EX_INDEX_X509_STORE_CTX, 0, hook, verification_new, NULL, verification_free);
  if (store_ctx_index < 0)
    return false;
  atomic_store(&hook->store_ctx_index, store_ctx_index);
  return hook->get_index(CRYPTO_EX_INDEX_SSL_CTX, 0, hook, connection_context_new, NULL, NULL) >= 0;
}

/* Another thread is installing: it is done in microseconds. In a child forked meanwhile it never will be. */
static bool wait_for(struct hook *hook) {
  static const struct timespec moment = {.tv_nsec = 10000};

  for (int tries = 0; tries < 1000 && atomic_load(&hook->state) == HOOK_INSTALLING; tries++)
    nanosleep(&moment, NULL);
  return atomic_load(&hook->state) == HOOK_INSTALLED;
}

/* NULL: it failed. */
static struct hook *install_for(void *handle, const struct object *object) {
  for (int i = 0; i < MAX_HOOKS; i++) {
    void *claimed = NULL;

    if (atomic_compare_exchange_strong(&hooks[i].claimed, &claimed, handle)) {
      bool installed;

      hooks[i].openssl.handle = handle;
      hooks[i].openssl.start = object->start;
      hooks[i].openssl.end = object->end;
      hooks[i].openssl.tables = elf_tables_of(object);
      installed = install(&hooks[i]);
      atomic_store(&hooks[i].state, installed ? HOOK_INSTALLED : HOOK_FAILED);
      return installed ? &hooks[i] : NULL;
    }
    if (claimed == handle)
      return wait_for(&hooks[i]) ? &hooks[i] : NULL;
  }
  return NULL;
}

static struct hook *install_at(const void *address) {
  void *handle = object_open(address);
  struct object object;

  return handle != NULL && object_find(address, &object) ? install_for(handle, &object) : NULL;
}

bool hooks_install(const void *address) {
  int saved_errno = errno;
  bool installed = install_at(address) != NULL;

  errno = saved_errno;
  return installed;
}

bool hooks_install_for_checks(const void *address) {
  int saved_errno = errno;
  struct hook *hook = install_at(address);

  if (hook != NULL)
    peer_chain_install(hook);
  errno = saved_errno;
  return hook != NULL;
}

struct hook *hooks_find(const void *check_host) {
  for (int i = 0; i < MAX_HOOKS; i++) {
    const struct libcrypto *crypto =
        atomic_load(&hooks[i].state) == HOOK_INSTALLED ? openssl_crypto(&hooks[i].openssl) : NULL;

    if (crypto != NULL && memcmp(&crypto->X509_check_host, &check_host, sizeof check_host) == 0)
      return &hooks[i];
  }
  return NULL;
}
