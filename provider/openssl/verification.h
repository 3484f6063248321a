/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * X509_STORE_CTX: every verification of a certificate chain. Its own verification function is wrapped, for
 * chains that OpenSSL accepts; and when a connection's context is freed without that having judged, the last
 * gate judges what the peer showed, whatever the program did with the verification.
 */
#ifndef PIN_VERIFICATION_H
#define PIN_VERIFICATION_H

#include "hook.h"

/* CRYPTO_EX_new and CRYPTO_EX_free callbacks; argp is the hook. */
void verification_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);
void verification_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);

/* Result of hook->functions.verify. */
int verification_verify(struct hook *hook, X509_STORE_CTX *ctx);

#endif
