/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Builds the proven path of a server: the certificates that really signed one another, and their digests.
 * GnuTLS does not tell which path it verified, so every signature is checked here, but only as far as the
 * policy has to look.
 */
#ifndef PIN_GNUTLS_PATH_H
#define PIN_GNUTLS_PATH_H

#include "der.h"
#include "library.h"
#include "pinpolicy.h"

/* A longer path than this is cut. */
#define PATH_MAX_KEYS 32
/* How many of the certificates that a peer sent are looked at. */
#define PATH_MAX_SENT 100
#define PATH_SUBJECT_SIZE 128

/* What a peer showed. All of it is borrowed. */
struct evidence {
  const gnutls_datum_t *certificates; /* the peer's own first, the others in any order; or one raw key */
  unsigned count;
  bool is_raw_key; /* a raw public key (RFC 7250) */
};

/* A certificate of the path. */
struct link {
  gnutls_x509_crt_t certificate; /* NULL: a raw key, or the peer's certificate before it is read */
  struct slice der;              /* its bytes */
  bool is_found;                 /* it came from what is trusted, so the path owns certificate and bytes */
};

/* A path from the peer's own key upwards, as far as it is proven. */
struct path {
  struct pin_path pin; /* what policy/ sees; points into the members below */
  struct library *library;
  gnutls_session_t session; /* its credentials say what the program trusts */
  struct evidence evidence;
  bool with_certificates; /* certificates are hashed too */
  long subordinates;      /* number of CA certificates in it that are not self-issued (RFC 5280, 4.2.1.9) */
  int64_t work;           /* how much may still be spent on checking signatures; for the unit see path.c */
  struct pin_path_key keys[PATH_MAX_KEYS];
  struct link links[PATH_MAX_KEYS];
  size_t link_count; /* how many links path_clear has to free */
  /* Certificates that were sent, read when first looked at; owned; NULL: not read. */
  gnutls_x509_crt_t sent[PATH_MAX_SENT];
  char (*subjects)[PATH_SUBJECT_SIZE]; /* one for each key; owned; NULL: path_describe was not called */
};

/* Makes a path without keys. The caller passes it to path_clear. */
void path_begin(struct library *library, gnutls_session_t session, const struct evidence *evidence,
                struct path *ret_path);

/* The peer's own certificate, owned by the path; NULL: it showed none, or one that cannot be read. */
gnutls_x509_crt_t path_peer(struct path *path);

/*
 * Proves and hashes one more key: first the peer's own, then that of each issuer. An issuer must be a CA
 * certificate that may sign, keep to its path length, and have signed the certificate below. It is looked for
 * among what the credentials trust, then what the peer sent, and last what the system trusts. Returns false
 * if there is none; if path->pin.cut is set then, the path goes on or may go on. If a key cannot be read,
 * returns false and empties the path.
 */
bool path_extend(struct path *path);

/*
 * Whether every CA of the path up to depth `highest` may issue certificates for TLS servers (RFC 5280,
 * 4.2.1.12) with the host names of all certificates below it (4.2.1.10), by GnuTLS' own functions, and has no
 * unknown critical extension (understood.h). Returns PIN_REASON_MATCHED, or else PIN_REASON_NOT_A_SERVER or
 * PIN_REASON_WRONG_NAME.
 */
enum pin_reason path_permission(const struct path *path, size_t highest);

/* Adds the certificates' subjects, for a report. Without memory the path stays without them. */
void path_describe(struct path *path);

/* Frees what the path owns. */
void path_clear(struct path *path);

#endif
