/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* pthread_atfork(3), which is no function of glibc's libc.so but in each program that calls it. */
#ifndef PIN_AT_FORK_H
#define PIN_AT_FORK_H

/* In the name of nobody: whoever is unloaded or finished, the handlers stay, as their module must. */
void at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

#endif
