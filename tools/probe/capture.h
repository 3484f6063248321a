/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What one TLS handshake shows, taken down from inside OpenSSL. */
#ifndef PINCTL_PROBE_CAPTURE_H
#define PINCTL_PROBE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "base/must_use.h"
#include "probe/probe.h"

struct capture {
  SSL_CTX *context; /* the last that was armed; counted */
  X509 *certificates[PROBE_MOST_CERTIFICATES];
  size_t count;
  size_t shown;
  bool seen; /* the server's certificates have arrived */
  bool completed;
  char version[16];
  char cipher[64];
  bool staple;
  unsigned char *staple_bytes; /* it, where there is an offer; for OPENSSL_free */
  size_t staple_length;
  struct probe_scts scts;
  unsigned messages;               /* of the handshake, from the server; also behind its end */
  bool flooded;                    /* they had no end, and nothing more was read */
  bool alerted;                    /* an alert came or went; with an offer or suites */
  bool unaskable;                  /* this OpenSSL cannot make the offer */
  const struct probe_offer *offer; /* set beforehand; NULL: the default */
  struct probe_answer answer;
};

/*
 * Prepares a context so that its first handshake is taken down in *capture. A context that outlives
 * capture_clear writes nothing more. The handshake goes on with any chain, key size and version: what is weak
 * is to be seen, not avoided. Returns false when that could not be arranged, or the linked OpenSSL has
 * nothing of what is to be offered.
 */
MUST_USE bool capture_arm(SSL_CTX *context, struct capture *capture);
void capture_clear(struct capture *capture);

/* Lists for a ClientHello. OpenSSL's macros for them take text that is not const,
 * though nobody writes to it. */

/* As of SSL_CTX_set1_groups_list(3) and SSL_CTX_set1_sigalgs_list(3): whether OpenSSL knows all that is
 * listed. */
MUST_USE bool offer_groups(SSL_CTX *context, const char *list);
MUST_USE bool offer_signatures(SSL_CTX *context, const char *list);

#endif
