/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "claim.h"

#include <unistd.h>

#include "moment.h"

#define TRIES 10000
#define PAUSE 100000 /* nanoseconds */

enum claim_result claim_take(struct claim *claim) {
  int owner = 0, process = (int)getpid();

  if (claim_is_ready(claim))
    return CLAIM_IS_READY;
  if (atomic_compare_exchange_strong(&claim->owner, &owner, process))
    return CLAIM_IS_OURS;
  if (owner != process && atomic_compare_exchange_strong(&claim->owner, &owner, process))
    return CLAIM_IS_OURS;
  for (int tries = 0; !claim_is_ready(claim) && tries < TRIES; tries++)
    moment_pass(PAUSE);
  return claim_is_ready(claim) ? CLAIM_IS_READY : CLAIM_HANGS;
}

void claim_finish(struct claim *claim) {
  atomic_store(&claim->ready, true);
}
