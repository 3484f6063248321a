/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "offer.h"

#include <string.h>

#include "common/clock.h"
#include "common/host_part.h"
#include "common/policy_store.h"
#include "common/sockets.h"
#include "connection.h"
#include "session.h"

/* Seconds in which no date is checked again. */
#define LASTS 5

/* OpenSSL_version_num(3) of 4.0.0, whose verified names may lack a terminator (openssl-internals N1). */
#define FIRST_WITH_BUFFERS 0x40000000UL

/* Whether the parameters verify no name, or this one only. */
static bool verify_no_other(const struct libcrypto *crypto, X509_VERIFY_PARAM *param, const char *name) {
  const char *host = param != NULL ? crypto->X509_VERIFY_PARAM_get0_host(param, 0) : NULL;

  return host == NULL || (strcmp(host, name) == 0 && crypto->X509_VERIFY_PARAM_get0_host(param, 1) == NULL);
}

/* The only name by which the client names its host; NULL: it has none, or there may be others. */
static const char *plain_name(struct hook *hook, SSL *ssl) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  const char *name = libssl->SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  X509_STORE *store = libssl->SSL_CTX_get_cert_store(libssl->SSL_get_SSL_CTX(ssl));

  if (name == NULL || connection_tells_sessions_name(libssl, ssl) || host_part_is_localhost(name) ||
      crypto->OpenSSL_version_num() >= FIRST_WITH_BUFFERS ||
      !verify_no_other(crypto, libssl->SSL_get0_param(ssl), name) ||
      (store != NULL && !verify_no_other(crypto, crypto->X509_STORE_get0_param(store), name)) ||
      crypto->BIO_find_type(libssl->SSL_get_rbio(ssl), BIO_TYPE_CONNECT) != NULL)
    return NULL;
  return name;
}

/* The port of the connected socket; 0: the socket is not known or not connected. */
static uint16_t port_of(struct hook *hook, SSL *ssl) {
  struct socket_peer socket;

  return socket_peer_of(openssl_ssl(&hook->openssl)->SSL_get_rfd(ssl), &socket) ? socket.port : 0;
}

void offer_note(struct hook *hook, SSL *ssl, SSL_SESSION *session, const struct judgement *judgement,
                struct offer *ret_offer) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  const char *name = judgement->is_plain ? plain_name(hook, ssl) : NULL;
  size_t size = name != NULL ? strlen(name) + 1 : 0;
  uint16_t port = size > 0 && size <= sizeof ret_offer->name ? port_of(hook, ssl) : 0;

  offer_clear(hook, ret_offer);
  /* A raw key belongs to the connection and not to the session, so a session without a certificate is not
   * noted. */
  if (port == 0 || !host_part_is_name(name) || host_part_is_address(name) ||
      libssl->SSL_SESSION_get0_peer(session) == NULL || libssl->SSL_SESSION_up_ref(session) != 1)
    return;
  ret_offer->session = session;
  ret_offer->generation = judgement->generation;
  ret_offer->seconds = clock_seconds();
  ret_offer->kept = session_kept(hook, session, &ret_offer->kept_size);
  ret_offer->port = port;
  memcpy(ret_offer->name, name, size);
}

static bool is_in_force(uint64_t generation) {
  const struct pin_policy *policy = policy_acquire();
  bool same = policy != NULL && policy->generation == generation;

  policy_release(policy);
  return same;
}

bool offer_holds(struct hook *hook, SSL *ssl, SSL_SESSION *session, const struct offer *offer) {
  int64_t passed = clock_seconds() - offer->seconds;
  const char *name;
  size_t kept_size = 0;

  if (offer->session == NULL || offer->session != session || passed < 0 || passed > LASTS)
    return false;
  name = plain_name(hook, ssl);
  return name != NULL && strcmp(name, offer->name) == 0 && port_of(hook, ssl) == offer->port &&
         session_kept(hook, session, &kept_size) == offer->kept && kept_size == offer->kept_size &&
         is_in_force(offer->generation);
}

void offer_clear(struct hook *hook, struct offer *offer) {
  if (offer->session != NULL)
    openssl_ssl(&hook->openssl)->SSL_SESSION_free(offer->session);
  offer->session = NULL;
}
