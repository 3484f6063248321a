/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The process's allocator, which a program may have exchanged: looked for where the dynamic linker would bind
 * the shim's calls, but when there is one. Most processes have none, and each would pay for the linker's look
 * into all objects up to libc.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define HIDDEN __attribute__((visibility("hidden")))

static void *find(_Atomic(void *) *slot, const char *name) {
  void *symbol = atomic_load_explicit(slot, memory_order_relaxed);

  if (symbol == NULL)
    atomic_store_explicit(slot, symbol = dlsym(RTLD_DEFAULT, name), memory_order_relaxed);
  return symbol;
}

HIDDEN void *calloc(size_t count, size_t size) {
  static _Atomic(void *) slot;
  void *symbol = find(&slot, "calloc");
  __typeof__(calloc) *function;

  memcpy(&function, &symbol, sizeof symbol);
  return function != NULL ? function(count, size) : NULL;
}

HIDDEN void *malloc(size_t size) {
  static _Atomic(void *) slot;
  void *symbol = find(&slot, "malloc");
  __typeof__(malloc) *function;

  memcpy(&function, &symbol, sizeof symbol);
  return function != NULL ? function(size) : NULL;
}

HIDDEN void free(void *memory) {
  static _Atomic(void *) slot;
  void *symbol = find(&slot, "free");
  __typeof__(free) *function;

  memcpy(&function, &symbol, sizeof symbol);
  if (function != NULL)
    function(memory);
}
