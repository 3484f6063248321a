/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "hook.h"

#include "fork_lock.h"
#include "session.h"

struct hook hooks[MAX_HOOKS];

/* Tries twice, because memory may be short for a moment: without an index every connection would be
 * refused. */
static void ask_for_index(struct hook *hook, int class_index, CRYPTO_EX_dup *dup, CRYPTO_EX_free *release,
                          atomic_int *ret_index) {
  int index = -1, none = 0;

  for (int tries = 0; tries < 2 && index <= 0; tries++)
    index = hook->get_index(class_index, 0, hook, NULL, dup, release);
  if (index > 0)
    (void)atomic_compare_exchange_strong(ret_index, &none, index);
}

bool hook_make_indexes(struct hook *hook) {
  if (atomic_load(&hook->session_index) == 0)
    ask_for_index(hook, CRYPTO_EX_INDEX_SSL_SESSION, session_dup, session_free, &hook->session_index);
  if (atomic_load(&hook->session_index) == 0)
    return false;
  ask_for_index(hook, CRYPTO_EX_INDEX_SSL, hook->functions.dup_connection, hook->functions.free_connection,
                &hook->ssl_index);
  return atomic_load(&hook->ssl_index) != 0;
}

bool hook_ask_for_indexes(struct hook *hook) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  OSSL_LIB_CTX *programs;
  bool done;

  if (crypto == NULL)
    return false;
  crypto->ERR_set_mark();
  programs = hook->set_default(hook->global_default);
  fork_lock_take(&hook->openssl);
  done = hook_make_indexes(hook);
  fork_lock_give(&hook->openssl);
  (void)hook->set_default(programs);
  crypto->ERR_pop_to_mark();
  return done;
}
