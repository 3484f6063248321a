/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Does what calloc(3) does. Naming one more function of the allocator would cost each process that loads a
 * module 700 instructions or more (text.h). */
#ifndef PIN_CLEARED_H
#define PIN_CLEARED_H

#include <stdlib.h>
#include <string.h>

/* Zeroed memory, to be freed by free(3); NULL: no memory. */
static inline void *cleared_memory(size_t size) {
  void *memory = malloc(size);

  /* Without this, compilers turn both calls into calloc(3). */
  __asm__ volatile("" : "+r"(memory));
  return memory != NULL ? memset(memory, 0, size) : NULL;
}

#endif
