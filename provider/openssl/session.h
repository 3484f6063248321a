/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Stores in an SSL_SESSION what its verification found. In memory that is ex_data of our class, which
 * OpenSSL copies with the session, as for every new ticket of TLS 1.3. A session in a file or an external
 * cache has it as the application data of its ticket, which a client never sends (openssl-internals S1).
 */
#ifndef PIN_SESSION_H
#define PIN_SESSION_H

#include "hook.h"
#include "kept_path.h"

/* Stores the path in a session that is being made. Takes ownership of `kept`. Leaves application data of
 * the program's alone. Without memory the session stores nothing. */
void session_keep(struct hook *hook, SSL_SESSION *session, struct kept_path *kept);

/* The stored path, *ret_size bytes, valid as long as the session; NULL: none is stored. */
const unsigned char *session_kept(struct hook *hook, SSL_SESSION *session, size_t *ret_size);

/* CRYPTO_EX_dup and CRYPTO_EX_free callbacks of SSL_SESSION. */
int session_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int index, long argl,
                void *argp);
void session_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);

#endif
