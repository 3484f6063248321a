/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Registers fork handlers. pthread_atfork(3) is not in glibc's libc.so but is linked into each program that
 * calls it. */
#ifndef PIN_AT_FORK_H
#define PIN_AT_FORK_H

/* Registers the handlers for the rest of the process's life, since they belong to no object that can be
 * unloaded; their module must stay loaded too. On failure they are not called. */
void at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

#endif
