/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What the files of the preload shim share. */
#ifndef PIN_PRELOAD_H
#define PIN_PRELOAD_H

#include <stdbool.h>

struct addrinfo;

/* Finds libc's function behind ours and keeps it in *found. False: there is none. */
bool preload_find_real(_Atomic(void *) *found, const char *function, void *ret_function);

/* Remembers the addresses of a resolved name (resolved.h); NULL: none. Leaves errno alone. */
void preload_remember(const char *name, const struct addrinfo *info);

/* A function of a module beside the shim, which is loaded for it. NULL: it cannot be. */
void *preload_module_symbol(const char *module, const char *name);

/*
 * Whether an entry of the policy covers the name, for any port: pinning_covers of pinning.so, which is loaded
 * for it. 1 also where it cannot be loaded.
 */
int preload_covers(const char *name);

#endif
