/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "fork_lock.h"

#include "common/moment.h"

/* Longer than a thread normally waits for a processor. */
#define LONGEST_LOCKED_MS 1000

static atomic_int forking; /* threads that are between their fork handlers */

void fork_lock_take(struct openssl *openssl) {
  for (int tries = 0; tries < LONGEST_LOCKED_MS; tries++) {
    atomic_fetch_add(&openssl->locking, 1);
    if (atomic_load(&forking) == 0)
      return;
    atomic_fetch_sub(&openssl->locking, 1);
    moment_pass(1000000);
  }
  atomic_fetch_add(&openssl->locking, 1);
}

void fork_lock_give(struct openssl *openssl) {
  atomic_fetch_sub(&openssl->locking, 1);
}

void fork_lock_begin_fork(void) {
  atomic_fetch_add(&forking, 1);
}

void fork_lock_wait_for(struct openssl *openssl) {
  for (int tries = 0; tries < LONGEST_LOCKED_MS && atomic_load(&openssl->locking) != 0; tries++)
    moment_pass(1000000);
}

void fork_lock_end_fork(void) {
  atomic_fetch_sub(&forking, 1);
}

void fork_lock_begin_child(void) {
  atomic_store(&forking, 0);
}
