/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * An OpenSSL that lacks a function without which nothing can be judged (openssl_lacks_function). Every
 * connection of a client is refused where a policy could cover its host, with the few functions that a
 * refusal takes, each only if it is there. The log was told when the function was missed.
 */
#ifndef PIN_UNBOUND_H
#define PIN_UNBOUND_H

#include "hook.h"

/* For a new context: verification_verify() is to be called for it. */
void unbound_context_new(struct hook *hook, X509_STORE_CTX *ctx, CRYPTO_EX_DATA *ad, int index);

/*
 * In place of the verification. original: what to run where no client of TLS verifies its server; NULL: what
 * unbound_context_new() has kept.
 */
int unbound_verify(struct hook *hook, X509_STORE_CTX *ctx, X509_STORE_CTX_verify_fn original);

/* At the end of libssl's verification. */
void unbound_gate(struct hook *hook, X509_STORE_CTX *ctx);

/* At any event of a handshake. */
void unbound_connection(struct hook *hook, SSL *ssl);

#endif
