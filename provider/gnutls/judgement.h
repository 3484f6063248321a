/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* From a session to a verdict: gathers the peer, asks the policy, and has the outcome logged. */
#ifndef PIN_GNUTLS_JUDGEMENT_H
#define PIN_GNUTLS_JUDGEMENT_H

#include "path.h"
#include "peer.h"

/* What is to be judged. */
struct subject_matter {
  struct library *library;
  gnutls_session_t session;
  struct evidence evidence;
  const char *given[PEER_GIVEN]; /* names that the client gave; NULL: none */
  bool name_lost;                /* it gave one that is not known here */
  bool is_media;                 /* its ClientHello offers keys for media (RFC 5764) */
  bool is_stored;  /* it is a session of before, of which nobody can say more than the evidence */
  bool leaves_now; /* with it early data, at which nobody looks again */
  bool quiet;      /* only ask whether such a session may be offered; a refusal is logged as what it is */
};

struct judgement {
  bool allowed;
  bool covered; /* the policy had to look at the path */
};

/* Whether the policy lets the session go on. Leaves errno as it was. */
struct judgement judge(const struct subject_matter *matter);

#endif
