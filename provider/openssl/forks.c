/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "forks.h"

#include <errno.h>

#include "common/at_fork.h"
#include "common/moment.h"
#include "hooks.h"
#include "libc_symbol.h"
#include "refusal.h"

/* As long as a thread may take that is not on a processor now. */
#define LONGEST_LOCKED_MS 1000

static const char *single_threaded; /* libc's mark; NULL: this libc has none */
static atomic_int forking;          /* threads between the handlers */

void forks_begin_locking(struct openssl *openssl) {
  for (int tries = 0; tries < LONGEST_LOCKED_MS; tries++) {
    atomic_fetch_add(&openssl->locking, 1);
    if (atomic_load(&forking) == 0)
      return;
    atomic_fetch_sub(&openssl->locking, 1);
    moment_pass(1000000);
  }
  atomic_fetch_add(&openssl->locking, 1);
}

void forks_end_locking(struct openssl *openssl) {
  atomic_fetch_sub(&openssl->locking, 1);
}

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
    (void)hooks_has_indexes(hook);
  if (atomic_load(&hook->openssl.error_library) != 0)
    return;
  forks_begin_locking(&hook->openssl);
  refusal_prepare(&hook->openssl);
  forks_end_locking(&hook->openssl);
}

static void before_fork(void) {
  bool is_alone = single_threaded != NULL && *single_threaded != 0;
  int saved_errno = errno;

  for (size_t i = 0; i < MAX_HOOKS && !is_alone; i++)
    ask_before_fork(hook_at(i));
  /* After that: this thread asks for nothing any more. */
  atomic_fetch_add(&forking, 1);
  for (size_t i = 0; i < MAX_HOOKS && !is_alone; i++) {
    for (int tries = 0; tries < LONGEST_LOCKED_MS && atomic_load(&hook_at(i)->openssl.locking) != 0; tries++)
      moment_pass(1000000);
  }
  errno = saved_errno;
}

static void after_fork(void) {
  atomic_fetch_sub(&forking, 1);
}

static void after_fork_in_child(void) {
  atomic_store(&forking, 0);
  for (size_t i = 0; i < MAX_HOOKS; i++)
    atomic_store(&hook_at(i)->openssl.locking, 0);
}

void forks_watch(void) {
  static atomic_bool watched;

  if (atomic_exchange(&watched, true))
    return;
  single_threaded = libc_symbol_named(ELF_NAME("__libc_single_threaded"));
  at_fork(before_fork, after_fork, after_fork_in_child);
}
