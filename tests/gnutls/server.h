/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The server of a connection of kit.h, and the functions that its client uses too. */
#ifndef GNUTLS_SERVER_H
#define GNUTLS_SERVER_H

#include "kit.h"

#define MEDIA_KEYS "SRTP_AES128_CM_HMAC_SHA1_80"

struct server {
  const struct setup *setup;
  int socket;
  int listener; /* accepts the server's socket; -1: the socket exists */
  gnutls_session_t session;
  struct result *result;
};

extern const gnutls_datum_t shared_key;

/* Fails the test if result is an error. */
void check(int result, const char *what);

/* The priorities of either side. */
const char *priority(const struct setup *setup);

/* Does the whole handshake, despite interruptions. */
int handshake(gnutls_session_t session);

/* Makes what all servers of the process share. */
void server_keys_begin(void);

/* Fills server->session, for gnutls_deinit. */
void server_begin(struct server *server);

/* A thread that answers the client of struct server *arg until the client has gone. */
void *serve(void *arg);

#endif
