/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * SSL_SESSION: what a session keeps of the verification that it came from. In memory that is data of our own
 * class, which OpenSSL copies with the session, as it does for every ticket of TLS 1.3; a session in a file
 * or an external cache has it in its encoded form, as the application data of its ticket, which a client
 * never sends.
 */
#ifndef PIN_SESSION_H
#define PIN_SESSION_H

#include "hook.h"
#include "kept_path.h"

/*
 * Keeps the path in a session that is being made; takes it over. Application data that the program has put
 * there is left alone.
 */
void session_keep(struct hook *hook, SSL_SESSION *session, struct kept_path *kept);

/* The bytes of the path that a session keeps, which last as long as the session; NULL: it keeps none. */
const unsigned char *session_kept(struct hook *hook, SSL_SESSION *session, size_t *ret_size);

/* CRYPTO_EX_dup and CRYPTO_EX_free callbacks of SSL_SESSION. */
int session_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int index, long argl,
                void *argp);
void session_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);

#endif
