/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What another thread locks stays locked in a forked child. OpenSSL's own calls need no lock for writing that
 * one of its own could hold for reading, but ours do: for indexes and for texts of errors (openssl-internals
 * P8).
 */
#ifndef PIN_FORKS_H
#define PIN_FORKS_H

#include "hook.h"

/* From now on what takes these locks and a fork wait for each other, for a second at most. Once is enough. */
void forks_watch(void);

/* Around each call of OpenSSL's that takes such a lock. */
void forks_begin_locking(struct openssl *openssl);
void forks_end_locking(struct openssl *openssl);

#endif
