/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Functions that the files of the preload shim share. */
#ifndef PIN_PRELOAD_H
#define PIN_PRELOAD_H

#include <stdbool.h>

struct addrinfo;

/* Finds libc's function behind ours, and keeps it in *found for the next call. *ret_function gets the
 * pointer. False: there is no such function. */
bool preload_find_real(_Atomic(void *) *found, const char *function, void *ret_function);

/* Remembers the addresses in `info` for the name (resolved.h). name, info: may be NULL. Leaves errno
 * unchanged. */
void preload_remember(const char *name, const struct addrinfo *info);

/* A function of a module installed beside the shim; loads the module if necessary. NULL: the module cannot
 * be loaded or lacks the function. */
void *preload_module_symbol(const char *module, const char *name);

/* Calls pinning_covers of pinning.so, loading it if necessary: whether an entry of the policy covers the
 * name, for any port. Returns 1 also if pinning.so cannot be loaded. */
int preload_covers(const char *name);

#endif
