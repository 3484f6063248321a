/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "libc_symbol.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Not every libc has this header; under "libc.so" musl finds itself. */
#if __has_include(<gnu/lib-names.h>)
#include <gnu/lib-names.h>
#else
#define LIBC_SO "libc.so"
#endif

/*
 * No function of libc's may be called here but the dynamic linker's: where lazy_libc.c is linked in, all
 * others come back to here.
 */
static void *libc_handle(void) {
  static _Atomic(void *) libc;
  void *handle = atomic_load_explicit(&libc, memory_order_relaxed);

  if (handle != NULL)
    return handle;
  /* By its name it is found among the loaded objects, without a look at any file. Never closed. */
  handle = dlopen(LIBC_SO, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
  /* It is loaded: what was missing is memory, and there may be some again. */
  if (handle == NULL)
    handle = dlopen(LIBC_SO, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
  atomic_store_explicit(&libc, handle, memory_order_relaxed);
  return handle;
}

void *libc_symbol(const char *name) {
  void *handle = libc_handle();

  return handle != NULL ? dlsym(handle, name) : NULL;
}

int libc_deepbind(void) {
  bool libc_allocates = dlsym(RTLD_DEFAULT, "malloc") == libc_symbol("malloc") &&
                        dlsym(RTLD_DEFAULT, "free") == libc_symbol("free");

  return libc_allocates ? RTLD_DEEPBIND : 0;
}
