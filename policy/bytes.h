/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What a process that starts does with a few bytes, without a function of libc's: those that copy, compare
 * and measure are chosen by the processor, and to look for one takes three times as long as for any other
 * (lazy_libc.c).
 */
#ifndef PIN_BYTES_H
#define PIN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Compilers make a call of memcpy(3) or strlen(3) of a loop that does the same. */
#define PIN_STAYS_A_LOOP __asm__ volatile("")

static inline void pin_copy_bytes(void *ret_to, const void *from, size_t size) {
  unsigned char *to = ret_to;
  const unsigned char *at = from;

  for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
    PIN_STAYS_A_LOOP;
    __builtin_memcpy(to, at, sizeof(uint64_t));
    to += sizeof(uint64_t);
    at += sizeof(uint64_t);
  }
  for (; size > 0; size--) {
    PIN_STAYS_A_LOOP;
    *to++ = *at++;
  }
}

static inline bool pin_is_same_text(const char *a, const char *b) {
  while (*a != '\0' && *a == *b) {
    a++;
    b++;
  }
  return *a == *b;
}

#endif
