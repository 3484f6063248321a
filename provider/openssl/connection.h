/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Follows a client's connection (SSL) from its handshake on. Makes a refusal hold whatever the program
 * answers, and judges handshakes that verify no certificate: resumed sessions, and cipher suites without
 * certificates. OpenSSL calls these functions through hooks.c and info_callback.c.
 */
#ifndef PIN_CONNECTION_H
#define PIN_CONNECTION_H

#include <string.h>

#include "common/text.h"
#include "hook.h"
#include "judgement.h"

/* Takes the verdict about the peer of this client's connection, while libssl is still in its verification.
 * On a refusal makes the verification fail. If allowed, moves judgement->proven into the session. */
void connection_judged(struct hook *hook, SSL *ssl, struct judgement *judgement);

/* CRYPTO_EX_new callback of SSL_CTX. */
void connection_context_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);

/* CRYPTO_EX_dup and CRYPTO_EX_free callbacks of SSL. */
int connection_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int index, long argl,
                   void *argp);
void connection_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);

/* Called for each SSL_SECOP_VERSION of SSL_CTX_set_security_callback(3). libssl asks this at the start of
 * every handshake, when the program can no longer change the connection before it, and many times later. */
void connection_begins(struct hook *hook, SSL *ssl);

/* The info callback that libssl will call at the next event; NULL: none. */
static inline info_fn *connection_next_info(const struct libssl *libssl, const SSL *ssl) {
  info_fn *info = libssl->SSL_get_info_callback(ssl);

  return info != NULL ? info : libssl->SSL_CTX_get_info_callback(libssl->SSL_get_SSL_CTX(ssl));
}

/* Whether connection_begins() has nothing to do, which is the usual case: libssl asks up to 21 times a
 * handshake. False also if that cannot be seen cheaply. */
static inline bool connection_has_begun(const struct hook *hook, const SSL *ssl) {
  const struct libssl *libssl = openssl_ssl_bound(&hook->openssl);
  info_fn *info = libssl != NULL ? connection_next_info(libssl, ssl) : NULL;

  return info != NULL && info == atomic_load_explicit(&hook->plain_info, memory_order_relaxed);
}

/* The slow part of connection_info, for events that matter. */
void connection_event(struct hook *hook, const SSL *ssl, int where);

/* Whether ServerHelloDone or the server's Finished was read (openssl-internals H7). */
static inline bool connection_is_servers_end(const char *state) {
  return text_begins(state, "TRSD") || text_begins(state, "TRFIN");
}

static inline bool connection_has_read_servers_end(const struct libssl *libssl, const SSL *ssl) {
  return connection_is_servers_end(libssl->SSL_state_string(ssl));
}

/* Whether the ClientHello was written and no answer has been read (openssl-internals H12). */
static inline bool connection_is_hello_sent(const char *state) {
  return text_begins(state, "TWCH");
}

/* The host name of the session that will be offered; NULL: no session, or the session has no name. */
static inline const char *connection_sessions_name(const struct libssl *libssl, const SSL *ssl) {
  SSL_SESSION *session = libssl->SSL_get_session(ssl);

  return session != NULL && libssl->SSL_SESSION_get0_hostname != NULL
             ? libssl->SSL_SESSION_get0_hostname(session)
             : NULL;
}

/*
 * As soon as the ClientHello is written: whether the client sent a name other than the session's, or no name.
 * If the server resumes the session, SSL_get_servername(3) later returns the session's name (up to TLS 1.2).
 */
static inline bool connection_sent_other_name(const struct libssl *libssl, const SSL *ssl) {
  const char *name = connection_sessions_name(libssl, ssl);
  const char *sent = name != NULL ? libssl->SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) : NULL;

  return name != NULL && (sent == NULL || strcmp(sent, name) != 0);
}

/* Before the handshake: whether the client sets no name, so that libssl reports the session's name instead
 * (openssl-internals H13). */
static inline bool connection_tells_sessions_name(const struct libssl *libssl, const SSL *ssl) {
  const char *name = connection_sessions_name(libssl, ssl);

  return name != NULL && libssl->SSL_in_before(ssl) == 1 &&
         libssl->SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == name;
}

/* Whether this step of a client's handshake has to be looked at, if no connection was refused so far. */
static inline bool connection_step_matters(const struct libssl *libssl, const SSL *ssl) {
  const char *state = libssl->SSL_state_string(ssl);

  if (state[0] != 'T')
    return false;
  if (state[1] == 'R')
    return connection_is_servers_end(state);
  return connection_is_hello_sent(state) && connection_sent_other_name(libssl, ssl);
}

/* libssl passes const connections to callbacks, but its functions take them without const. */
static inline SSL *connection_unconst(const SSL *ssl) {
  SSL *mutable;

  memcpy(&mutable, &ssl, sizeof ssl);
  return mutable;
}

/* A server's handshake has begun: from now on libssl calls its own security callback directly. */
static inline void connection_leave_server(const struct hook *hook, const struct libssl *libssl,
                                           const SSL *ssl) {
  security_fn *original = atomic_load_explicit(&hook->original_security, memory_order_relaxed);

  if (libssl->SSL_get_security_callback(ssl) == hook->functions.security)
    libssl->SSL_set_security_callback(connection_unconst(ssl), original);
}

/* Handles an event of a server. When a call of the program's ends, our security callback goes back in,
 * because the program may use the connection as a client next. */
static inline void connection_of_server(const struct hook *hook, const struct libssl *libssl, const SSL *ssl,
                                        int where) {
  security_fn *original = atomic_load_explicit(&hook->original_security, memory_order_relaxed);

  if (where == SSL_CB_HANDSHAKE_START)
    connection_leave_server(hook, libssl, ssl);
  else if (where == SSL_CB_ACCEPT_EXIT && libssl->SSL_get_security_callback(ssl) == original)
    libssl->SSL_set_security_callback(connection_unconst(ssl), hook->functions.security);
}

/*
 * Most events do not matter. A server's matter at the start of a handshake, and when a call of the program's
 * ends. As long as no connection was refused, a client's step matters only if the server's part is over, or
 * the client did not send the session's name.
 */
static inline bool connection_event_matters(const struct hook *hook, const struct libssl *libssl,
                                            const SSL *ssl, int where) {
  if (where != SSL_CB_CONNECT_LOOP)
    return where == SSL_CB_HANDSHAKE_START || where == SSL_CB_HANDSHAKE_DONE || where == SSL_CB_ACCEPT_EXIT;
  return atomic_load_explicit(&hook->has_refused, memory_order_relaxed) ||
         connection_step_matters(libssl, ssl);
}

/* Called for each event of SSL_CTX_set_info_callback(3), before the program's own callback. */
static inline void connection_info(struct hook *hook, const SSL *ssl, int where) {
  const struct libssl *libssl = openssl_ssl_bound(&hook->openssl);

  if (where == SSL_CB_ACCEPT_LOOP)
    return;
  if (libssl == NULL || connection_event_matters(hook, libssl, ssl, where))
    connection_event(hook, ssl, where);
}

/* Calls an info callback of the program's, but not if that callback is already running. Then looks again
 * at what the program may have changed. */
void connection_tell(struct hook *hook, const SSL *ssl, info_fn *program, int where, int ret);

/* The body of hook->functions.any_info: does what connection_info does, then calls the program's callback. */
void connection_any_info(struct hook *hook, const SSL *ssl, int where, int ret);

#endif
