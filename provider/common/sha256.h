/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* SHA-256 (FIPS 180-4) of our own, for GnuTLS keys and for an OpenSSL that has none without a provider. */
#ifndef PIN_SHA256_H
#define PIN_SHA256_H

#include <stddef.h>

void sha256(const void *data, size_t size, unsigned char ret_digest[32]);

#endif
