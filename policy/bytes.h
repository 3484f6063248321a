/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Copies and compares bytes without functions of libc, for code that runs when a process starts. libc's
 * versions are chosen by the processor, and finding one takes three times as long as finding another function
 * (lazy_libc.c).
 */
#ifndef PIN_BYTES_H
#define PIN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Without this, compilers turn the loop into a call of memcpy(3) or strlen(3). */
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
