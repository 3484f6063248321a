/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * For an OpenSSL that lacks a function without which nothing can be judged (openssl_lacks_function). Refuses
 * every client's connection if a policy could cover its host. Uses the few functions that a refusal needs,
 * each only if it is there. The missing function was logged when it was found missing.
 */
#ifndef PIN_UNBOUND_H
#define PIN_UNBOUND_H

#include "hook.h"

/* For a new context: makes OpenSSL call verification_verify() for it. */
void unbound_context_new(struct hook *hook, X509_STORE_CTX *ctx, CRYPTO_EX_DATA *ad, int index);

/* Stands in for the verification. original: the function to run if this is not a TLS client verifying its
 * server; NULL: the one that unbound_context_new() stored. Returns its result, or 0 for a refusal. */
int unbound_verify(struct hook *hook, X509_STORE_CTX *ctx, X509_STORE_CTX_verify_fn original);

/* At the end of libssl's verification: refuses the connection. */
void unbound_gate(struct hook *hook, X509_STORE_CTX *ctx);

/* At any event of a handshake: refuses the connection. */
void unbound_connection(struct hook *hook, SSL *ssl);

#endif
