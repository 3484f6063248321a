/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* How long a text can be that nothing ends but its memory. */
#ifndef PIN_MALLOC_BOUNDS_H
#define PIN_MALLOC_BOUNDS_H

#include <stddef.h>

/* The room of a text whose memory says nothing. */
#define MALLOC_SIZE_UNKNOWN ((size_t)-1)

/*
 * The least number of bytes, 1 at least, that somebody can have asked malloc(3) for who was given `room`, as
 * malloc_usable_size(3) tells it. glibc rounds up by 15 bytes at most, and its smallest block holds 24; but
 * it also gives a free block away that is 16 bytes larger, since nothing can be made of the rest. jemalloc,
 * mimalloc and tcmalloc round no name up by more than these 31 either.
 */
static inline size_t malloc_least_request(size_t room) {
  return room > 24 + 16 && room != MALLOC_SIZE_UNKNOWN ? room - 15 - 16 : 1;
}

#endif
