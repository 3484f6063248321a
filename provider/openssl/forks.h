/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Installs fork handlers: before a fork they ask OpenSSL for what a child would need a lock for, and they
 * keep the rules of fork_lock.h. */
#ifndef PIN_FORKS_H
#define PIN_FORKS_H

/* Installs the handlers. Further calls do nothing. Any thread. */
void forks_watch(void);

#endif
