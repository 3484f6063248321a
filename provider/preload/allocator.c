/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The shim's calls of malloc, calloc and free. They find the process's allocator, which a program may have
 * replaced, at the first call, where the dynamic linker would have found it. Most processes make no such
 * call, and binding at the start would make each of them search all objects up to libc.
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
