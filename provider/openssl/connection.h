/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * SSL: a client's connection from its handshake on. Makes a refusal hold whatever the program answers, and
 * judges handshakes that verify nothing: resumed sessions, suites without certificates.
 */
#ifndef PIN_CONNECTION_H
#define PIN_CONNECTION_H

#include "hook.h"
#include "judgement.h"

/* The peer of this client's connection was judged; libssl is still in the middle of its verification. Takes
 * over what the session is to keep of it. */
void connection_judged(struct hook *hook, SSL *ssl, struct judgement *judgement);

/* CRYPTO_EX_new callback of SSL_CTX. */
void connection_context_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);

/* CRYPTO_EX_dup and CRYPTO_EX_free callbacks of SSL. */
int connection_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int index, long argl,
                   void *argp);
void connection_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);

/*
 * Called for each SSL_SECOP_VERSION of SSL_CTX_set_security_callback(3). libssl asks it at the start of every
 * handshake, when the connection is complete and the program has had its last say.
 */
void connection_begins(struct hook *hook, SSL *ssl);

/* Called for each event of SSL_CTX_set_info_callback(3), before the program's own callback. */
void connection_info(struct hook *hook, const SSL *ssl, int where);

/* Calls an info callback of the program's, unless it is the one that is running. */
void connection_tell(struct hook *hook, const SSL *ssl, info_fn *program, int where, int ret);

/* hook->any_info: the same as connection_info, and calls the program's. */
void connection_any_info(struct hook *hook, const SSL *ssl, int where, int ret);

#endif
