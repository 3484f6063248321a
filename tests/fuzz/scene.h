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

/* What a policy has to say of keys is known before the module is loaded. */
void scene_make_keys(void);
extern EVP_PKEY *scene_keys[SCENE_KEYS];
/* "sha256/..." of a key; static. */
const char *scene_pin(unsigned key);

/* Which of the keys a certificate shows; SCENE_KEYS: none of them. */
unsigned scene_key_of(X509 *certificate);

/* One certificate; the numbers may be any and are reduced to what there is. */
struct recipe {
  unsigned subject, issuer; /* names, of which there are a few */
  unsigned key, signer;
  bool is_ca, is_version_1, has_path_length, may_not_sign, has_identifiers;
  unsigned path_length;
  const char *host; /* in its subjectAltName; NULL: none */
};
X509 *scene_certificate(const struct recipe *recipe);

/*
 * A handshake over memory. The server shows the chain, and has the key of its first certificate; the
 * client is the caller's, with its names. Returns whether the client's handshake succeeded.
 */
bool scene_handshake(SSL *client, STACK_OF(X509) * chain, EVP_PKEY *key);

#endif
