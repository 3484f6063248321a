/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "hooks.h"

#include <errno.h>
#include <string.h>

#include "common/moment.h"
#include "common/object.h"
#include "connection.h"
#include "fork_lock.h"
#include "forks.h"
#include "info_callback.h"
#include "peer_chain.h"
#include "refusal.h"
#include "refusing_bio.h"
#include "verification.h"

/* ---- Functions that know their hook ---- */

/* For the only question to the security callback that tells us something: which versions are allowed. */
__attribute__((noinline)) static int ask_about_version(struct hook *hook, const SSL *ssl, const SSL_CTX *ctx,
                                                       int bits, int nid, void *other, void *ex);

/* libssl asks its security callback up to 150 times a handshake, so all other questions go straight
 * through. */
#define PIN_HOOK_FUNCTIONS(n)                                                                                \
  static int verify_##n(X509_STORE_CTX *ctx) {                                                               \
    return verification_verify(&hooks[n], ctx);                                                              \
  }                                                                                                          \
  static int security_##n(const SSL *ssl, const SSL_CTX *ctx, int operation, int bits, int nid, void *other, \
                          void *ex) {                                                                        \
    if (__builtin_expect(operation == SSL_SECOP_VERSION, 0))                                                 \
      return ask_about_version(&hooks[n], ssl, ctx, bits, nid, other, ex);                                   \
    return original_security(n)(ssl, ctx, operation, bits, nid, other, ex);                                  \
  }                                                                                                          \
  static void any_info_##n(const SSL *ssl, int where, int ret) {                                             \
    connection_any_info(&hooks[n], ssl, where, ret);                                                         \
  }                                                                                                          \
  static int write_##n(BIO *bio, const char *data, int length) {                                             \
    (void)data;                                                                                              \
    (void)length;                                                                                            \
    return refusing_bio_refuse(&hooks[n], bio);                                                              \
  }                                                                                                          \
  static int read_##n(BIO *bio, char *data, int length) {                                                    \
    (void)data;                                                                                              \
    (void)length;                                                                                            \
    return refusing_bio_refuse(&hooks[n], bio);                                                              \
  }                                                                                                          \
  static long control_##n(BIO *bio, int command, long number, void *pointer) {                               \
    return refusing_bio_control(&hooks[n], bio, command, number, pointer);                                   \
  }                                                                                                          \
  static int destroy_##n(BIO *bio) {                                                                         \
    return refusing_bio_destroy(&hooks[n], bio);                                                             \
  }

static security_fn *original_security(size_t n) {
  return atomic_load_explicit(&hooks[n].original_security, memory_order_relaxed);
}

PIN_HOOK_FUNCTIONS(0)
PIN_HOOK_FUNCTIONS(1)
PIN_HOOK_FUNCTIONS(2)
PIN_HOOK_FUNCTIONS(3)

#define PIN_HOOK(n)                                                                                          \
  static void set_functions_##n(struct hook_functions *ret_functions) {                                      \
    ret_functions->verify = verify_##n;                                                                      \
    ret_functions->security = security_##n;                                                                  \
    ret_functions->any_info = any_info_##n;                                                                  \
    ret_functions->bio.write = write_##n;                                                                    \
    ret_functions->bio.read = read_##n;                                                                      \
    ret_functions->bio.control = control_##n;                                                                \
    ret_functions->bio.destroy = destroy_##n;                                                                \
  }

PIN_HOOK(0)
PIN_HOOK(1)
PIN_HOOK(2)
PIN_HOOK(3)

/* Not a table: its pointers would have to be relocated in each process that loads the module. */
static void set_functions(size_t n, struct hook_functions *ret_functions) {
  _Static_assert(MAX_HOOKS == 4, "each hook has functions of its own");

  if (n == 0)
    set_functions_0(ret_functions);
  else if (n == 1)
    set_functions_1(ret_functions);
  else if (n == 2)
    set_functions_2(ret_functions);
  else
    set_functions_3(ret_functions);
}

static int ask_about_version(struct hook *hook, const SSL *ssl, const SSL_CTX *ctx, int bits, int nid,
                             void *other, void *ex) {
  security_fn *original = atomic_load_explicit(&hook->original_security, memory_order_relaxed);
  int answer = original(ssl, ctx, SSL_SECOP_VERSION, bits, nid, other, ex);

  if (ssl != NULL && !connection_has_begun(hook, ssl))
    connection_begins(hook, connection_unconst(ssl));
  return answer;
}

/* ---- Installation ---- */

/*
 * Whether indexes can be asked for later. Callbacks are kept in the thread's default library context
 * (openssl-internals P1). Only the one that a process begins with is certain to last (openssl-internals P7).
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

/* Whether the program allocates for OpenSSL. It can set its functions only before the first allocation. */
static bool has_programs_memory(const struct hook *hook) {
  void *get = openssl_symbol(&hook->openssl, "CRYPTO_get_mem_functions");
  void *openssls = openssl_symbol(&hook->openssl, "CRYPTO_malloc");
  __typeof__(CRYPTO_get_mem_functions) *get_functions;
  CRYPTO_malloc_fn present = NULL;

  if (get == NULL)
    return true;
  memcpy(&get_functions, &get, sizeof get);
  get_functions(&present, NULL, NULL);
  return memcmp(&present, &openssls, sizeof present) != 0;
}

static bool install(struct hook *hook) {
  void *symbol = openssl_symbol(&hook->openssl, "CRYPTO_get_ex_new_index");
  int store_ctx_index;

  if (symbol == NULL)
    return false;
  memcpy(&hook->get_index, &symbol, sizeof hook->get_index);
  hook->has_programs_memory = has_programs_memory(hook);
  info_callback_begin(hook);
  /* If indexes cannot be asked for later, or must not be asked for in a fork handler, ask now. */
  if ((!can_ask_later(hook) || hook->has_programs_memory) && !hook_make_indexes(hook))
    return false;
  if (hook->has_programs_memory)
    refusal_prepare(&hook->openssl);
  /* Other threads call these callbacks from now on, so everything they use must be ready. */
  store_ctx_index =
      hook->get_index(CRYPTO_EX_INDEX_X509_STORE_CTX, 0, hook, verification_new, NULL, verification_free);
  if (store_ctx_index < 0)
    return false;
  atomic_store(&hook->store_ctx_index, store_ctx_index);
  return hook->get_index(CRYPTO_EX_INDEX_SSL_CTX, 0, hook, connection_context_new, NULL, NULL) >= 0;
}

/* Another thread is installing, which takes microseconds. In a child forked meanwhile it never ends. */
static bool wait_for(struct hook *hook) {
  for (int tries = 0; tries < 1000 && atomic_load(&hook->state) == HOOK_INSTALLING; tries++)
    moment_pass(10000);
  return atomic_load(&hook->state) == HOOK_INSTALLED;
}

/* ---- One hook for each OpenSSL ---- */

/* NULL: it failed. */
static struct hook *install_into(struct hook *hook, const struct object *object) {
  bool installed;

  set_functions((size_t)(hook - hooks), &hook->functions);
  hook->functions.dup_connection = connection_dup;
  hook->functions.free_connection = connection_free;
  hook->openssl.start = object->start;
  hook->openssl.end = object->end;
  hook->openssl.tables = elf_tables_of(object->map, object->start, object->end);
  installed = install(hook);
  atomic_store(&hook->state, installed ? HOOK_INSTALLED : HOOK_FAILED);
  return installed ? hook : NULL;
}

/* Returns false if the hook belongs to another OpenSSL. *ret_hook: NULL if installing failed. */
static bool install_or_find(struct hook *hook, const struct object *object, struct hook **ret_hook) {
  const char *claimed = atomic_load(&hook->claimed);

  if (claimed == NULL) {
    /* The lock is held until the installation has ended: a child forked in between could not finish it. */
    fork_lock_take(&hook->openssl);
    if (atomic_compare_exchange_strong(&hook->claimed, &claimed, object->start))
      *ret_hook = install_into(hook, object);
    fork_lock_give(&hook->openssl);
    if (claimed == NULL)
      return true;
  }
  if (claimed != object->start)
    return false;
  *ret_hook = wait_for(hook) ? hook : NULL;
  return true;
}

/* NULL: it failed, or there are more OpenSSLs than hooks. */
static struct hook *install_for(const struct object *object) {
  struct hook *hook = NULL;

  forks_watch();
  for (int i = 0; i < MAX_HOOKS && !install_or_find(&hooks[i], object, &hook); i++)
    ;
  return hook;
}

/* Hooks are found by the object's address, so an object that could be unloaded is kept loaded. */
static struct hook *install_at(const void *address) {
  struct object object;

  if (!object_find(address, &object) || (!object_stays(&object) && object_open(address) == NULL))
    return NULL;
  return install_for(&object);
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
