/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * SSL: a client's connection from its handshake on. Makes a refusal hold whatever the program answers, and
 * judges handshakes that verify nothing: resumed sessions, suites without certificates.
 */
#ifndef PIN_CONNECTION_H
#define PIN_CONNECTION_H

#include <string.h>

#include "common/text.h"
#include "hook.h"
#include "judgement.h"

/* The peer of this client's connection was judged; libssl is still in the middle of its verification. Takes
 * over what the session is to keep of it. */
void connection_judged(struct hook *hook, SSL *ssl, struct judgement *judgement);

/* CRYPTO_EX_new callback of SSL_CTX. */
void connection_context_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);

/* CRYPTO_EX_dup and CRYPTO_EX_free callbacks of SSL. */
int connection_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int index, long argl,
                   void *argp);
void connection_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp);

/*
 * Called for each SSL_SECOP_VERSION of SSL_CTX_set_security_callback(3). libssl asks it at the start of every
 * handshake, when the connection is complete and the program has had its last say.
 */
void connection_begins(struct hook *hook, SSL *ssl);

/* What libssl calls at the next event. */
static inline info_fn *connection_next_info(const struct libssl *libssl, const SSL *ssl) {
  info_fn *info = libssl->SSL_get_info_callback(ssl);

  return info != NULL ? info : libssl->SSL_CTX_get_info_callback(libssl->SSL_get_SSL_CTX(ssl));
}

/*
 * Whether connection_begins() has nothing to do, as mostly: it is asked for up to 21 times a handshake. False
 * where that is not to be seen at once.
 */
static inline bool connection_has_begun(const struct hook *hook, const SSL *ssl) {
  const struct libssl *libssl = openssl_ssl_bound(&hook->openssl);
  info_fn *info = libssl != NULL ? connection_next_info(libssl, ssl) : NULL;

  return info != NULL && info == atomic_load_explicit(&hook->plain_info, memory_order_relaxed);
}

/* What connection_info does where there is something to be done. */
void connection_event(struct hook *hook, const SSL *ssl, int where);

/* Server done, or finished, was read (openssl-internals H7). */
static inline bool connection_is_servers_end(const char *state) {
  return text_begins(state, "TRSD") || text_begins(state, "TRFIN");
}

static inline bool connection_has_read_servers_end(const struct libssl *libssl, const SSL *ssl) {
  return connection_is_servers_end(libssl->SSL_state_string(ssl));
}

/* The ClientHello was written, and nothing of its answer has been read (openssl-internals H12). */
static inline bool connection_is_hello_sent(const char *state) {
  return text_begins(state, "TWCH");
}

/* The name for which the session to be offered was made; NULL: none, or there is no session. */
static inline const char *connection_sessions_name(const struct libssl *libssl, const SSL *ssl) {
  SSL_SESSION *session = libssl->SSL_get_session(ssl);

  return session != NULL && libssl->SSL_SESSION_get0_hostname != NULL
             ? libssl->SSL_SESSION_get0_hostname(session)
             : NULL;
}

/* As soon as the ClientHello was written: whether another name was sent than that of the session, or none.
 * Once the server resumes it, libssl tells up to TLS 1.2 the session's (SSL_get_servername(3)). */
static inline bool connection_sent_other_name(const struct libssl *libssl, const SSL *ssl) {
  const char *name = connection_sessions_name(libssl, ssl);
  const char *sent = name != NULL ? libssl->SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) : NULL;

  return name != NULL && (sent == NULL || strcmp(sent, name) != 0);
}

/* Before the handshake: whether the client gives no name, and libssl tells that of the session in its place
 * (openssl-internals H13). */
static inline bool connection_tells_sessions_name(const struct libssl *libssl, const SSL *ssl) {
  const char *name = connection_sessions_name(libssl, ssl);

  return name != NULL && libssl->SSL_in_before(ssl) == 1 &&
         libssl->SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == name;
}

static inline bool connection_step_matters(const struct libssl *libssl, const SSL *ssl) {
  const char *state = libssl->SSL_state_string(ssl);

  if (state[0] != 'T')
    return false;
  if (state[1] == 'R')
    return connection_is_servers_end(state);
  return connection_is_hello_sent(state) && connection_sent_other_name(libssl, ssl);
}

/* libssl hands its own connection out as const, but its functions for it want it without. */
static inline SSL *connection_unconst(const SSL *ssl) {
  SSL *mutable;

  memcpy(&mutable, &ssl, sizeof ssl);
  return mutable;
}

/* A server's handshake has begun: its questions go straight to libssl's own callback from now on. */
static inline void connection_leave_server(const struct hook *hook, const struct libssl *libssl,
                                           const SSL *ssl) {
  security_fn *original = atomic_load_explicit(&hook->original_security, memory_order_relaxed);

  if (libssl->SSL_get_security_callback(ssl) == hook->functions.security)
    libssl->SSL_set_security_callback(connection_unconst(ssl), original);
}

/* An event of a server's. The program goes on after a call, and may use the connection as a client next. */
static inline void connection_of_server(const struct hook *hook, const struct libssl *libssl, const SSL *ssl,
                                        int where) {
  security_fn *original = atomic_load_explicit(&hook->original_security, memory_order_relaxed);

  if (where == SSL_CB_HANDSHAKE_START)
    connection_leave_server(hook, libssl, ssl);
  else if (where == SSL_CB_ACCEPT_EXIT && libssl->SSL_get_security_callback(ssl) == original)
    libssl->SSL_set_security_callback(connection_unconst(ssl), hook->functions.security);
}

/*
 * Most events mean nothing to us, and of a server's only the first does, and when the program goes on after a
 * call. As long as no connection was refused, a step of a client does only where the server's part is over,
 * or another name was sent than that of the session, or none.
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

/* Calls an info callback of the program's, unless it is the one that is running. */
void connection_tell(struct hook *hook, const SSL *ssl, info_fn *program, int where, int ret);

/* hook->functions.any_info: the same as connection_info, and calls the program's. */
void connection_any_info(struct hook *hook, const SSL *ssl, int where, int ret);

#endif
