/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The time of day, by the cheapest clock. The kernel stamps files by the same clock. */
#ifndef PIN_CLOCK_H
#define PIN_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since the epoch. */
static inline int64_t clock_milliseconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Seconds since the epoch, like time(2). */
static inline int64_t clock_seconds(void) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return (int64_t)now.tv_sec;
}

#endif
