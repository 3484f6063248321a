/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The few places of a certificate that must be read from its own bytes. GnuTLS gives a key only as it would
 * encode it itself, and for RSA-PSS and others that is another encoding, with another digest.
 */
#ifndef PIN_GNUTLS_DER_H
#define PIN_GNUTLS_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of somebody else's. */
struct slice {
  const unsigned char *bytes;
  size_t size;
};

/* The SubjectPublicKeyInfo of a certificate (RFC 5280, 4.1), with its head. False: this is no certificate. */
bool der_public_key(struct slice certificate, struct slice *ret_key);

/*
 * The lengths, in bits rounded up to whole bytes, of modulus and exponent of a SubjectPublicKeyInfo of RSA
 * (RFC 3279, 2.3.1). False: it is none.
 */
bool der_rsa_bits(struct slice key, int64_t *ret_modulus, int64_t *ret_exponent);

#endif
