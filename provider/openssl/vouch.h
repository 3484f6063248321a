/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Checks what a peer's certificate says before a pinned CA may be trusted for it, as far as OpenSSL has not
 * done so. Anybody can get a certificate from a CA, but only for a name of his own.
 */
#ifndef PIN_VOUCH_H
#define PIN_VOUCH_H

#include "openssl.h"
#include "path.h"
#include "peer.h"
#include "pinpolicy.h"

/* A peer's certificate and what is known of it. All of it is borrowed and must outlive the voucher. */
struct voucher {
  const struct libcrypto *crypto;
  X509 *certificate;         /* the peer's; NULL: it showed a raw key */
  const unsigned char *kept; /* the path that a session keeps of this certificate (kept_path.h); NULL: none */
  size_t kept_size;          /* of `kept`, in bytes */
  /* OpenSSL accepted the certificate with these, and no callback overrode that; NULL: not so. */
  X509_VERIFY_PARAM *verified;
  const struct peer *peer;
  struct path *path;
  const struct pin_verdict *verdict;         /* its findings are asked about */
  enum pin_reason answers[PIN_MAX_FINDINGS]; /* private; starts as PIN_REASON_UNDECIDED */
};

/* A name for which the certificate was found valid, whichever client asks; NULL: none is known. */
const char *vouched_name(const struct voucher *voucher);

/* A pin_vouch_fn; arg is the voucher. PIN_REASON_MATCHED, or why the certificate is not valid for the
 * finding. */
enum pin_reason vouch(void *arg, const struct pin_finding *finding, size_t depth);

#endif
