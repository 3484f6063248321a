/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "peer.h"

#include <errno.h>
#include <string.h>

#include "certificate_names.h"
#include "common/clock.h"
#include "common/host_part.h"
#include "common/sockets.h"
#include "verified_name.h"

/* OpenSSL_version_num(3) of 4.0.0, where several addresses may be verified (openssl-internals N2). */
#define FIRST_WITH_SEVERAL_ADDRESSES 0x40000000UL

/* A question to the policy about the names of this peer. */
struct inquiry {
  struct question question;
  struct peer *peer;
};

/* ---- Names that the client gave ---- */

struct comparison {
  const char *text;
  bool found;
};

static bool compare_name(const char *name, void *arg) {
  struct comparison *comparison = arg;

  comparison->found = strcmp(name, comparison->text) == 0;
  return !comparison->found;
}

/* Whether the client also verifies this name, or sends it. */
static bool is_verified_too(const struct inquiry *inquiry, const char *name) {
  const struct peer_sources *sources = &inquiry->peer->sources;
  struct comparison comparison = {name, false};
  bool is_whole;

  if (inquiry->peer->server_name != NULL)
    (void)compare_name(inquiry->peer->server_name, &comparison);
  for (int i = 0; i < PEER_PARAMS && !comparison.found; i++) {
    X509_VERIFY_PARAM *param = sources->params[i];

    for (int number = 0; param != NULL && !comparison.found; number++) {
      if (!verified_name_visit(sources->crypto, param, number, NULL, compare_name, &comparison, &is_whole))
        break;
    }
  }
  return comparison.found;
}

/* Notes a name whose subdomains are accepted too. If there is no room, a pinned CA may not be satisfied
 * (vouch.c); nothing else depends on it. */
static void note_below(struct peer *peer, const char *name) {
  const char *kept = peer->below_count < PEER_BELOW ? question_keep(&peer->names, name) : NULL;

  if (kept != NULL)
    peer->below[peer->below_count++] = kept;
}

/*
 * Asks for a verified name with a leading dot, which stands for every subdomain of the name
 * (X509_check_host(3)). Postfix gives it together with the name itself. It is looked up as "*.name", which no
 * entry names literally, so that entries covering the subdomains decide. If the client does not also give the
 * name itself, the dotted name does not tell which host this is: returns false, and the name counts as a bad
 * one.
 */
static bool ask_any_subdomain(struct inquiry *inquiry, const char *name) {
  char any[PEER_NAME_SIZE + 1] = "*";

  if (*name != '.' || strlen(name) >= PEER_NAME_SIZE || !is_verified_too(inquiry, name + 1))
    return false;
  strcpy(any + 1, name);
  question_ask_passing(&inquiry->question, any, inquiry->question.port);
  note_below(inquiry->peer, name + 1);
  return true;
}

/* Whether the verified name is the one that the client sends, which is the usual case: the policy was
 * already asked for it. */
static bool is_server_name(const struct inquiry *inquiry, const char *name) {
  const char *server_name = inquiry->peer->server_name;

  return server_name != NULL && *name != '.' && strcmp(name, server_name) == 0;
}

static bool ask_verified(const char *name, void *arg) {
  struct inquiry *inquiry = arg;

  if (*name == '\0' || is_server_name(inquiry, name))
    return true;
  if (ask_any_subdomain(inquiry, name))
    inquiry->question.host_is_given = true;
  else {
    question_ask_passing(&inquiry->question, name, inquiry->question.port);
    question_consider_spelling(&inquiry->question, name);
  }
  return true;
}

static void ask_verified_names(struct inquiry *inquiry, X509_VERIFY_PARAM *param) {
  const struct peer *peer = inquiry->peer;
  bool is_whole;

  for (int number = 0;; number++) {
    const char *name = peer->sources.crypto->X509_VERIFY_PARAM_get0_host(param, number);

    /* The server name is passed as the likely text of the verified name. */
    if (name == NULL || !verified_name_visit(peer->sources.crypto, param, number, peer->server_name,
                                             ask_verified, inquiry, &is_whole))
      return;
    if (!is_whole)
      pin_select_refuse(inquiry->question.verdict, PIN_REASON_TOO_MUCH_TO_SEE);
  }
}

/* ---- Verified addresses ---- */

/* Reads the verified addresses. OpenSSL raises an error if there are none, which takes longer than a
 * lookup. So this is done only if a policy names addresses or nothing else is given. */
static void get_addresses(struct peer *peer) {
  const struct libcrypto *crypto = peer->sources.crypto;

  if (peer->asked_for_addresses)
    return;
  peer->asked_for_addresses = true;
  for (int i = 0; i < PEER_PARAMS; i++) {
    if (peer->sources.params[i] != NULL)
      peer->verified_addresses[i] = crypto->X509_VERIFY_PARAM_get1_ip_asc(peer->sources.params[i]);
  }
}

static bool verifies_address(struct peer *peer) {
  bool verifies = false;

  get_addresses(peer);
  for (int i = 0; i < PEER_PARAMS; i++)
    verifies = verifies || peer->verified_addresses[i] != NULL;
  return verifies;
}

static void ask_addresses(struct inquiry *inquiry) {
  struct peer *peer = inquiry->peer;
  struct socket_peer socket;

  get_addresses(peer);
  for (int i = 0; i < PEER_PARAMS; i++) {
    if (peer->verified_addresses[i] == NULL)
      continue;
    question_ask(&inquiry->question, peer->verified_addresses[i], inquiry->question.port);
    inquiry->question.host_is_given = true;
  }
  /* OpenSSL tells only the first of several addresses. If the program verifies addresses at all, the one
   * that will match is the socket's. */
  if (peer->verified_addresses[0] != NULL &&
      peer->sources.crypto->OpenSSL_version_num() >= FIRST_WITH_SEVERAL_ADDRESSES &&
      socket_peer_of(peer->fd, &socket))
    question_ask_passing(&inquiry->question, socket.address, inquiry->question.port);
}

/* ---- The host of a BIO that connects ---- */

/*
 * The host of a BIO that connects counts as a name that the client used. An address there is only the
 * socket's. If that BIO is below another TLS connection, its host is a proxy, which is left out if the client
 * gives a host, by name or address.
 */
static void ask_connect_name(struct inquiry *inquiry) {
  struct peer *peer = inquiry->peer;
  const char *name = peer->connect_name;

  if (name == NULL || host_part_is_address(name))
    return;
  if (peer->is_within_tls &&
      (inquiry->question.host_is_given || inquiry->question.given_addresses > 0 || verifies_address(peer)))
    return;
  question_ask_given(&inquiry->question, name);
}

/* ---- Names concluded from the certificate ---- */

/*
 * Asks for the names in the certificate. A wildcard name is looked up with the star as its first label. An
 * entry for one of the hosts that it stands for does not cover it, because the certificate may belong to
 * another of them.
 */
static void conclude_from_certificate(struct inquiry *inquiry) {
  const struct peer_sources *sources = &inquiry->peer->sources;
  const struct pin_policy *policy = inquiry->question.policy;

  /* If the socket is not connected yet, the certificate is a stored session's. The peer is judged again
   * when it has shown one. */
  if (sources->certificate == NULL || inquiry->peer->will_connect || policy->ignores_certificate_names ||
      policy->entry_count == 0)
    return;
  if (!certificate_names_visit(sources->crypto, sources->certificate, policy->names_addresses,
                               question_ask_concluded, &inquiry->question))
    pin_select_refuse(inquiry->question.verdict, PIN_REASON_TOO_MUCH_TO_SEE);
}

/* ---- The peer ---- */

/* Whether the client offers SRTP keys for media, as WebRTC does. Only datagrams have them (RFC 5764), so a
 * stream is not for media whatever the program set. */
static bool is_for_media(const struct peer *peer) {
  const struct libssl *libssl = peer->sources.libssl;
  SSL *ssl = peer->sources.ssl;

  return ssl != NULL && libssl->SSL_get_srtp_profiles != NULL && libssl->SSL_is_dtls != NULL &&
         libssl->SSL_is_dtls(ssl) == 1 && libssl->SSL_get_srtp_profiles(ssl) != NULL;
}

/* The host to which a BIO without a socket will connect; NULL: none. A BIO below another TLS connection
 * has connected already. */
static const char *opens_to(const struct peer *peer) {
  return peer->fd < 0 && !peer->is_within_tls ? peer->connect_name : NULL;
}

static void select_names(struct inquiry *inquiry) {
  struct peer *peer = inquiry->peer;
  bool concludes;

  question_begin(&inquiry->question, peer->now);
  /* Outside TLS there is no connection to a server, so rules for unlisted hosts do not apply. */
  if (peer->sources.ssl == NULL)
    inquiry->question.verdict->unlisted = PIN_UNLISTED_IGNORE;
  peer->below_count = 0;
  question_ask_given(&inquiry->question, peer->server_name);
  question_ask_given(&inquiry->question, peer->sources.checked_name);
  for (int i = 0; i < PEER_PARAMS; i++) {
    if (peer->sources.params[i] != NULL)
      ask_verified_names(inquiry, peer->sources.params[i]);
  }
  ask_connect_name(inquiry);
  if (inquiry->question.policy->names_addresses || !inquiry->question.host_is_given)
    ask_addresses(inquiry);
  concludes = !inquiry->question.host_is_given && peer->sources.ssl != NULL;
  inquiry->question.is_media = concludes && is_for_media(peer);
  if (concludes)
    question_conclude_from_sockets(&inquiry->question);
  /* The client used the session's name earlier, but the name does not tell where this connection goes. */
  if (peer->session_name != NULL)
    question_ask(&inquiry->question, peer->session_name, inquiry->question.port);
  if (concludes && inquiry->question.verdict->count == 0 &&
      inquiry->question.verdict->reason == PIN_REASON_UNDECIDED)
    conclude_from_certificate(inquiry);
}

enum pin_needs peer_select(struct peer *peer, const struct pin_policy *policy,
                           struct pin_verdict *ret_verdict) {
  struct inquiry inquiry = {.question = {.policy = policy,
                                         .verdict = ret_verdict,
                                         .names = &peer->names,
                                         .fd = peer->fd,
                                         .opens_to = opens_to(peer),
                                         .port = peer->port,
                                         .stage = peer->sources.stage},
                            .peer = peer};
  uint16_t port;

  select_names(&inquiry);
  port = question_seek_port(&inquiry.question);
  if (port != 0) {
    inquiry.question.port = port;
    select_names(&inquiry);
  }
  return pin_select_end(ret_verdict);
}

static void look_at_connection(struct peer *peer) {
  const struct libcrypto *crypto = peer->sources.crypto;
  const struct libssl *libssl = peer->sources.libssl;
  const char *sent = peer->sources.sent_name, *told;
  struct socket_peer socket;
  BIO *connecting, *outer;

  told = libssl->SSL_get_servername(peer->sources.ssl, TLSEXT_NAMETYPE_host_name);
  peer->server_name = sent != NULL ? sent : told;
  if (sent != NULL && *sent == '\0') {
    peer->session_name = told;
    peer->server_name = NULL;
  }
  peer->fd = libssl->SSL_get_rfd(peer->sources.ssl);
  if (socket_peer_of(peer->fd, &socket))
    peer->port = socket.port;
  else
    /* A datagram socket need never be connected, so this means "not yet" only before the handshake. */
    peer->will_connect = peer->fd >= 0 && errno == ENOTCONN && libssl->SSL_in_before(peer->sources.ssl) == 1;
  connecting = crypto->BIO_find_type(libssl->SSL_get_rbio(peer->sources.ssl), BIO_TYPE_CONNECT);
  if (connecting == NULL)
    return;
  outer = crypto->BIO_find_type(libssl->SSL_get_rbio(peer->sources.ssl), BIO_TYPE_SSL);
  peer->is_within_tls = outer != NULL && crypto->BIO_find_type(outer, BIO_TYPE_CONNECT) == connecting;
  if (crypto->BIO_ctrl(connecting, BIO_C_GET_CONNECT, 0, (void *)&peer->connect_name) <= 0)
    peer->connect_name = NULL;
  if (peer->port == 0) {
    const char *service = NULL;

    if (crypto->BIO_ctrl(connecting, BIO_C_GET_CONNECT, 1, (void *)&service) > 0 && service != NULL)
      peer->port = host_part_port(service);
  }
}

void peer_begin(const struct peer_sources *sources, struct peer *ret_peer) {
  memset(ret_peer, 0, sizeof *ret_peer - sizeof ret_peer->names.first);
  ret_peer->sources = *sources;
  ret_peer->now = clock_seconds();
  ret_peer->fd = -1;
  if (sources->ssl != NULL)
    look_at_connection(ret_peer);
  ret_peer->is_named = ret_peer->server_name != NULL || sources->checked_name != NULL;
  for (int i = 0; i < PEER_PARAMS && !ret_peer->is_named; i++)
    ret_peer->is_named = sources->params[i] != NULL &&
                         sources->crypto->X509_VERIFY_PARAM_get0_host(sources->params[i], 0) != NULL;
  ret_peer->is_named = ret_peer->is_named || verifies_address(ret_peer);
}

void peer_clear(struct peer *peer) {
  for (int i = 0; i < PEER_PARAMS; i++) {
    if (peer->verified_addresses[i] != NULL)
      peer->sources.crypto->CRYPTO_free(peer->verified_addresses[i], NULL, 0);
    peer->verified_addresses[i] = NULL;
  }
  question_forget(&peer->names);
}
