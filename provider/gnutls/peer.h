/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Who a session is about: asks the policy for every name the client used (common/question.h). */
#ifndef PIN_GNUTLS_PEER_H
#define PIN_GNUTLS_PEER_H

#include "common/question.h"
#include "path.h"

/* Names that a client gives: that of its ClientHello, that which it set for it, and the verified one. */
#define PEER_GIVEN 3

struct peer {
  const char *given[PEER_GIVEN]; /* borrowed; NULL: none */
  bool name_lost;                /* the client gave one that is not known here */
  enum question_stage stage;
  bool is_media;     /* as in struct question */
  struct path *path; /* whose first certificate may name hosts, too */
  int64_t now;       /* seconds since the epoch */
  int fd;            /* of the socket; -1: none, or the program's own transport */
  uint16_t port;     /* of the socket; 0: not known */
  struct asked_names names;
};

/* Whether its socket is for a stream that is not connected yet. */
bool peer_is_to_come(const struct library *library, gnutls_session_t session);

/* Fills the members from `now` on. To be given to peer_clear. */
void peer_look(struct library *library, gnutls_session_t session, struct peer *peer);

/*
 * pin_select for the names of the peer. Where a client gave no name of a host, what its socket says and, at
 * last, the names of the peer's certificate count, as in the provider for OpenSSL. May be called again, with
 * another policy.
 */
enum pin_needs peer_select(struct peer *peer, const struct pin_policy *policy,
                           struct pin_verdict *ret_verdict);

void peer_clear(struct peer *peer);

#endif
