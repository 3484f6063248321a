/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The proven path of a verification: the certificates that really signed one another, and their digests. */
#ifndef PIN_PATH_H
#define PIN_PATH_H

#include "openssl.h"
#include "pinpolicy.h"

/* OpenSSL's own limit on the depth of a chain is 100 by default; a longer path counts up to here. */
#define PATH_MAX_KEYS 32
#define PATH_SUBJECT_SIZE 128

/* What a peer showed, in one of three forms. */
struct evidence {
  const STACK_OF(X509) * chain; /* built by OpenSSL, from the peer's certificate upwards; or NULL */
  bool signatures_checked;      /* OpenSSL has checked every signature of `chain`, and nobody overrode it */

  X509 *peer;                 /* without `chain`: the peer's certificate; or NULL */
  STACK_OF(X509) * untrusted; /* what came with it; or NULL */
  X509_STORE *store;          /* where to look for issuers that did not come with it; or NULL */
  bool peer_alone;            /* no issuer is looked for: the path is the peer's own key */

  EVP_PKEY *raw_key; /* without either: a raw public key (RFC 7250); or NULL */
};

/* A path from the peer's own key up to as far as it has been proven. */
struct path {
  struct pin_path pin;      /* points into the members below */
  struct evidence evidence; /* with a chain where one could be put together */
  bool with_certificates;   /* they are hashed too */
  long subordinates;        /* CA certificates in it that are not self-issued (RFC 5280, 4.2.1.9) */
  struct pin_path_key keys[PATH_MAX_KEYS];
  X509 *certificates[PATH_MAX_KEYS];   /* borrowed from the evidence or from `built`; NULL for a raw key */
  X509_STORE_CTX *built;               /* holds the chain where none was given; owned */
  char (*subjects)[PATH_SUBJECT_SIZE]; /* where described; owned */
};

/*
 * Begins a path, still empty. Without a chain one is put together as OpenSSL would, whether or not it ends in
 * something trusted. Certificates are hashed too where told. To be given to path_clear.
 */
void path_begin(const struct libcrypto *crypto, const struct evidence *evidence, bool with_certificates,
                struct path *ret_path);

/*
 * Proves and hashes one more: the peer's own, then each certificate that is a CA certificate which may sign,
 * within its path length, and did sign the one below: the rules of RFC 5280, 6.1.4, as OpenSSL applies them
 * (X509_check_issued(3), X509_check_ca(3), X509_verify(3)). False: there is none, and the path is as long
 * as it can be; where one cannot be read it is empty again.
 */
bool path_extend(const struct libcrypto *crypto, struct path *path);

/* Adds the subjects, for a report. */
void path_describe(const struct libcrypto *crypto, struct path *path);

void path_clear(const struct libcrypto *crypto, struct path *path);

#endif
