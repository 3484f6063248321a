/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Records what one TLS handshake shows, by callbacks of OpenSSL. */
#ifndef PINCTL_PROBE_CAPTURE_H
#define PINCTL_PROBE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "base/must_use.h"
#include "probe/probe.h"

struct capture {
  SSL_CTX *context; /* the last one that was armed; a counted reference */
  X509 *certificates[PROBE_MOST_CERTIFICATES];
  size_t count;
  size_t shown; /* certificates in the message, of which only PROBE_MOST_CERTIFICATES are kept */
  bool seen;    /* the server's certificates have arrived */
  bool completed;
  char version[16];
  char cipher[64];
  bool staple;
  unsigned char *staple_bytes; /* the OCSP response; only with an offer; for OPENSSL_free */
  size_t staple_length;
  struct probe_scts scts;
  unsigned messages;               /* handshake messages from the server, also after the handshake */
  bool flooded;                    /* there were too many, and nothing more was read */
  bool alerted;                    /* an alert was sent or received */
  bool unaskable;                  /* this OpenSSL cannot make the offer */
  const struct probe_offer *offer; /* set by the caller before arming; NULL: the default */
  struct probe_answer answer;
};

/*
 * Prepares a context so that its first handshake is recorded in *capture. A context that outlives
 * capture_clear records nothing more. The handshake accepts any chain, key size and version, since weak
 * servers are to be seen. Returns false if that failed, or if the linked OpenSSL has nothing of what is to be
 * offered.
 */
MUST_USE bool capture_arm(SSL_CTX *context, struct capture *capture);
void capture_clear(struct capture *capture);

/* Set the groups and signature algorithms of a ClientHello, as SSL_CTX_set1_groups_list(3) and
 * SSL_CTX_set1_sigalgs_list(3) take them. False: OpenSSL does not know all that is listed. */
MUST_USE bool offer_groups(SSL_CTX *context, const char *list);
MUST_USE bool offer_signatures(SSL_CTX *context, const char *list);

#endif
