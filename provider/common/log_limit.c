/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "log_limit.h"

#include <stdatomic.h>

#define SUBJECTS 64
#define PROBES 8
#define INTERVAL_MS 10000
#define BURST 10
/* For all subjects together. A subject contains a host's name, and if an entry covers all names below a
 * parent, somebody who makes a program connect can choose any number of names. */
#define TOTAL_INTERVAL_MS 1000
#define TOTAL_BURST 100
/* A subject that was not seen for this long gives up its place; its count of held back lines goes to the
 * total. */
#define FORGOTTEN_MS 60000

/* An allowance of lines, by the generic cell rate algorithm: `spent_until` is the time up to which it is
 * used up. */
struct allowance {
  _Atomic uint64_t subject; /* 0: free */
  _Atomic int64_t spent_until;
  atomic_uint swallowed; /* how many lines were held back */
};

struct limit {
  struct allowance allowances[SUBJECTS];
  /* For all subjects together, and for those without a place of their own. */
  struct allowance total, crowd;
};

static struct limit limits[LOG_LIMITS];

static bool may_take(struct allowance *allowance, int64_t now) {
  int64_t idle = now - atomic_load(&allowance->spent_until);

  return idle > 0 && (atomic_load(&allowance->swallowed) == 0 || idle > FORGOTTEN_MS);
}

/* The subject's own place, or one that was not used for long, or the shared one. */
static struct allowance *find(struct limit *limit, uint64_t subject, int64_t now) {
  for (unsigned i = 0; i < PROBES; i++) {
    struct allowance *allowance = &limit->allowances[(subject + i) % SUBJECTS];
    uint64_t owner = atomic_load(&allowance->subject);

    if (owner == subject)
      return allowance;
    if (owner != 0 && !may_take(allowance, now))
      continue;
    if (atomic_compare_exchange_strong(&allowance->subject, &owner, subject)) {
      atomic_fetch_add(&limit->total.swallowed, atomic_exchange(&allowance->swallowed, 0));
      return allowance;
    }
    if (owner == subject)
      return allowance;
  }
  return &limit->crowd;
}

static bool spend(struct allowance *allowance, int64_t now, int64_t interval, int64_t burst) {
  int64_t spent = atomic_load(&allowance->spent_until), next;

  do {
    if (spent > now + (burst - 1) * interval) {
      atomic_fetch_add(&allowance->swallowed, 1);
      return false;
    }
    next = (spent > now ? spent : now) + interval;
  } while (!atomic_compare_exchange_weak(&allowance->spent_until, &spent, next));
  return true;
}

bool log_limit_admits(enum log_limit which, uint64_t subject, int64_t milliseconds, unsigned *ret_swallowed) {
  struct limit *limit = &limits[which];
  struct allowance *allowance = find(limit, subject | 1, milliseconds);

  *ret_swallowed = 0;
  if (!spend(allowance, milliseconds, INTERVAL_MS, BURST) ||
      !spend(&limit->total, milliseconds, TOTAL_INTERVAL_MS, TOTAL_BURST))
    return false;
  *ret_swallowed = atomic_exchange(&allowance->swallowed, 0) + atomic_exchange(&limit->total.swallowed, 0);
  if (allowance != &limit->crowd)
    *ret_swallowed += atomic_exchange(&limit->crowd.swallowed, 0);
  return true;
}
