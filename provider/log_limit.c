/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "log_limit.h"

#include <stdatomic.h>
#include <stddef.h>

#define SUBJECTS 64
#define PROBES 8
#define INTERVAL_MS 10000
#define BURST 10

/* One subject's allowance, by the generic cell rate algorithm: the moment up to which its lines are spent. */
struct allowance {
  _Atomic uint64_t subject; /* 0: free */
  _Atomic int64_t spent_until;
  atomic_uint swallowed;
};

static struct allowance allowances[SUBJECTS];

/* The subject's own place, or one that nobody has used for long; NULL: all near it are taken. */
static struct allowance *find(uint64_t subject, int64_t now) {
  for (unsigned i = 0; i < PROBES; i++) {
    struct allowance *allowance = &allowances[(subject + i) % SUBJECTS];
    uint64_t owner = atomic_load(&allowance->subject);

    if (owner == subject)
      return allowance;
    if (owner != 0 && (atomic_load(&allowance->spent_until) > now || atomic_load(&allowance->swallowed) != 0))
      continue;
    if (atomic_compare_exchange_strong(&allowance->subject, &owner, subject) || owner == subject)
      return allowance;
  }
  return NULL;
}

bool log_limit_admits(uint64_t subject, int64_t milliseconds, unsigned *ret_swallowed) {
  struct allowance *allowance = find(subject | 1, milliseconds);
  int64_t spent, next;

  *ret_swallowed = 0;
  /* So many subjects at once that there is no place to count in: better a line too many. */
  if (allowance == NULL)
    return true;
  spent = atomic_load(&allowance->spent_until);
  do {
    if (spent > milliseconds + (BURST - 1) * (int64_t)INTERVAL_MS) {
      atomic_fetch_add(&allowance->swallowed, 1);
      return false;
    }
    next = (spent > milliseconds ? spent : milliseconds) + INTERVAL_MS;
  } while (!atomic_compare_exchange_weak(&allowance->spent_until, &spent, next));
  *ret_swallowed = atomic_exchange(&allowance->swallowed, 0);
  return true;
}
