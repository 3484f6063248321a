/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "reading_turn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "moment.h"

/* A limit, because the reader may wait for this very thread, through the dynamic linker's lock. */
#define LONGEST_WAIT_MS 10000

static atomic_int owner_pid; /* id of the process whose thread has the turn; 0: none */

static bool take(void) {
  int idle = 0, self = (int)getpid();
  int owner = atomic_load(&owner_pid);

  if (owner != 0 && owner != self) /* left over by the parent of this process */
    return atomic_compare_exchange_strong(&owner_pid, &owner, self);
  return atomic_compare_exchange_strong(&owner_pid, &idle, self);
}

bool reading_begin(int *ret_cancel_state) {
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, ret_cancel_state);
  if (take())
    return true;
  pthread_setcancelstate(*ret_cancel_state, NULL);
  return false;
}

bool reading_wait(int *ret_cancel_state) {
  for (int tries = 0; tries < LONGEST_WAIT_MS; tries++) {
    if (reading_begin(ret_cancel_state))
      return true;
    moment_pass(1000000);
  }
  return false;
}

void reading_end(int cancel_state) {
  atomic_store(&owner_pid, 0);
  pthread_setcancelstate(cancel_state, NULL);
}
