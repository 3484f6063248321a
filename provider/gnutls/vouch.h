/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Whether a peer's certificate is one that a pinned CA may be trusted with. From a CA anybody may get a
 * certificate, for a name of his own. What GnuTLS verified nobody is told, so all of it is looked at here.
 */
#ifndef PIN_GNUTLS_VOUCH_H
#define PIN_GNUTLS_VOUCH_H

#include "path.h"
#include "pinpolicy.h"

/* Lasts as long as what it points to. */
struct voucher {
  const struct library *library;
  gnutls_x509_crt_t
      certificate; /* private: the peer's; NULL: it showed a raw key, or none that can be read */
  struct path *path;
  int64_t now;
  const struct pin_verdict *verdict;         /* whose findings are asked about */
  enum pin_reason answers[PIN_MAX_FINDINGS]; /* private: PIN_REASON_UNDECIDED in the beginning */
};

/* A pin_vouch_fn; arg is the voucher. */
enum pin_reason vouch(void *arg, const struct pin_finding *finding, size_t depth);

#endif
