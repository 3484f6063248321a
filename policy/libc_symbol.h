/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * libc's own functions, whatever the program exports under their names. The dynamic linker binds a call by
 * name to the first object that has the name, and the program comes before libc.
 */
#ifndef PIN_LIBC_SYMBOL_H
#define PIN_LIBC_SYMBOL_H

/* A function of libc's; NULL where this libc does not have it. Any thread, no lock, no memory. */
void *libc_symbol(const char *name);

/*
 * RTLD_DEEPBIND, with which a library that is loaded prefers its own dependencies to the program; or 0 where
 * that would kill: when the program has a malloc(3) of its own, the library's free(3) would be libc's, but
 * what strdup(3) returned to it would come from the program's. (Sanitizers, which stop a process for this
 * flag, are such programs.)
 */
int libc_deepbind(void);

#endif
