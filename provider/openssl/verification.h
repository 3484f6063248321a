/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Follows every verification of a certificate chain (X509_STORE_CTX). Its verification function is wrapped,
 * so that chains which OpenSSL accepts are judged. When a connection's context is freed and no chain was
 * judged, the last gate judges what the peer showed, whatever the program did with the verification. Called
 * by OpenSSL through hooks.c.
 */
#ifndef PIN_VERIFICATION_H
#define PIN_VERIFICATION_H

#include "hook.h"

/* CRYPTO_EX_new and CRYPTO_EX_free callbacks; argp is the hook. */
void verification_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);
void verification_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);

/* The body of hook->functions.verify: 1 or what the original verification returned; 0: refused. */
int verification_verify(struct hook *hook, X509_STORE_CTX *ctx);

#endif
