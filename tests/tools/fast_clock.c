/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* To be preloaded: minutes pass in a second, by the clock that nobody sets. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TIMES 500

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *ret_time) {
  int result = (int)syscall(SYS_clock_gettime, clock, ret_time);
  if (clock == CLOCK_MONOTONIC)
    ret_time->tv_sec = ret_time->tv_sec * TIMES + ret_time->tv_nsec / (1000000000 / TIMES);
  return result;
}
