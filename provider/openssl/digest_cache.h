/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Digests of what was hashed last. The server and the CAs that a program meets are mostly those that it met
 * before, and to compare a key takes a hundredth of what it takes to hash it. The data is kept whole, so a
 * digest that is found is the digest of these very bytes. Any thread; nobody waits.
 */
#ifndef PIN_DIGEST_CACHE_H
#define PIN_DIGEST_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/* Shorter and longer data is not kept. The encoded key of RSA 4096 takes 550 bytes, that of P-256 91. */
#define DIGEST_CACHE_LEAST 32
#define DIGEST_CACHE_MOST 600

/* False: it is not there, or is being written at this moment. */
bool digest_cache_find(const void *data, size_t size, unsigned char ret_digest[32]);

/* In place of whatever stood there. */
void digest_cache_keep(const void *data, size_t size, const unsigned char digest[32]);

#endif
