/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A library of a program that exports functions which our libraries look up in libc by name. */
#include <dlfcn.h>
#include <stdlib.h>

#define VISIBLE __attribute__((visibility("default")))

VISIBLE int library_is_here(void);
int library_is_here(void) {
  return 1;
}

#ifdef DLFO_STRUCT_HAS_EH_DBASE
VISIBLE int _dl_find_object(void *address, struct dl_find_object *ret_object) {
  (void)address;
  (void)ret_object;
  abort();
}
#endif
