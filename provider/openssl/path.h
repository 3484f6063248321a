/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The proven path of a verification: the certificates that really signed one another, and their digests. */
#ifndef PIN_PATH_H
#define PIN_PATH_H

#include "openssl.h"
#include "pinpolicy.h"

/* OpenSSL's own limit on the depth of a chain is 100 by default; a longer path is cut here. */
#define PATH_MAX_KEYS 32
#define PATH_SUBJECT_SIZE 128
/* So many of the certificates that a peer sent along are tried as issuers. */
#define PATH_MAX_SENT 100

/* What a peer showed, in one of three forms. */
struct evidence {
  /*
   * Certificates in order, from the peer's upwards, or NULL; and whether OpenSSL has checked every signature
   * of theirs, and nobody overrode it.
   */
  const STACK_OF(X509) * chain;
  bool signatures_checked;

  /* The peer's certificate, where there is no chain; and, for both, where to look for further issuers. */
  X509 *peer;                 /* or NULL */
  STACK_OF(X509) * untrusted; /* what came with it; or NULL */
  X509_STORE *store;          /* what the program trusts; or NULL */
  bool peer_alone;            /* no issuer is looked for: the path is cut above the peer's own key */
  bool without_store; /* what the program trusts is not known: where no issuer is found, the path is cut */

  bool told;      /* a verdict about this peer is in the log: one that refuses nothing is not told again */
  bool will_tell; /* the verification under way knows the host, and will tell its verdict */

  EVP_PKEY *raw_key; /* without either: a raw public key (RFC 7250); or NULL */
};

/* A path from the peer's own key up to as far as it has been proven. */
struct path {
  struct pin_path pin; /* points into the members below */
  struct evidence evidence;
  bool with_certificates; /* they are hashed too */
  long subordinates;      /* CA certificates in it that are not self-issued (RFC 5280, 4.2.1.9) */
  long work;              /* what may still be spent on checking signatures, in units of path.c */
  bool blind;             /* the store cannot be searched */
  size_t permitted;       /* of so many of the first keys every CA permits what is below; 0: nobody asked */
  enum pin_reason permission; /* of the next one: PIN_REASON_MATCHED where it was not looked at */
  struct pin_path_key keys[PATH_MAX_KEYS];
  X509 *certificates[PATH_MAX_KEYS]; /* borrowed from the evidence, or found; NULL for a raw key */
  X509 *found[PATH_MAX_KEYS];        /* those that came out of the store; owned */
  size_t found_count;
  X509_STORE_CTX *lookup;              /* into the store; owned; NULL: not needed yet */
  char (*subjects)[PATH_SUBJECT_SIZE]; /* where described; owned */
};

/* Makes an empty path, which shows nothing and need not be cleared. */
void path_init(struct path *ret_path);

/* Begins a path that is empty. Certificates are hashed too where told. To be given to path_clear. */
void path_begin(const struct evidence *evidence, bool with_certificates, struct path *path);

/*
 * Proves and hashes one more: the peer's own, then each certificate that is a CA certificate which may sign,
 * within its path length, and did sign the one below: the rules of RFC 5280, 6.1.4, as OpenSSL applies them
 * (X509_check_issued(3), X509_check_ca(3), X509_verify(3)). Where the chain ends, or there is none, an issuer
 * is looked for as OpenSSL would, first among what the program trusts and then among what was sent. No
 * callback of the program's is called; a lookup method that it added to its store is
 * (X509_LOOKUP_meth_new(3)). False: there is none, and the path is as long as it can be; where one cannot be
 * read it is empty again. path->pin.cut then says that it goes on, or may: what is above is behind one of the
 * limits on keys, sent certificates and work.
 */
bool path_extend(const struct libcrypto *crypto, struct path *path);

/*
 * Whether every CA of the path, up to this depth, may speak for TLS servers (RFC 5280, 4.2.1.12) with the
 * names of all certificates below it (4.2.1.10), by OpenSSL's own functions for that. What was seen is not
 * looked at again. PIN_REASON_MATCHED; else PIN_REASON_NOT_A_SERVER or PIN_REASON_WRONG_NAME.
 */
enum pin_reason path_permission(const struct libcrypto *crypto, struct path *path, size_t highest);

/*
 * For a session, when the path has come to its end. Where nobody asked the above, of which the names take
 * time, only a path without any constraints on them is noted as permitted.
 */
void path_note_permission(const struct libcrypto *crypto, struct path *path);

/* Adds the subjects, for a report. */
void path_describe(const struct libcrypto *crypto, struct path *path);

void path_clear(const struct libcrypto *crypto, struct path *path);

/* The digest of a certificate as a whole. False: no memory, and an error is in the queue. */
bool path_hash_certificate(const struct libcrypto *crypto, const X509 *certificate,
                           struct pin_digest *ret_digest);

#endif
