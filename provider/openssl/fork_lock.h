/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Keeps a fork from copying a locked OpenSSL lock into the child, where nobody would unlock it. OpenSSL's own
 * calls do not wait for a lock in a way that could block the child, but our calls that ask for an index or
 * load error texts need a lock for writing (openssl-internals P8). So a thread in such a call and a thread
 * that forks wait for each other, at most one second. forks.c installs the fork handlers.
 */
#ifndef PIN_FORK_LOCK_H
#define PIN_FORK_LOCK_H

#include "openssl.h"

/* Call these around each call of OpenSSL that takes such a lock. Pairs may be nested. Any thread. */
void fork_lock_take(struct openssl *openssl);
void fork_lock_give(struct openssl *openssl);

/* For the handlers of fork(2), called in this order. Between the first and the last, the forking thread
 * must not call fork_lock_take. */
void fork_lock_begin_fork(void);
void fork_lock_wait_for(struct openssl *openssl);
void fork_lock_end_fork(void);    /* in the parent */
void fork_lock_begin_child(void); /* in the child, which has only this thread */

#endif
