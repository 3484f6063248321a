/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Builds the proven path of a peer: the certificates that really signed one another, and the digests of
 * their keys. */
#ifndef PIN_PATH_H
#define PIN_PATH_H

#include "openssl.h"
#include "pinpolicy.h"

/* OpenSSL limits the depth of a chain to 100 by default; a longer path than this is cut. */
#define PATH_MAX_KEYS 32
#define PATH_SUBJECT_SIZE 128
/* How many of the certificates that a peer sent are tried as issuers. */
#define PATH_MAX_SENT 100

/* What a peer showed: a chain, or a certificate, or a raw key. All of it is borrowed. */
struct evidence {
  /* The certificates in order, from the peer's upwards; NULL: no chain. signatures_checked: OpenSSL has
   * checked every signature of the chain, and no callback overrode the result. */
  const STACK_OF(X509) * chain;
  bool signatures_checked;

  /* The peer's certificate, used if there is no chain; NULL: none. */
  X509 *peer;
  /* Where issuers above the chain or the certificate are looked for. */
  STACK_OF(X509) * untrusted; /* what the peer sent; NULL: nothing */
  X509_STORE *store;          /* what the program trusts; NULL: not searched */
  bool peer_alone;            /* look for no issuer: the path is cut above the peer's own key */
  bool without_store; /* what the program trusts is not known: if no issuer is found, the path is cut */

  bool told;      /* a verdict about this peer was logged: do not log it again unless it refuses */
  bool will_tell; /* the running verification knows the host, and will log its verdict */

  EVP_PKEY *raw_key; /* a raw public key (RFC 7250), if there is no certificate; NULL: none */
};

/* A path from the peer's own key upwards, as far as it is proven. */
struct path {
  struct pin_path pin; /* what policy/ sees; points into the members below */
  struct evidence evidence;
  bool with_certificates; /* certificates are hashed too */
  long subordinates;      /* number of CA certificates in it that are not self-issued (RFC 5280, 4.2.1.9) */
  long work;              /* how much may still be spent on checking signatures; for the unit see path.c */
  bool blind;             /* the store cannot be searched */
  /* For so many of the first keys, every CA permits the certificates below it; 0: not checked yet. */
  size_t permitted;
  enum pin_reason permission; /* result for the next key; PIN_REASON_MATCHED: not checked yet */
  struct pin_path_key keys[PATH_MAX_KEYS];
  X509 *certificates[PATH_MAX_KEYS]; /* borrowed, from the evidence or `found`; NULL for a raw key */
  X509 *found[PATH_MAX_KEYS];        /* certificates that came out of the store; owned */
  size_t found_count;
  X509_STORE_CTX *lookup;              /* a context for searching the store; owned; NULL: not needed yet */
  char (*subjects)[PATH_SUBJECT_SIZE]; /* one for each key; owned; NULL: path_describe was not called */
};

/* Makes an empty path that holds no memory, so it need not be cleared. */
void path_init(struct path *ret_path);

/* Sets what the path is built from, after path_init. with_certificates: hash certificates too. Proves
 * nothing yet. The caller passes the path to path_clear. */
void path_begin(const struct evidence *evidence, bool with_certificates, struct path *path);

/*
 * Proves and hashes one more key: first the peer's own, then that of each issuer. An issuer must be a CA
 * certificate that may sign, keep to its path length, and have signed the certificate below: the rules of RFC
 * 5280, 6.1.4, as OpenSSL applies them (X509_check_issued(3), X509_check_ca(3), X509_verify(3)).
 *
 * Where the chain ends, or there is none, an issuer is looked for as OpenSSL would: first among what the
 * program trusts, then among what was sent. No callback of the program's is called, except a lookup method
 * that it added to its store (X509_LOOKUP_meth_new(3)).
 *
 * Returns false if there is no further issuer: the path is as long as it can be. If path->pin.cut is set
 * then, the path goes on or may go on, behind one of the limits on keys, sent certificates and work. If a key
 * cannot be read, returns false and empties the path.
 */
bool path_extend(const struct libcrypto *crypto, struct path *path);

/*
 * Whether every CA of the path up to depth `highest` may issue certificates for TLS servers (RFC 5280,
 * 4.2.1.12) with the names of all certificates below it (4.2.1.10), by OpenSSL's own functions. Results are
 * kept in the path, so nothing is checked twice. Returns PIN_REASON_MATCHED, or else PIN_REASON_NOT_A_SERVER
 * or PIN_REASON_WRONG_NAME.
 */
enum pin_reason path_permission(const struct libcrypto *crypto, struct path *path, size_t highest);

/*
 * Completes path->permitted before the path goes into a session. If path_permission was called before, checks
 * the rest of the path. If not, it only notes a path without name constraints as permitted, because checking
 * names takes time.
 */
void path_note_permission(const struct libcrypto *crypto, struct path *path);

/* Adds the certificates' subjects, for a report. Without memory the path stays without them. */
void path_describe(const struct libcrypto *crypto, struct path *path);

/* Frees what the path owns; certificates of the evidence stay. */
void path_clear(const struct libcrypto *crypto, struct path *path);

/* Computes the digest of a whole certificate. False: no memory, and an error is in the queue. */
bool path_hash_certificate(const struct libcrypto *crypto, const X509 *certificate,
                           struct pin_digest *ret_digest);

#endif
