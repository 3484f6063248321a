/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "peer.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/clock.h"
#include "common/sockets.h"

/* A certificate with more names than this is not read. */
#define CERTIFICATE_NAMES_MAX 10000
/* Longer texts are not host names (RFC 1035, 2.3.4). */
#define NAME_SIZE 256
/* A program gives GnuTLS a descriptor for its transport, or a pointer of its own. Smaller values are
 * descriptors. */
#define MAX_DESCRIPTOR 0x100000

/* ---- Names of the certificate ---- */

/* Asks for an alternative name. Returns whether it is a host name. */
static bool ask_alternative(struct question *question, int type, char *value, size_t size) {
  char text[INET6_ADDRSTRLEN];

  if (type == GNUTLS_SAN_DNSNAME) {
    value[size < NAME_SIZE ? size : NAME_SIZE - 1] = '\0';
    if (*value != '\0')
      (void)question_ask_concluded(value, question);
    return true;
  }
  if (type == GNUTLS_SAN_IPADDRESS && question->policy->names_addresses && (size == 4 || size == 16) &&
      inet_ntop(size == 4 ? AF_INET : AF_INET6, value, text, sizeof text) != NULL)
    (void)question_ask_concluded(text, question);
  return false;
}

/* False: there are too many. A name that cannot be read is skipped, since no program could match it
 * either. */
static bool ask_alternatives(struct question *question, const struct library *library,
                             gnutls_x509_crt_t certificate, bool *ret_names_host) {
  char value[NAME_SIZE];

  *ret_names_host = false;
  for (unsigned i = 0; i < CERTIFICATE_NAMES_MAX; i++) {
    size_t size = sizeof value;
    int type = library->gnutls_x509_crt_get_subject_alt_name(certificate, i, value, &size, NULL);

    if (type == GNUTLS_E_SHORT_MEMORY_BUFFER)
      continue;
    if (type < 0)
      return true;
    if (ask_alternative(question, type, value, size))
      *ret_names_host = true;
  }
  return false;
}

/* Does the same for common names. */
static bool ask_common_names(struct question *question, const struct library *library,
                             gnutls_x509_crt_t certificate) {
  char value[NAME_SIZE];

  for (unsigned i = 0; i < CERTIFICATE_NAMES_MAX; i++) {
    size_t size = sizeof value;
    int result =
        library->gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, i, 0, value, &size);

    if (result == GNUTLS_E_SHORT_MEMORY_BUFFER)
      continue;
    if (result < 0)
      return true;
    value[NAME_SIZE - 1] = '\0';
    if (*value != '\0')
      (void)question_ask_concluded(value, question);
  }
  return false;
}

static void conclude_from_certificate(struct question *question, struct path *path) {
  const struct pin_policy *policy = question->policy;
  gnutls_x509_crt_t certificate;
  bool names_host;

  if (policy->ignores_certificate_names || policy->entry_count == 0)
    return;
  certificate = path_peer(path);
  if (certificate == NULL)
    return;
  if (!ask_alternatives(question, path->library, certificate, &names_host) ||
      (!names_host && !ask_common_names(question, path->library, certificate)))
    pin_select_refuse(question->verdict, PIN_REASON_TOO_MUCH_TO_SEE);
}

/* ---- The peer ---- */

static bool is_repeated(const struct peer *peer, int index) {
  for (int i = 0; i < index; i++) {
    if (peer->given[i] != NULL && strcmp(peer->given[i], peer->given[index]) == 0)
      return true;
  }
  return false;
}

static void select_names(struct peer *peer, struct question *question) {
  question_begin(question, peer->now);
  for (int i = 0; i < PEER_GIVEN; i++) {
    if (peer->given[i] != NULL && !is_repeated(peer, i))
      question_ask_given(question, peer->given[i]);
  }
  if (peer->name_lost && (question->policy->names_hosts || question->policy->names_addresses))
    pin_select_refuse(question->verdict, PIN_REASON_TOO_MUCH_TO_SEE);
  if (question->host_is_given)
    return;
  question_conclude_from_sockets(question);
  if (question->verdict->count == 0 && question->verdict->reason == PIN_REASON_UNDECIDED)
    conclude_from_certificate(question, peer->path);
}

enum pin_needs peer_select(struct peer *peer, const struct pin_policy *policy,
                           struct pin_verdict *ret_verdict) {
  struct question question = {.policy = policy,
                              .verdict = ret_verdict,
                              .names = &peer->names,
                              .fd = peer->fd,
                              .port = peer->port,
                              .stage = peer->stage,
                              .is_media = peer->is_media};
  uint16_t port;

  select_names(peer, &question);
  port = question_seek_port(&question);
  if (port != 0) {
    question.port = port;
    select_names(peer, &question);
  }
  return pin_select_end(ret_verdict);
}

/* -1: none, or a transport of the program's own. */
static int descriptor_of(const struct library *library, gnutls_session_t session) {
  uintptr_t transport = (uintptr_t)library->gnutls_transport_get_ptr(session);

  return transport < MAX_DESCRIPTOR ? (int)transport : -1;
}

bool peer_is_to_come(const struct library *library, gnutls_session_t session) {
  return socket_is_unconnected_stream(descriptor_of(library, session));
}

void peer_look(struct library *library, gnutls_session_t session, struct peer *peer) {
  struct socket_peer socket;

  peer->now = clock_seconds();
  peer->fd = descriptor_of(library, session);
  peer->port = 0;
  peer->names.kept = NULL;
  if (peer->fd < 0)
    return;
  if (socket_peer_of(peer->fd, &socket))
    peer->port = socket.port;
}

void peer_clear(struct peer *peer) {
  question_forget(&peer->names);
}
