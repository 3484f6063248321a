/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What calloc(3) does. To name one function more of the allocator would cost each process that loads a module
 * 700 instructions and more (text.h).
 */
#ifndef PIN_CLEARED_H
#define PIN_CLEARED_H

#include <stdlib.h>
#include <string.h>

/* For free(3); NULL: no memory. */
static inline void *cleared_memory(size_t size) {
  void *memory = malloc(size);

  /* Compilers make a call of calloc(3) of the two. */
  __asm__ volatile("" : "+r"(memory));
  return memory != NULL ? memset(memory, 0, size) : NULL;
}

#endif
