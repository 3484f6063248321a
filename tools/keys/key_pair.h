/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* New key pairs, and the texts in which they are kept. */
#ifndef PINCTL_KEYS_KEY_PAIR_H
#define PINCTL_KEYS_KEY_PAIR_H

#include <openssl/evp.h>

/* The words that key_pair_new takes, as an option shows them; the first is the default. */
#define KEY_PAIR_ALGORITHMS "p256|p384|ed25519|rsa2048|rsa3072|rsa4096"

/* NULL, having said why. */
EVP_PKEY *key_pair_new(const char *algorithm);

/*
 * PKCS#8 in PEM, encrypted with AES-256 under a key that scrypt (RFC 7914) makes of the passphrase; NULL: not
 * encrypted. For OPENSSL_clear_free with its length; NULL, having said why.
 */
char *key_pair_private_text(EVP_PKEY *key, const char *passphrase);

/* These are for free(3); NULL, having said why. */
char *key_pair_public_text(EVP_PKEY *key);
/* A certificate request in PEM for a canonical host name, wildcard or IP address, which it names in both
 * places. */
char *key_pair_request_text(EVP_PKEY *key, const char *host);

#endif
