/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Whether a peer's certificate is one that a pinned CA may be trusted with. From a CA anybody may get a
 * certificate, for a name of his own: what it says is checked here, as far as OpenSSL has not done it.
 */
#ifndef PIN_VOUCH_H
#define PIN_VOUCH_H

#include "openssl.h"
#include "path.h"
#include "peer.h"
#include "pinpolicy.h"

/* Lasts as long as what it points to. */
struct voucher {
  const struct libcrypto *crypto;
  X509 *certificate;         /* the peer's; NULL: it showed a raw key */
  const unsigned char *kept; /* what a session keeps of this certificate (kept_path.h); or NULL */
  size_t kept_size;
  X509_VERIFY_PARAM *verified; /* with what OpenSSL itself accepted it, and nobody overrode that; or NULL */
  const struct peer *peer;
  struct path *path;
  const struct pin_verdict *verdict;         /* whose findings are asked about */
  enum pin_reason answers[PIN_MAX_FINDINGS]; /* private: PIN_REASON_UNDECIDED in the beginning */
};

/* A name for which the certificate was seen to speak, to whoever asks; NULL: nobody asked. */
const char *vouched_name(const struct voucher *voucher);

/* A pin_vouch_fn; arg is the voucher. */
enum pin_reason vouch(void *arg, const struct pin_finding *finding, size_t depth);

#endif
