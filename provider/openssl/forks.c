/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "forks.h"

#include <errno.h>

#include "common/at_fork.h"
#include "fork_lock.h"
#include "hook.h"
#include "libc_symbol.h"
#include "refusal.h"

static const char *single_threaded; /* libc's mark; NULL: this libc has none */

/* It says no once it has cleaned up, at the end of the process, and then has no locks any more. */
static bool is_alive(struct hook *hook) {
  const struct libcrypto *crypto =
      atomic_load(&hook->state) == HOOK_INSTALLED ? openssl_refusal(&hook->openssl) : NULL;

  return crypto != NULL && crypto->OPENSSL_init_crypto(0, NULL) == 1;
}

/* Asks for what a child would need a lock for. */
static void ask_before_fork(struct hook *hook) {
  /* A program's memory functions may wait for what its own handlers hold: those that came before us. */
  if (hook->has_programs_memory || !is_alive(hook))
    return;
  /* Without an SSL_CTX yet, OpenSSL itself asks for an index in the child. */
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
  /* After that: this thread asks for nothing any more. */
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
