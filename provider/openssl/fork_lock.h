/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What another thread locks stays locked in a forked child. OpenSSL's own calls need no lock for writing that
 * one of its own could hold for reading, but ours do: for indexes and for texts of errors (openssl-internals
 * P8). So whoever takes such a lock and a fork wait for each other, for a second at most.
 */
#ifndef PIN_FORK_LOCK_H
#define PIN_FORK_LOCK_H

#include "openssl.h"

/* Around each call of OpenSSL's that takes such a lock. May stand inside another pair. */
void fork_lock_take(struct openssl *openssl);
void fork_lock_give(struct openssl *openssl);

/* For the handlers of fork(2), in this order. The thread that forks takes none of these locks in between. */
void fork_lock_begin_fork(void);
void fork_lock_wait_for(struct openssl *openssl);
void fork_lock_end_fork(void);    /* in the parent */
void fork_lock_begin_child(void); /* in the child, where nobody else is there any more */

#endif
