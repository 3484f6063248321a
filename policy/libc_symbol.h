/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * libc's own functions, whatever the program exports under their names. The dynamic linker binds a call by
 * name to the first object that has the name, and the program comes before libc.
 */
#ifndef PIN_LIBC_SYMBOL_H
#define PIN_LIBC_SYMBOL_H

#include <stdbool.h>

#include "elf_symbol.h"

/* A function of libc's; NULL where this libc does not have it. Any thread, no lock, no memory. */
void *libc_symbol(const char *name);
void *libc_symbol_named(struct elf_name name);

/*
 * Whether behind this object in the order of search (RTLD_NEXT) are libc and what it needs, and nothing else:
 * true in a module that needs libc alone and is opened by dlopen(3), which says so by defining it. False
 * where nobody does.
 */
bool libc_lies_behind(void);

/* glibc's _dl_find_object, which it has from 2.35 on; NULL: this libc does not have it. As above. */
void *libc_find_object(void);

/*
 * RTLD_DEEPBIND, with which a library that is loaded prefers its own dependencies to the program; or 0 where
 * that would kill: when the program has a malloc(3) of its own, the library's free(3) would be libc's, but
 * what strdup(3) returned to it would come from the program's. (Sanitizers, which stop a process for this
 * flag, are such programs.)
 */
int libc_deepbind(void);

#endif
