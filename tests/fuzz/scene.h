/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The real pinning.so in an OpenSSL that is not instrumented: keys, certificates and handshakes in memory. */
#ifndef FUZZ_SCENE_H
#define FUZZ_SCENE_H

#include <stdbool.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "pinpolicy.h"

#define SCENE_KEYS 6

/* Loads pinning.so with this policy in force, and makes the keys. */
void scene_open(const char *policy);

/* The digests for the policy have to be known before the module is loaded. */
void scene_make_keys(void);
extern EVP_PKEY *scene_keys[SCENE_KEYS];
/* "sha256/..." of a key; static. */
const char *scene_pin(unsigned key);

/* Which of the keys a certificate has; SCENE_KEYS: none of them. */
unsigned scene_key_of(X509 *certificate);

/* One certificate; any numbers are allowed, and reduced to the existing names and keys. */
struct recipe {
  unsigned subject, issuer; /* of a few names */
  unsigned key, signer;
  bool is_ca, is_version_1, has_path_length, may_not_sign, has_identifiers;
  unsigned path_length;
  const char *host; /* in its subjectAltName; NULL: none */
};
X509 *scene_certificate(const struct recipe *recipe);

/*
 * Does a handshake in memory. The server shows the chain, and has the key of its first certificate; the
 * caller's client has its names already. Returns whether the client's handshake succeeded.
 */
bool scene_handshake(SSL *client, STACK_OF(X509) * chain, EVP_PKEY *key);

#endif
