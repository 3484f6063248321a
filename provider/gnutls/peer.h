/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Finds out who the peer of a session is, and asks the policy for every name that the client used. Called
 * by judgement.c; the questions themselves are in common/question.h. */
#ifndef PIN_GNUTLS_PEER_H
#define PIN_GNUTLS_PEER_H

#include "common/question.h"
#include "path.h"

/* How many names a client gives: that in its ClientHello, the one that it set for it, and the one to
 * verify. */
#define PEER_GIVEN 3

/* A peer, and the names that lead to it. */
struct peer {
  const char *given[PEER_GIVEN]; /* borrowed; NULL: none */
  bool name_lost;                /* the client gave a name that could not be kept or read */
  enum question_stage stage;
  bool is_media;            /* see struct question */
  struct path *path;        /* its first certificate may name hosts too; borrowed */
  int64_t now;              /* seconds since the epoch */
  int fd;                   /* the socket; -1: none, or a transport of the program's own */
  uint16_t port;            /* of the socket; 0: not known */
  struct asked_names names; /* holds the names that findings point to */
};

/* Whether the session's socket is a stream that is not connected yet. */
bool peer_is_to_come(const struct library *library, gnutls_session_t session);

/* Fills the members from `now` on. The caller passes *peer to peer_clear. */
void peer_look(struct library *library, gnutls_session_t session, struct peer *peer);

/*
 * Calls pin_select for the names of the peer. If the client gave no name of a host, what its socket tells is
 * used, and last the names in the peer's certificate, as in the provider for OpenSSL. Returns what
 * pin_select_end returns. May be called again with another policy.
 */
enum pin_needs peer_select(struct peer *peer, const struct pin_policy *policy,
                           struct pin_verdict *ret_verdict);

/* Frees what the peer owns. */
void peer_clear(struct peer *peer);

#endif
