/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Turns a session into a verdict: collects what is known of the peer, asks the policy, and logs the outcome.
 */
#ifndef PIN_GNUTLS_JUDGEMENT_H
#define PIN_GNUTLS_JUDGEMENT_H

#include "path.h"
#include "peer.h"

/* Everything that is known about a peer to be judged. All of it is borrowed. */
struct subject_matter {
  struct library *library;
  gnutls_session_t session;
  struct evidence evidence;
  const char *given[PEER_GIVEN]; /* names that the client gave; NULL: none */
  bool name_lost;                /* it gave one that could not be kept or read */
  bool is_media;                 /* its ClientHello offers keys for media (RFC 5764) */
  bool is_stored;                /* it is a stored session, about which only the evidence is known */
  bool leaves_now;               /* early data leaves with it, and nothing is checked again before that */
  bool quiet; /* only asks whether the session may be offered; a refusal is logged as a dropped session */
};

/* A verdict. */
struct judgement {
  bool allowed;
  bool covered; /* the policy had to look at the path */
};

/* Decides whether the policy allows the session, and logs what has to be logged. Leaves errno unchanged.
 * Any thread that may use the session. */
struct judgement judge(const struct subject_matter *matter);

#endif
