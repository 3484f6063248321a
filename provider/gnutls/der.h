/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Reads those parts of a certificate that must be read from its own bytes. GnuTLS returns a key only as it
 * would encode it itself, and for RSA-PSS and others that encoding differs and has another digest.
 */
#ifndef PIN_GNUTLS_DER_H
#define PIN_GNUTLS_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes. */
struct slice {
  const unsigned char *bytes;
  size_t size;
};

/* Finds the SubjectPublicKeyInfo of a certificate (RFC 5280, 4.1), with tag and length. False: this is not
 * a certificate. */
bool der_public_key(struct slice certificate, struct slice *ret_key);

/* The lengths of modulus and exponent of an RSA SubjectPublicKeyInfo (RFC 3279, 2.3.1), in bits rounded up
 * to whole bytes. False: it is not one. */
bool der_rsa_bits(struct slice key, int64_t *ret_modulus, int64_t *ret_exponent);

#endif
