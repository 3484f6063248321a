/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certificate_names.h"
#include "common/host_part.h"
#include "common/sockets.h"
#include "host_name.h"
#include "verified_name.h"

/* OpenSSL_version_num(3) of 4.0.0, where several may be verified (openssl-internals N2). */
#define FIRST_WITH_SEVERAL_ADDRESSES 0x40000000UL

/* A name that an entry covers and that lives nowhere else. */
struct kept_name {
  struct kept_name *next;
  char text[];
};

/* What is known of a question while the policy is asked for the names of a peer. */
struct question {
  struct peer *peer;
  const struct pin_policy *policy;
  struct pin_verdict *verdict;
  uint16_t port;      /* of the connection; 0: not known */
  bool host_is_given; /* nothing need be concluded */
  int number;         /* of the verified name that is looked at */
  const X509_VERIFY_PARAM *param;
};

static _Atomic(const struct pinning_seen *) seen_by_shim;

void peer_use_seen(const struct pinning_seen *seen) {
  atomic_store(&seen_by_shim, seen);
}

/* ---- Asking ---- */

/* A copy that lasts as long as the peer; NULL: no memory. */
static const char *keep(struct peer *peer, const char *name) {
  size_t size = strlen(name) + 1;
  struct kept_name *kept = malloc(sizeof *kept + size);

  if (kept == NULL)
    return NULL;
  memcpy(kept->text, name, size);
  kept->next = peer->kept;
  peer->kept = kept;
  return kept->text;
}

/* For a name that lasts as long as the sources. */
static void ask(struct question *question, const char *name, uint16_t port) {
  if (question->verdict->name == NULL)
    question->verdict->name = name;
  (void)pin_select_name(question->verdict, name, port);
}

/* For a name that is gone afterwards. Findings get a copy; without memory the name of their entry, and then
 * no CA's word is taken for them. */
static void ask_passing(struct question *question, const char *name, uint16_t port) {
  struct pin_verdict *verdict = question->verdict;
  struct peer *peer = question->peer;
  size_t before = verdict->count, further = verdict->further_count;
  const char *kept;

  if (verdict->name == NULL && strlen(name) < sizeof peer->first_name)
    verdict->name = strcpy(peer->first_name, name);
  if (pin_select_name(verdict, name, port) == PIN_SELECTED_NOTHING)
    return;
  kept = before < verdict->count || further < verdict->further_count ? keep(peer, name) : name;
  verdict->names_lost = verdict->names_lost || kept == NULL;
  for (size_t i = before; i < verdict->count; i++)
    verdict->findings[i].name = kept != NULL ? kept : verdict->findings[i].entry.name;
  for (size_t i = further; i < verdict->further_count; i++)
    verdict->further[i].name =
        kept != NULL ? kept : verdict->findings[verdict->further[i].finding].entry.name;
}

/* ---- Names that are more than a host's ---- */

/* A port that a name brings along is the port; another one of the socket's stands beside it. */
static void ask_host_part(struct question *question, const struct host_part *part) {
  if (part->port != 0)
    ask_passing(question, part->text, part->port);
  if (part->port == 0 || (question->port != 0 && question->port != part->port))
    ask_passing(question, part->text, question->port);
}

/*
 * A name that is no host's counts as none, so that what can be concluded is asked for too; the host in it is
 * looked up all the same, so that no spelling steps round a pin.
 */
static void consider_spelling(struct question *question, const char *name) {
  struct host_part part;

  if (host_part_is_name(name) || host_part_is_address(name)) {
    question->host_is_given = true;
    return;
  }
  if (!host_part_read(name, &part) || strcmp(part.text, name) == 0)
    return;
  ask_host_part(question, &part);
  if (part.is_all && (host_part_is_name(part.text) || host_part_is_address(part.text)))
    question->host_is_given = true;
}

/* ---- Names that the client gave ---- */

static void ask_given(struct question *question, const char *name) {
  if (name == NULL || *name == '\0')
    return;
  ask(question, name, question->port);
  consider_spelling(question, name);
}

struct comparison {
  const char *text;
  bool found;
};

static bool compare_name(const char *name, void *arg) {
  struct comparison *comparison = arg;

  comparison->found = strcmp(name, comparison->text) == 0;
  return !comparison->found;
}

/* Whether the client verifies this name too, or sends it. */
static bool is_verified_too(const struct question *question, const char *name) {
  const struct peer_sources *sources = &question->peer->sources;
  struct comparison comparison = {name, false};
  bool is_whole;

  if (question->peer->server_name != NULL)
    (void)compare_name(question->peer->server_name, &comparison);
  for (int i = 0; i < PEER_PARAMS && !comparison.found; i++) {
    X509_VERIFY_PARAM *param = sources->params[i];

    for (int number = 0; param != NULL && !comparison.found; number++) {
      if (!verified_name_visit(sources->crypto, param, number, NULL, compare_name, &comparison, &is_whole))
        break;
    }
  }
  return comparison.found;
}

/* Only what may satisfy a pinned CA is lost where there is no room (vouch.c). */
static void note_below(struct peer *peer, const char *name) {
  const char *kept = peer->below_count < PEER_BELOW ? keep(peer, name) : NULL;

  if (kept != NULL)
    peer->below[peer->below_count++] = kept;
}

/*
 * A verified name with a dot in front means every subdomain of it (X509_check_host(3)). Postfix gives it
 * beside the name itself. It is looked up as a label that no entry spells, so that whatever covers the
 * subdomains decides about it. Alone it tells nobody which host this is, and stays a bad name.
 */
static bool ask_any_subdomain(struct question *question, const char *name) {
  char any[PEER_NAME_SIZE + 1] = "*";

  if (*name != '.' || strlen(name) >= PEER_NAME_SIZE || !is_verified_too(question, name + 1))
    return false;
  strcpy(any + 1, name);
  ask_passing(question, any, question->port);
  note_below(question->peer, name + 1);
  return true;
}

/* Mostly the client verifies the very name that it sends: that was asked for, and says nothing else now. */
static bool is_server_name(const struct question *question, const char *name) {
  const char *server_name = question->peer->server_name;

  return server_name != NULL && *name != '.' && strcmp(name, server_name) == 0;
}

static bool ask_verified(const char *name, void *arg) {
  struct question *question = arg;

  if (*name == '\0' || is_server_name(question, name))
    return true;
  if (ask_any_subdomain(question, name))
    question->host_is_given = true;
  else {
    ask_passing(question, name, question->port);
    consider_spelling(question, name);
  }
  return true;
}

static void ask_verified_names(struct question *question, X509_VERIFY_PARAM *param) {
  const struct peer *peer = question->peer;
  bool is_whole;

  for (int number = 0;; number++) {
    const char *name = peer->sources.crypto->X509_VERIFY_PARAM_get0_host(param, number);

    /* The server name is mostly the verified name. */
    if (name == NULL || !verified_name_visit(peer->sources.crypto, param, number, peer->server_name,
                                             ask_verified, question, &is_whole))
      return;
    if (!is_whole)
      pin_select_refuse(question->verdict, PIN_REASON_TOO_MUCH_TO_SEE);
  }
}

/* The host of a BIO that connects is a name that the client used; an address there is only the socket's. */
static void ask_connect_name(struct question *question) {
  const char *name = question->peer->connect_name;

  if (name != NULL && !host_part_is_address(name))
    ask_given(question, name);
}

/* ---- Verified addresses ---- */

/* OpenSSL raises an error where there is none, which takes longer than a lookup: only where a policy names
 * addresses, or nothing else is given, do they decide anything. */
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

static void ask_addresses(struct question *question) {
  struct peer *peer = question->peer;
  struct socket_peer socket;

  get_addresses(peer);
  for (int i = 0; i < PEER_PARAMS; i++) {
    if (peer->verified_addresses[i] == NULL)
      continue;
    ask(question, peer->verified_addresses[i], question->port);
    question->host_is_given = true;
  }
  /* The one of several that it will come to, where a program verifies addresses at all, is the socket's. */
  if (peer->verified_addresses[0] != NULL &&
      peer->sources.crypto->OpenSSL_version_num() >= FIRST_WITH_SEVERAL_ADDRESSES &&
      socket_peer_of(peer->fd, &socket))
    ask_passing(question, socket.address, question->port);
}

/* ---- Names concluded from sockets ---- */

/* Of so many addresses it is remembered that nothing covers them: a crowd mostly comes from a few. */
#define SEEN_ADDRESSES 64

struct seen_address {
  int family; /* 0: none */
  uint8_t bytes[sizeof(struct in6_addr)];
};

/* A search among all sockets. */
struct search {
  struct question *question;
  const struct pinning_seen *seen; /* NULL: nobody saw any name */
  const struct socket_peer *peer;  /* the socket being looked at */
  bool covered;                    /* something of it is */
  uint16_t port;                   /* found for the names that lack one; 0: none yet */
  bool ambiguous;
  struct listening_ports listening;
  struct seen_address uncovered[SEEN_ADDRESSES]; /* at any port */
};

static bool ask_resolved(const char *name, void *arg) {
  const struct search *search = arg;

  ask_passing(search->question, name, search->peer->port);
  return true;
}

/* Visits the names that were resolved to the address of the socket, where an entry can cover one. */
static void visit_resolved(struct search *search, pinning_visit_name_fn *visit) {
  if (search->seen != NULL && search->question->policy->names_hosts &&
      !search->seen->names_of(search->peer->family, search->peer->bytes, visit, search))
    pin_select_refuse(search->question->verdict, PIN_REASON_TOO_MUCH_TO_SEE);
}

static void ask_socket(struct search *search) {
  if (search->question->policy->names_addresses)
    ask_passing(search->question, search->peer->address, search->peer->port);
  visit_resolved(search, ask_resolved);
}

static bool covers(const struct search *search, const char *name, uint16_t port) {
  return pin_covers(search->question->policy, name, port) != PIN_SELECTED_NOTHING;
}

static bool note_covered(const char *name, void *arg) {
  struct search *search = arg;

  search->covered = covers(search, name, search->peer->port);
  return !search->covered;
}

/* Whether a name that was resolved is covered, whatever its port: else no address can lead to one. */
static bool covers_any_port(const char *name, void *arg) {
  return pin_covers(arg, name, 0) != PIN_SELECTED_NOTHING;
}

static bool note_covered_at_any_port(const char *name, void *arg) {
  struct search *search = arg;

  search->covered = covers(search, name, 0);
  return !search->covered;
}

/* Where an address is remembered. */
static struct seen_address *place_of(struct search *search, const struct socket_peer *peer) {
  size_t size = peer->family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
  unsigned hash = 0;

  for (size_t i = 0; i < size; i++)
    hash = 31 * hash + peer->bytes[i];
  return &search->uncovered[hash % SEEN_ADDRESSES];
}

/* Whether nothing covers the address of the socket, at whatever port. */
static bool is_uncovered(struct search *search) {
  const struct socket_peer *peer = search->peer;
  struct seen_address *place = place_of(search, peer);
  size_t size = peer->family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);

  if (place->family == peer->family && memcmp(place->bytes, peer->bytes, size) == 0)
    return true;
  search->covered = search->question->policy->names_addresses && covers(search, peer->address, 0);
  if (!search->covered)
    visit_resolved(search, note_covered_at_any_port);
  if (search->covered)
    return false;
  place->family = peer->family;
  memcpy(place->bytes, peer->bytes, size);
  return true;
}

static bool consider_socket(int fd, const struct socket_peer *peer, void *arg) {
  struct search *search = arg;
  const struct pin_policy *policy = search->question->policy;

  search->peer = peer;
  if (is_uncovered(search))
    return search->question->verdict->reason == PIN_REASON_UNDECIDED;
  search->covered = policy->names_addresses && covers(search, peer->address, peer->port);
  if (!search->covered)
    visit_resolved(search, note_covered);
  /* Who connects to us is no host that we talk to. */
  if (search->covered && !socket_was_accepted(&search->listening, fd, peer->port))
    ask_socket(search);
  return search->question->verdict->reason == PIN_REASON_UNDECIDED;
}

static void conclude_from_all_sockets(struct question *question) {
  const struct pin_policy *policy = question->policy;
  struct search search = {.question = question, .seen = atomic_load(&seen_by_shim)};

  if (search.seen != NULL && policy->names_hosts &&
      !search.seen->any_name(policy->generation, covers_any_port, (void *)(uintptr_t)policy))
    search.seen = NULL;
  if (!policy->names_addresses && search.seen == NULL)
    return;
  if (!sockets_visit(consider_socket, &search))
    pin_select_refuse(question->verdict, PIN_REASON_TOO_MUCH_TO_SEE);
  free(search.listening.ports);
}

static void conclude_from_sockets(struct question *question) {
  struct socket_peer peer;
  struct search search = {.question = question, .seen = atomic_load(&seen_by_shim), .peer = &peer};

  if (!socket_peer_of(question->peer->fd, &peer)) {
    conclude_from_all_sockets(question);
    return;
  }
  /* The address is told in a report, whatever the policy names. */
  if (question->verdict->name == NULL)
    question->verdict->name = strcpy(question->peer->first_name, peer.address);
  ask_socket(&search);
}

/* ---- Names concluded from the certificate ---- */

/* The certificate speaks for each of them, be they ever so many: one for each entry is enough. */
static bool ask_concluded(const char *name, void *arg) {
  struct question *question = arg;
  struct pin_verdict *verdict = question->verdict;

  ask_passing(question, name, question->port);
  verdict->further_count = 0;
  verdict->names_lost = false;
  return true;
}

/*
 * A name with a star is looked up as one whose first label is the star: an entry for one of the hosts that it
 * stands for does not cover it, since the certificate may be that of any other.
 */
static void conclude_from_certificate(struct question *question) {
  const struct peer_sources *sources = &question->peer->sources;
  const struct pin_policy *policy = question->policy;

  /* Before there is a connection this is a stored session's; the peer is judged again when it is there. */
  if (sources->certificate == NULL || question->peer->will_connect || policy->ignores_certificate_names ||
      policy->entry_count == 0)
    return;
  if (!certificate_names_visit(sources->crypto, sources->certificate, policy->names_addresses, ask_concluded,
                               question))
    pin_select_refuse(question->verdict, PIN_REASON_TOO_MUCH_TO_SEE);
}

/* ---- An unknown port ---- */

/* Whether the name led to an entry that is limited to ports, none of which is known to be the one in use. */
static bool lacks_port(const char *name, void *arg) {
  struct search *search = arg;
  const struct pin_verdict *verdict = search->question->verdict;

  for (size_t i = 0; i < verdict->count && !search->covered; i++)
    search->covered = verdict->findings[i].port_unknown && pin_name_is_same(verdict->findings[i].name, name);
  return !search->covered;
}

static bool note_port(int fd, const struct socket_peer *peer, void *arg) {
  struct search *search = arg;

  search->covered = false;
  /* Where names were lost, this socket may be any host's. */
  if (!search->seen->names_of(peer->family, peer->bytes, lacks_port, search)) {
    search->ambiguous = true;
    return false;
  }
  if (!search->covered || socket_was_accepted(&search->listening, fd, peer->port))
    return true;
  search->ambiguous = search->port != 0 && search->port != peer->port;
  search->port = peer->port;
  return !search->ambiguous;
}

/*
 * The one port to which the process is connected at the addresses of a name for which the port decides. 0: it
 * decides for none, or nobody can tell.
 */
static uint16_t seek_port(struct question *question) {
  struct search search = {.question = question, .seen = atomic_load(&seen_by_shim)};
  bool decides = false;

  for (size_t i = 0; i < question->verdict->count; i++)
    decides = decides || question->verdict->findings[i].port_unknown;
  if (!decides || search.seen == NULL || question->port != 0)
    return 0;
  if (!sockets_visit(note_port, &search))
    search.port = 0;
  free(search.listening.ports);
  return search.port;
}

/* ---- The peer ---- */

static void select_names(struct question *question) {
  struct peer *peer = question->peer;

  pin_select_begin(question->policy, question->port, peer->now, question->verdict);
  question->host_is_given = false;
  peer->below_count = 0;
  ask_given(question, peer->server_name);
  ask_given(question, peer->sources.checked_name);
  for (int i = 0; i < PEER_PARAMS; i++) {
    if (peer->sources.params[i] != NULL)
      ask_verified_names(question, peer->sources.params[i]);
  }
  ask_connect_name(question);
  if (question->policy->names_addresses || !question->host_is_given)
    ask_addresses(question);
  if (question->host_is_given || peer->sources.ssl == NULL)
    return;
  conclude_from_sockets(question);
  if (question->verdict->count == 0 && question->verdict->reason == PIN_REASON_UNDECIDED)
    conclude_from_certificate(question);
}

enum pin_needs peer_select(struct peer *peer, const struct pin_policy *policy,
                           struct pin_verdict *ret_verdict) {
  struct question question = {.peer = peer, .policy = policy, .verdict = ret_verdict, .port = peer->port};
  uint16_t port;

  select_names(&question);
  port = seek_port(&question);
  if (port != 0) {
    question.port = port;
    select_names(&question);
  }
  return pin_select_end(ret_verdict);
}

/* What time(2) says: seconds since the epoch. */
static int64_t seconds_now(void) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return (int64_t)now.tv_sec;
}

static void look_at_connection(struct peer *peer) {
  const struct libcrypto *crypto = peer->sources.crypto;
  const struct libssl *libssl = peer->sources.libssl;
  struct socket_peer socket;
  BIO *connecting;

  peer->server_name = libssl->SSL_get_servername(peer->sources.ssl, TLSEXT_NAMETYPE_host_name);
  peer->fd = libssl->SSL_get_rfd(peer->sources.ssl);
  if (socket_peer_of(peer->fd, &socket))
    peer->port = socket.port;
  else
    /* A datagram socket need never be connected: only before the handshake does this mean "not yet". */
    peer->will_connect = peer->fd >= 0 && errno == ENOTCONN && libssl->SSL_in_before(peer->sources.ssl) == 1;
  connecting = crypto->BIO_find_type(libssl->SSL_get_rbio(peer->sources.ssl), BIO_TYPE_CONNECT);
  if (connecting == NULL)
    return;
  if (crypto->BIO_ctrl(connecting, BIO_C_GET_CONNECT, 0, (void *)&peer->connect_name) <= 0)
    peer->connect_name = NULL;
  if (peer->port == 0) {
    const char *service = NULL;

    if (crypto->BIO_ctrl(connecting, BIO_C_GET_CONNECT, 1, (void *)&service) > 0 && service != NULL)
      peer->port = host_part_port(service);
  }
}

void peer_begin(const struct peer_sources *sources, struct peer *ret_peer) {
  memset(ret_peer, 0, sizeof *ret_peer - sizeof ret_peer->first_name);
  ret_peer->sources = *sources;
  ret_peer->now = seconds_now();
  ret_peer->fd = -1;
  if (sources->ssl != NULL)
    look_at_connection(ret_peer);
  ret_peer->is_named = ret_peer->server_name != NULL || sources->checked_name != NULL;
  for (int i = 0; i < PEER_PARAMS && !ret_peer->is_named; i++)
    ret_peer->is_named = sources->params[i] != NULL &&
                         sources->crypto->X509_VERIFY_PARAM_get0_host(sources->params[i], 0) != NULL;
  if (ret_peer->is_named)
    return;
  get_addresses(ret_peer);
  for (int i = 0; i < PEER_PARAMS; i++)
    ret_peer->is_named = ret_peer->is_named || ret_peer->verified_addresses[i] != NULL;
}

void peer_clear(struct peer *peer) {
  for (int i = 0; i < PEER_PARAMS; i++) {
    if (peer->verified_addresses[i] != NULL)
      peer->sources.crypto->CRYPTO_free(peer->verified_addresses[i], NULL, 0);
    peer->verified_addresses[i] = NULL;
  }
  while (peer->kept != NULL) {
    struct kept_name *next = peer->kept->next;

    free(peer->kept);
    peer->kept = next;
  }
}
