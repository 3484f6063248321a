/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Lets the first thread that needs something set it up once for the process, without a lock. A child that was
 * forked while another thread of its parent was setting it up does it again itself. Used by the shim and
 * gnutls/library.c.
 */
#ifndef PIN_CLAIM_H
#define PIN_CLAIM_H

#include <stdatomic.h>
#include <stdbool.h>

/* All zero: not claimed yet. */
struct claim {
  atomic_int owner; /* id of the process that sets it up; 0: none */
  atomic_bool ready;
};

enum claim_result {
  CLAIM_IS_READY,
  CLAIM_IS_OURS, /* the caller must set it up, from the beginning, and then call claim_finish */
  CLAIM_HANGS    /* another thread has not finished within a second */
};

/* Claims the set-up; waits if another thread is doing it. Any thread. */
enum claim_result claim_take(struct claim *claim);
/* Ends a set-up, for the thread that got CLAIM_IS_OURS. */
void claim_finish(struct claim *claim);

static inline bool claim_is_ready(const struct claim *claim) {
  return atomic_load_explicit(&claim->ready, memory_order_acquire);
}

#endif
