/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The proven path of a server: the certificates that really signed one another, and their digests. GnuTLS
 * tells nobody which path it verified, so every signature is checked here, and only as far as the policy has
 * to look.
 */
#ifndef PIN_GNUTLS_PATH_H
#define PIN_GNUTLS_PATH_H

#include "der.h"
#include "library.h"
#include "pinpolicy.h"

/* A longer path is cut here. */
#define PATH_MAX_KEYS 32
/* So many of the certificates that a peer sent are looked at. */
#define PATH_MAX_SENT 100
#define PATH_SUBJECT_SIZE 128

/* What a peer showed. */
struct evidence {
  const gnutls_datum_t *certificates; /* as sent, in any order behind the peer's own; or one raw key */
  unsigned count;
  bool is_raw_key; /* (RFC 7250) */
};

/* A certificate of the path. */
struct link {
  gnutls_x509_crt_t certificate; /* NULL: a raw key, or the peer's own that was not read yet */
  struct slice der;
  bool is_found; /* among what is trusted: certificate and bytes are the path's */
};

struct path {
  struct pin_path pin; /* points into the members below */
  struct library *library;
  gnutls_session_t session; /* whose credentials say what the program trusts */
  struct evidence evidence;
  bool with_certificates; /* they are hashed too */
  long subordinates;      /* CA certificates in it that are not self-issued (RFC 5280, 4.2.1.9) */
  int64_t work;           /* what may still be spent on checking signatures */
  struct pin_path_key keys[PATH_MAX_KEYS];
  struct link links[PATH_MAX_KEYS];
  size_t link_count;                     /* of those that path_clear gives back */
  gnutls_x509_crt_t sent[PATH_MAX_SENT]; /* read when they are looked at; owned */
  char (*subjects)[PATH_SUBJECT_SIZE];   /* where described; owned */
};

/* Makes a path of no keys. To be given to path_clear. */
void path_begin(struct library *library, gnutls_session_t session, const struct evidence *evidence,
                struct path *ret_path);

/* The peer's own certificate; NULL: it showed none, or none that can be read. */
gnutls_x509_crt_t path_peer(struct path *path);

/*
 * Proves and hashes one more: the peer's own key, then each CA certificate that may sign, within its path
 * length, and did sign the one below. An issuer is looked for among what the credentials trust, what the peer
 * sent, and at last what the system trusts. False: there is none; path->pin.cut then says that it goes on, or
 * may.
 */
bool path_extend(struct path *path);

/*
 * Whether every CA of the path, up to this depth, may speak for TLS servers (RFC 5280, 4.2.1.12) with
 * the names of hosts of all certificates below it (4.2.1.10), by GnuTLS' own functions for that, and is
 * understood (understood.h).
 * PIN_REASON_MATCHED; else PIN_REASON_NOT_A_SERVER or PIN_REASON_WRONG_NAME.
 */
enum pin_reason path_permission(const struct path *path, size_t highest);

/* Adds the subjects, for a report. */
void path_describe(struct path *path);

void path_clear(struct path *path);

#endif
