/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Remembers the question that was asked when a session was offered to the server, so that it need not be
 * asked again at the end of the handshake. Checking that nothing has changed costs a tenth of asking. Only
 * the plain case is remembered: a connected socket, and exactly one host name, which was sent. In any other
 * case the question is asked again.
 */
#ifndef PIN_OFFER_H
#define PIN_OFFER_H

#include "hook.h"
#include "judgement.h"

#define OFFER_NAME_SIZE 96

/* A question that the policy answered with yes. */
struct offer {
  /* We hold a reference, so that no other session can get its address. NULL: nothing is remembered. */
  SSL_SESSION *session;
  uint64_t generation;       /* generation of the policy that allowed it */
  int64_t seconds;           /* time of that answer, in seconds since the epoch */
  const unsigned char *kept; /* the path that the session keeps; its address is only compared */
  size_t kept_size;
  uint16_t port;              /* of the socket, never 0 */
  char name[OFFER_NAME_SIZE]; /* the host name that was sent */
};

/* Remembers the question that was just answered, if the answer was yes and this is the plain case.
 * Otherwise *ret_offer remembers nothing. Replaces what it remembered before. */
void offer_note(struct hook *hook, SSL *ssl, SSL_SESSION *session, const struct judgement *judgement,
                struct offer *ret_offer);

/* Whether the question would get the same answer now, which was yes. False: something has changed, or
 * nothing is remembered. */
bool offer_holds(struct hook *hook, SSL *ssl, SSL_SESSION *session, const struct offer *offer);

/* Forgets the question and gives up the reference. Does nothing if nothing is remembered. */
void offer_clear(struct hook *hook, struct offer *offer);

#endif
