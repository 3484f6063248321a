/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Checks what a peer's certificate says before a pinned CA may be trusted for it. Anybody can get a
 * certificate from a CA, but only for a name of his own. GnuTLS does not tell what it verified, so
 * everything is checked here.
 */
#ifndef PIN_GNUTLS_VOUCH_H
#define PIN_GNUTLS_VOUCH_H

#include "path.h"
#include "pinpolicy.h"

/* A peer and what is known of its certificate. All of it is borrowed and must outlive the voucher. */
struct voucher {
  const struct library *library;
  /* Private: the peer's; NULL: it showed a raw key, or one that cannot be read. */
  gnutls_x509_crt_t certificate;
  struct path *path;
  int64_t now;                               /* seconds since the epoch */
  const struct pin_verdict *verdict;         /* its findings are asked about */
  enum pin_reason answers[PIN_MAX_FINDINGS]; /* private; starts as PIN_REASON_UNDECIDED */
};

/* A pin_vouch_fn; arg is the voucher. PIN_REASON_MATCHED, or why the certificate is not valid for the
 * finding. */
enum pin_reason vouch(void *arg, const struct pin_finding *finding, size_t depth);

#endif
