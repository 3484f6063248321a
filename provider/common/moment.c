/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "moment.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

void moment_pass(long nanoseconds) {
  const struct timespec moment = {.tv_nsec = nanoseconds};
  int state;

  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
  nanosleep(&moment, NULL);
  pthread_setcancelstate(state, NULL);
}
