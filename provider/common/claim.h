/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What is set up once in a process, by the first thread that needs it, without a lock: a child that was
 * forked while another thread of its parent was setting it up finds that thread gone, and does it itself.
 */
#ifndef PIN_CLAIM_H
#define PIN_CLAIM_H

#include <stdatomic.h>
#include <stdbool.h>

/* All zero: nobody has claimed it. */
struct claim {
  atomic_int owner; /* the process that sets it up; 0: none */
  atomic_bool ready;
};

enum claim_result {
  CLAIM_IS_READY,
  CLAIM_IS_OURS, /* set it up, from the beginning, then claim_finish */
  CLAIM_HANGS    /* another thread does not finish it within a second */
};

enum claim_result claim_take(struct claim *claim);
void claim_finish(struct claim *claim);

static inline bool claim_is_ready(const struct claim *claim) {
  return atomic_load_explicit(&claim->ready, memory_order_acquire);
}

#endif
