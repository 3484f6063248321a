/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Remembers the SHA-256 digests of data hashed recently. A program mostly meets servers and CAs that it met
 * before, and comparing a key costs a hundredth of hashing it. The data is kept whole, so a digest that is
 * found belongs to exactly these bytes. Any thread; no function waits.
 */
#ifndef PIN_DIGEST_CACHE_H
#define PIN_DIGEST_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/* Data shorter or longer than this is not kept. An encoded key of RSA 4096 takes 550 bytes, one of P-256
 * takes 91. */
#define DIGEST_CACHE_LEAST 32
#define DIGEST_CACHE_MOST 600

/* False: not found, or another thread is using the place. */
bool digest_cache_find(const void *data, size_t size, unsigned char ret_digest[32]);

/* Keeps the digest, in place of an earlier one. Keeps nothing if another thread is using the place. */
void digest_cache_keep(const void *data, size_t size, const unsigned char digest[32]);

#endif
