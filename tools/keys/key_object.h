/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Keys, and what carries them: certificates, certificate requests, public and private keys, read from PEM
 * (several in one file, with any text between them) or DER (one).
 */
#ifndef PINCTL_KEYS_KEY_OBJECT_H
#define PINCTL_KEYS_KEY_OBJECT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/must_use.h"
#include "pinpolicy.h"

enum role { ROLE_LEAF = 0, ROLE_INTERMEDIATE, ROLE_ROOT, ROLE_KEY, ROLE_REQUEST, ROLE_PUBLIC_KEY };

struct object {
  enum role role;
  char *subject;                 /* unescaped; of a bare key: what kind of key it is */
  char *key_type;                /* e.g. "RSA 2048" */
  struct pin_digest key;         /* of the SubjectPublicKeyInfo */
  struct pin_digest fingerprint; /* of the certificate; only where there is one */
  X509 *certificate;             /* NULL of everything else */
};

struct objects {
  struct object *items;
  size_t count;
};

/*
 * Reads everything in a file ("-": standard input). All or nothing: returns false, having said which file
 * and what was expected, when any part of it is damaged, or when it holds nothing that carries a key.
 * Asks for the passphrase of an encrypted key, on the terminal only.
 */
MUST_USE bool objects_read(const char *path, struct objects *ret_objects);
void objects_clear(struct objects *objects);

/*
 * What a certificate is by its own extensions; says nothing about trust. Takes over the certificate, on
 * failure too (its key cannot be hashed); *ret_object is to be cleared either way.
 */
MUST_USE bool object_from_certificate(X509 *certificate, struct object *ret_object);
void object_clear(struct object *object);
/* Its subject, or words for a certificate without one. */
const char *object_name(const struct object *object);

/* Whether a list of an entry holds this object's key (or, of fingerprints, the certificate). */
bool object_is_listed(const struct pin_entry *entry, enum pin_list list, const struct object *object);

/* "leaf", "intermediate", "root", "key", "CSR", "public key". */
const char *role_word(enum role role);

/* ---- New key pairs, and the texts in which they are kept ---- */

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
