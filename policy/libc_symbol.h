/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Finds libc's own functions, even if the program exports functions of the same names. The dynamic linker
 * binds a call to the first object that has the name, and the program comes before libc.
 */
#ifndef PIN_LIBC_SYMBOL_H
#define PIN_LIBC_SYMBOL_H

#include <stdbool.h>

#include "elf_symbol.h"

/* A function of libc; NULL: this libc does not have it. Any thread; no lock, no memory. */
void *libc_symbol(const char *name);
void *libc_symbol_named(struct elf_name name);

/* Whether only libc and its dependencies come after this object in the search order (RTLD_NEXT). A module
 * that needs only libc and is opened by dlopen(3) defines this to return true. False otherwise. */
bool libc_lies_behind(void);

/* glibc's _dl_find_object, which exists from 2.35 on; NULL: this libc does not have it. Any thread; no
 * lock, no memory. */
void *libc_find_object(void);

/*
 * RTLD_DEEPBIND, which makes a library prefer its own dependencies to the program; or 0 if that could kill
 * the process. It could if the program has its own malloc(3): then the library's free(3) would be libc's, but
 * strdup(3) would return the program's memory. (Sanitizers are such programs, and stop a process that uses
 * this flag.)
 */
int libc_deepbind(void);

#endif
