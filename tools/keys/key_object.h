/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads and makes keys and what carries them: certificates, certificate requests, public and private keys,
 * in PEM (several in one file, with any text between) or DER (one).
 */
#ifndef PINCTL_KEYS_KEY_OBJECT_H
#define PINCTL_KEYS_KEY_OBJECT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/must_use.h"
#include "cli/verb.h"
#include "pinpolicy.h"

enum role { ROLE_LEAF = 0, ROLE_INTERMEDIATE, ROLE_ROOT, ROLE_KEY, ROLE_REQUEST, ROLE_PUBLIC_KEY };

struct object {
  enum role role;
  char *subject;                 /* unescaped; for a bare key, the kind of key */
  char *key_type;                /* e.g. "RSA 2048" */
  struct pin_digest key;         /* digest of the SubjectPublicKeyInfo */
  struct pin_digest fingerprint; /* digest of the certificate, if there is one */
  X509 *certificate;             /* NULL for everything but a certificate */
};

struct objects {
  struct object *items;
  size_t count;
};

/*
 * Reads all objects in a file ("-": standard input). Returns false, having said why with the name of the file
 * and what was expected, if any part is damaged or nothing carries a key. Asks for the passphrase of an
 * encrypted key, on the terminal only.
 */
MUST_USE bool objects_read(const char *path, struct objects *ret_objects);
/* Reads all files that a repeatable option names. False, having said why. To be cleared in any case. */
MUST_USE bool objects_read_option(const struct arguments *arguments, enum option_id option,
                                  struct objects *ret_objects);
void objects_clear(struct objects *objects);

/*
 * Describes a certificate by its own extensions, without regard to trust. Takes over the certificate, also
 * on failure (its key cannot be hashed). Clear *ret_object in either case.
 */
MUST_USE bool object_from_certificate(X509 *certificate, struct object *ret_object);
void object_clear(struct object *object);
/* The subject, or words for a certificate without one. */
const char *object_name(const struct object *object);

/* Whether a list of an entry contains this object's key (or, for fingerprints, the certificate). */
bool object_is_listed(const struct pin_entry *entry, enum pin_list list, const struct object *object);

/* "leaf", "intermediate", "root", "key", "CSR", "public key". */
const char *role_word(enum role role);

/* ---- New key pairs, and the texts in which they are kept ---- */

/* The words that key_pair_new accepts, as an option shows them; the first is the default. */
#define KEY_PAIR_ALGORITHMS "p256|p384|ed25519|rsa2048|rsa3072|rsa4096"

/* Makes a key pair. Returns NULL having said why. */
EVP_PKEY *key_pair_new(const char *algorithm);

/*
 * Writes PKCS#8 in PEM, encrypted with AES-256 under a key that scrypt (RFC 7914) makes of the passphrase;
 * NULL: unencrypted. For OPENSSL_clear_free with its length. Returns NULL having said why.
 */
char *key_pair_private_text(EVP_PKEY *key, const char *passphrase);

/* The results are for free(3). NULL having said why. */
char *key_pair_public_text(EVP_PKEY *key);
/* A certificate request in PEM for a canonical host name, wildcard or IP address, which is both subject
 * and alternative name. */
char *key_pair_request_text(EVP_PKEY *key, const char *host);

#endif
