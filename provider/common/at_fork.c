/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "at_fork.h"

#include <stddef.h>
#include <string.h>

#include "libc_symbol.h"

typedef void handler_fn(void);

static void at_fork_of_glibc(void *symbol, handler_fn *prepare, handler_fn *parent, handler_fn *child) {
  static char nobody;
  int (*register_atfork)(handler_fn *, handler_fn *, handler_fn *, void *object);

  memcpy(&register_atfork, &symbol, sizeof symbol);
  (void)register_atfork(prepare, parent, child, &nobody);
}

/* musl never unloads objects. */
static void at_fork_of_musl(void *symbol, handler_fn *prepare, handler_fn *parent, handler_fn *child) {
  int (*atfork)(handler_fn *, handler_fn *, handler_fn *);

  memcpy(&atfork, &symbol, sizeof symbol);
  (void)atfork(prepare, parent, child);
}

void at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
  void *glibcs = libc_symbol_named(ELF_NAME("__register_atfork"));
  void *musls = glibcs == NULL ? libc_symbol_named(ELF_NAME("pthread_atfork")) : NULL;

  if (glibcs != NULL)
    at_fork_of_glibc(glibcs, prepare, parent, child);
  else if (musls != NULL)
    at_fork_of_musl(musls, prepare, parent, child);
}
