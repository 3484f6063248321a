/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What was asked about a session when it was offered to the server, so that the same question need not be
 * asked a second time at the end of the handshake: whether everything that the answer rested on is still the
 * same is seen at a tenth of the cost. Only the plain case is remembered, one name of a host that was sent
 * and nothing beside it that could name another, on a connected socket; in every other the question is asked
 * again.
 */
#ifndef PIN_OFFER_H
#define PIN_OFFER_H

#include "hook.h"
#include "judgement.h"

#define OFFER_NAME_SIZE 96

struct offer {
  SSL_SESSION *session; /* a reference of ours, so that no other can come to its address; NULL: nothing is
                           remembered */
  uint64_t generation;  /* of the policy that allowed it */
  int64_t seconds;      /* since the epoch, when it did */
  const unsigned char *kept; /* the path that the session keeps; only compared */
  size_t kept_size;
  uint16_t port; /* of the socket */
  char name[OFFER_NAME_SIZE];
};

/* Remembers what the policy was asked just now, if it allowed it and that was the plain case. */
void offer_note(struct hook *hook, SSL *ssl, SSL_SESSION *session, const struct judgement *judgement,
                struct offer *ret_offer);

/* Whether the same question about this session has the answer that it had: it is allowed. */
bool offer_holds(struct hook *hook, SSL *ssl, SSL_SESSION *session, const struct offer *offer);

/* Forgets it. */
void offer_clear(struct hook *hook, struct offer *offer);

#endif
