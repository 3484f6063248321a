/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What one TLS handshake shows, taken down from inside OpenSSL. Used by probe.c. */
#ifndef PINCTL_PROBE_CAPTURE_H
#define PINCTL_PROBE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "probe/probe.h"

struct capture {
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
  unsigned char sct_logs[PROBE_MOST_SCTS][32];
  size_t sct_count;
  const struct probe_offer *offer; /* set beforehand; NULL: the default */
  struct probe_answer answer;
};

/*
 * Prepares a context so that its first handshake is taken down in *capture, which must outlive it. The
 * handshake goes on with any chain, key size and version: what is weak is to be seen, not avoided. Returns
 * false when that could not be arranged, or the linked OpenSSL has nothing of what is to be offered.
 */
bool capture_arm(SSL_CTX *context, struct capture *capture);
void capture_clear(struct capture *capture);

#endif
