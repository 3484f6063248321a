/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "forks.h"

#include <errno.h>

#include "common/at_fork.h"
#include "fork_lock.h"
#include "hook.h"
#include "libc_symbol.h"
#include "refusal.h"

static const char *single_threaded; /* libc's flag; NULL: this libc has none */

/* Whether OpenSSL still works: after its clean-up at the end of the process its locks are gone
 * (openssl-internals P9). */
static bool is_alive(struct hook *hook) {
  const struct libcrypto *crypto =
      atomic_load(&hook->state) == HOOK_INSTALLED ? openssl_refusal(&hook->openssl) : NULL;

  return crypto != NULL && crypto->OPENSSL_init_crypto(0, NULL) == 1;
}

/* Asks for everything that a child would need a lock for. */
static void ask_before_fork(struct hook *hook) {
  /* A program's memory functions may wait for a lock that its own fork handlers hold; those ran before
   * ours. */
  if (hook->has_programs_memory || !is_alive(hook))
    return;
  /* As long as there is no SSL_CTX, OpenSSL itself asks for an index in the child. */
  if (atomic_load(&hook->original_security) != NULL)
    (void)hook_has_indexes(hook);
  if (atomic_load(&hook->openssl.error_library) != 0)
    return;
  fork_lock_take(&hook->openssl);
  refusal_prepare(&hook->openssl);
  fork_lock_give(&hook->openssl);
}

static void before_fork(void) {
  bool is_alone = single_threaded != NULL && *single_threaded != 0;
  int saved_errno = errno;

  for (size_t i = 0; i < MAX_HOOKS && !is_alone; i++)
    ask_before_fork(&hooks[i]);
  /* Only now, because from here on this thread must not ask for anything. */
  fork_lock_begin_fork();
  for (size_t i = 0; i < MAX_HOOKS && !is_alone; i++)
    fork_lock_wait_for(&hooks[i].openssl);
  errno = saved_errno;
}

static void after_fork_in_child(void) {
  fork_lock_begin_child();
  for (size_t i = 0; i < MAX_HOOKS; i++)
    atomic_store(&hooks[i].openssl.locking, 0);
}

void forks_watch(void) {
  static atomic_bool watched;

  if (atomic_exchange(&watched, true))
    return;
  single_threaded = libc_symbol_named(ELF_NAME("__libc_single_threaded"));
  at_fork(before_fork, fork_lock_end_fork, after_fork_in_child);
}
