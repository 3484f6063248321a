/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Estimates the length of a text without a terminator from the size of its memory block. Used by
 * verified_name.c. */
#ifndef PIN_MALLOC_BOUNDS_H
#define PIN_MALLOC_BOUNDS_H

#include <stddef.h>

/* The size of a block whose allocator tells nothing. */
#define MALLOC_SIZE_UNKNOWN ((size_t)-1)

/*
 * The least number of bytes (at least 1) that can have been requested from malloc(3) for a block of `room`
 * bytes, as malloc_usable_size(3) reports it. glibc rounds up by at most 15 bytes, and its smallest block
 * holds 24. It may also hand out a free block that is 16 bytes larger, because a rest of 16 bytes is too
 * small for a block. jemalloc, mimalloc and tcmalloc do not round names up by more than these 31 bytes
 * either.
 */
static inline size_t malloc_least_request(size_t room) {
  return room > 24 + 16 && room != MALLOC_SIZE_UNKNOWN ? room - 15 - 16 : 1;
}

#endif
