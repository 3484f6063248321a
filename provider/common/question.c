/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "question.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "host_name.h"
#include "log.h"
#include "sockets.h"

/* A copy of a name that an entry covers. */
struct kept_name {
  struct kept_name *next;
  char text[];
};

/* ---- What the shim saw ---- */

static bool any_name(const struct pinning_covering *covering) {
  (void)covering;
  return true;
}

static bool any_name_of(const struct pinning_covering *covering, int family, const void *address) {
  (void)covering, (void)family, (void)address;
  return true;
}

static bool names_of(const struct pinning_covering *covering, int family, const void *address,
                     pinning_visit_name_fn *visit, void *arg) {
  (void)covering, (void)family, (void)address, (void)visit, (void)arg;
  return false;
}

static bool every_name(const struct pinning_covering *covering, pinning_visit_name_fn *visit, void *arg) {
  (void)covering, (void)visit, (void)arg;
  return false;
}

/* For an older shim: any name may have been resolved to any address. */
static const struct pinning_seen nobody_knows = {sizeof nobody_knows, any_name,  any_name_of, names_of,
                                                 every_name,          every_name};

static _Atomic(const struct pinning_seen *) seen_by_shim;

void question_use_seen(const struct pinning_seen *seen) {
  static atomic_bool told;
  bool is_older = seen != NULL && seen->size < sizeof *seen;

  atomic_store(&seen_by_shim, is_older ? &nobody_knows : seen);
  if (is_older && !atomic_exchange(&told, true))
    log_line(LOG_WARNING,
             "event=older-shim message=\"libpinning-preload.so is of another version than the module\" "
             "consequence=\"connections without a name are refused where the policy has names\"");
}

/* ---- Asking ---- */

void question_begin(struct question *question, int64_t now) {
  pin_select_begin(question->policy, question->port, now, question->verdict);
  question->host_is_given = question->is_localhost = question->concludes = false;
  question->given_addresses = 0;
}

const char *question_keep(struct asked_names *names, const char *name) {
  size_t size = strlen(name) + 1;
  struct kept_name *kept = malloc(sizeof *kept + size);

  if (kept == NULL)
    return NULL;
  memcpy(kept->text, name, size);
  kept->next = names->kept;
  names->kept = kept;
  return kept->text;
}

void question_forget(struct asked_names *names) {
  while (names->kept != NULL) {
    struct kept_name *next = names->kept->next;

    free(names->kept);
    names->kept = next;
  }
}

void question_ask(struct question *question, const char *name, uint16_t port) {
  if (question->verdict->name == NULL)
    question->verdict->name = name;
  (void)pin_select_name(question->verdict, name, port);
}

void question_ask_passing(struct question *question, const char *name, uint16_t port) {
  struct pin_verdict *verdict = question->verdict;
  struct asked_names *names = question->names;
  size_t before = verdict->count, further = verdict->further_count;
  const char *kept;

  if (verdict->name == NULL && strlen(name) < sizeof names->first)
    verdict->name = strcpy(names->first, name);
  if (pin_select_name(verdict, name, port) == PIN_SELECTED_NOTHING)
    return;
  kept = before < verdict->count || further < verdict->further_count ? question_keep(names, name) : name;
  verdict->names_lost = verdict->names_lost || kept == NULL;
  for (size_t i = before; i < verdict->count; i++)
    verdict->findings[i].name = kept != NULL ? kept : verdict->findings[i].entry.name;
  for (size_t i = before; i < verdict->count; i++)
    verdict->findings[i].concluded = question->concludes;
  for (size_t i = further; i < verdict->further_count; i++)
    verdict->further[i].name =
        kept != NULL ? kept : verdict->findings[verdict->further[i].finding].entry.name;
}

/* ---- Names that are more than a host's ---- */

/* Asks for the host with the port that the text has, and also with the socket's port if that differs. */
static void ask_host_part(struct question *question, const struct host_part *part) {
  if (part->port != 0)
    question_ask_passing(question, part->text, part->port);
  if (part->port == 0 || (question->port != 0 && question->port != part->port))
    question_ask_passing(question, part->text, question->port);
}

/* Makes a peer from an address as inet_ntop(3) writes it. */
static void read_peer(const char *text, uint16_t port, struct socket_peer *ret_peer) {
  memset(ret_peer, 0, sizeof *ret_peer);
  ret_peer->family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
  ret_peer->port = port;
  (void)inet_pton(ret_peer->family, text, ret_peer->bytes);
  strcpy(ret_peer->address, text);
}

/* text: an address as inet_ntop(3) writes it. */
static void note_given_address(struct question *question, const char *text) {
  struct socket_peer *given = &question->given;

  if (question->given_addresses > 0 && strcmp(given->address, text) == 0)
    return;
  if (question->given_addresses++ > 0)
    return;
  read_peer(text, 0, given);
}

/*
 * Whether the name tells which host is meant. An address that no entry covers does not: the client may have
 * resolved it from a name. An IPv4 address ends in a digit or a dot, as few names do, so that is checked
 * first.
 */
static bool tells_host(struct question *question, const char *name) {
  bool is_name = host_part_is_name(name);
  char last = is_name ? name[strlen(name) - 1] : '0';
  struct pin_host_name host;

  if ((last < '0' || last > '9') && last != '.')
    return true;
  pin_host_name_read(name, pin_name_no_key, &host);
  if (!host.is_address || question->verdict->count > 0)
    return is_name || host.is_address;
  note_given_address(question, host.address);
  return false;
}

void question_consider_spelling(struct question *question, const char *name) {
  struct host_part part;

  if (tells_host(question, name)) {
    question->host_is_given = true;
    return;
  }
  if (!host_part_read(name, &part) || strcmp(part.text, name) == 0)
    return;
  ask_host_part(question, &part);
  if (part.is_all && tells_host(question, part.text))
    question->host_is_given = true;
}

void question_ask_given(struct question *question, const char *name) {
  if (name == NULL || *name == '\0')
    return;
  question_ask(question, name, question->port);
  /* CUPS and libcoap send localhost for other hosts. */
  if (question->verdict->count == 0 && host_part_is_localhost(name))
    question->is_localhost = true;
  else
    question_consider_spelling(question, name);
}

/* ---- Names concluded from sockets ---- */

/* How many uncovered addresses are remembered: many sockets are mostly connected to few addresses. */
#define SEEN_ADDRESSES 64

/* An address that need not be asked for again. */
struct seen_address {
  int family;    /* 0: the place is empty */
  uint16_t port; /* 0: nothing covers the address, at any port */
  uint8_t bytes[sizeof(struct in6_addr)];
};

/* A search through all sockets. */
struct search {
  struct question *question;
  const struct pinning_seen *seen;  /* NULL: no name was seen that matters */
  struct pinning_covering covering; /* asks the question's policy */
  const struct socket_peer *peer;   /* the socket being looked at */
  bool everywhere;                  /* some covered name counts for every address */
  bool sought_localhost;            /* at_localhost is known */
  bool at_localhost;                /* the process has connected a stream to localhost */
  bool found;                       /* what is being looked for */
  uint16_t port;                    /* of the sockets of names that depend on the port; 0: none yet */
  bool ambiguous;                   /* there is more than one such port */
  bool all_seen;                    /* no socket was left out */
  struct listening_ports listening;
  struct seen_address addresses[SEEN_ADDRESSES];
};

/* Whether a name is covered for any port: if not, no address of it can lead to an entry. */
static bool covers_any_port(const char *name, void *arg) {
  return pin_covers(arg, name, 0) != PIN_SELECTED_NOTHING;
}

static void search_begin(struct search *search, struct question *question) {
  memset(search, 0, sizeof *search);
  search->question = question;
  search->seen = atomic_load(&seen_by_shim);
  search->covering = (struct pinning_covering){question->policy->generation, covers_any_port,
                                               (void *)(uintptr_t)question->policy};
}

/* Asks for a name only if it is covered, because it might become the name that is reported. Returns
 * whether to go on. */
static bool ask_covered(const struct search *search, const char *name, uint16_t port) {
  struct question *question = search->question;

  if (pin_covers(question->policy, name, port) != PIN_SELECTED_NOTHING)
    question_ask_passing(question, name, port);
  return question->verdict->reason == PIN_REASON_UNDECIDED;
}

static bool ask_resolved(const char *name, void *arg) {
  const struct search *search = arg;

  return ask_covered(search, name, search->peer->port);
}

/* Whether a covered name was resolved to the address of the socket. */
static bool any_resolved(const struct search *search) {
  return search->seen != NULL &&
         (search->everywhere ||
          search->seen->any_name_of(&search->covering, search->peer->family, search->peer->bytes));
}

static void ask_socket(struct search *search) {
  const struct socket_peer *peer = search->peer;

  if (search->question->policy->names_addresses)
    (void)ask_covered(search, peer->address, peer->port);
  if (any_resolved(search) &&
      !search->seen->names_of(&search->covering, peer->family, peer->bytes, ask_resolved, search))
    pin_select_refuse(search->question->verdict, PIN_REASON_TOO_MUCH_TO_SEE);
}

/* The place where an address is remembered. */
static struct seen_address *place_of(struct search *search, const struct socket_peer *peer, uint16_t port) {
  unsigned hash = port;

  for (size_t i = 0; i < sizeof peer->bytes; i++)
    hash = 31 * hash + peer->bytes[i];
  return &search->addresses[hash % SEEN_ADDRESSES];
}

static bool is_remembered(struct search *search, uint16_t port) {
  const struct socket_peer *peer = search->peer;
  const struct seen_address *place = place_of(search, peer, port);

  return place->family == peer->family && place->port == port &&
         memcmp(place->bytes, peer->bytes, sizeof peer->bytes) == 0;
}

static void remember(struct search *search, uint16_t port) {
  struct seen_address *place = place_of(search, search->peer, port);

  place->family = search->peer->family;
  place->port = port;
  memcpy(place->bytes, search->peer->bytes, sizeof place->bytes);
}

/* Whether nothing covers the socket's address, at any port. */
static bool is_uncovered(struct search *search) {
  if (is_remembered(search, 0))
    return true;
  if (any_resolved(search) || (search->question->policy->names_addresses &&
                               covers_any_port(search->peer->address, search->covering.arg)))
    return false;
  remember(search, 0);
  return true;
}

/*
 * Whether a socket has to be asked about: its address is covered, this process connected it, and no socket
 * with the same peer was asked about before. A client that connects to us is not a host that we connect to.
 * Clients can have any number of sockets and names, so each costs the same.
 */
static bool matters(struct search *search, int fd, const struct socket_peer *peer) {
  search->peer = peer;
  if (is_uncovered(search) || is_remembered(search, peer->port) ||
      socket_was_accepted(&search->listening, fd, peer->port))
    return false;
  remember(search, peer->port);
  return true;
}

static bool goes_to_localhost(const struct socket_peer *peer) {
  static const uint8_t four[] = {127, 0, 0, 1};
  /* libc's own variable would be bound to the program's. */
  static const struct in6_addr six = IN6ADDR_LOOPBACK_INIT;

  return peer->family == AF_INET ? memcmp(peer->bytes, four, sizeof four) == 0
                                 : memcmp(peer->bytes, &six, sizeof six) == 0;
}

static bool note_localhost(int fd, const struct socket_peer *peer, void *arg) {
  struct search *search = arg;

  search->at_localhost = goes_to_localhost(peer) && socket_is_stream(fd) &&
                         !socket_was_accepted(&search->listening, fd, peer->port);
  return !search->at_localhost;
}

/*
 * Whether a socket at a covered address belongs to another connection. A program that gives the name
 * localhost and has a stream to localhost mostly means that stream; libcoap, which gives it for other hosts,
 * uses datagrams. Looked for only when needed, because it takes long if many clients come from localhost.
 */
static bool is_anothers(struct search *search, int fd, const struct socket_peer *peer) {
  if (!search->question->is_localhost || goes_to_localhost(peer) || !socket_is_stream(fd))
    return false;
  if (!search->sought_localhost)
    (void)sockets_visit(note_localhost, search, NULL);
  search->sought_localhost = true;
  return search->at_localhost;
}

static bool consider_socket(int fd, const struct socket_peer *peer, void *arg) {
  struct search *search = arg;

  search->peer = peer;
  /* Another connection's socket is not remembered: datagrams to the same peer may be ours. */
  if (!is_uncovered(search) && !is_anothers(search, fd, peer) && matters(search, fd, peer))
    ask_socket(search);
  return search->question->verdict->reason == PIN_REASON_UNDECIDED;
}

/* ---- Names concluded from a socket for datagrams ---- */

static bool ask_anywhere(const char *name, void *arg) {
  return ask_covered(arg, name, 0);
}

/* An accepted socket does not count, whatever its port: anybody may have made that connection. */
static bool note_outgoing(int fd, const struct socket_peer *peer, void *arg) {
  struct search *search = arg;

  (void)peer;
  search->found = !socket_was_accepted(&search->listening, fd, UINT16_MAX) && search->listening.ports != NULL;
  return !search->found;
}

/* Whether the process has connected any socket; false if in doubt. */
static bool has_connected(struct search *search) {
  search->found = false;
  (void)sockets_visit(note_outgoing, search, NULL);
  return search->found;
}

/* Whether the connection may well use datagrams that do not tell where they go. */
static bool may_send_anywhere(struct search *search) {
  int fd = search->question->fd;

  return socket_sends_anywhere(fd) || (!socket_is_stream(fd) && !has_connected(search));
}

/*
 * A datagram socket that is not connected does not tell where it sends, and no system call does. If it is the
 * connection's, or the only socket by which the process can reach a host, the host may be any that the
 * process resolved.
 */
static void conclude_from_datagrams(struct search *search) {
  const struct pinning_seen *seen = atomic_load(&seen_by_shim);
  struct question *question = search->question;
  const struct pin_policy *policy = question->policy;

  if (seen == NULL || question->verdict->reason != PIN_REASON_UNDECIDED || !may_send_anywhere(search))
    return;
  if ((policy->names_addresses && !seen->every_address(&search->covering, ask_anywhere, search)) ||
      !seen->every_name(&search->covering, ask_anywhere, search))
    pin_select_refuse(question->verdict, PIN_REASON_TOO_MUCH_TO_SEE);
}

/* seen: NULL if no name was resolved that matters. */
static void search_by(struct search *search, const struct pinning_seen *seen) {
  search->seen = seen;
  search->everywhere = seen != NULL && seen->any_name_of(&search->covering, AF_UNSPEC, NULL);
}

static void search_sockets(struct search *search, const struct pinning_seen *seen, visit_socket_fn *visit,
                           struct unconnected_sockets *ret_unconnected) {
  search_by(search, seen);
  search->all_seen = sockets_visit(visit, search, ret_unconnected);
}

/* Whether data may leave before a socket tells where to: by the connection's own socket, or if that is not
 * known, by one that is being opened or is still to be made. */
static bool leaves_unseen(struct search *search, const struct unconnected_sockets *unconnected) {
  const struct question *question = search->question;

  if (question->stage == QUESTION_ANSWERED)
    return false;
  if (question->fd < 0)
    return unconnected->opening ||
           (question->stage == QUESTION_EARLY_DATA && question->opens_to == NULL && !has_connected(search));
  return question->stage == QUESTION_OFFER ? socket_may_send_at_once(question->fd)
                                           : socket_is_unconnected_stream(question->fd);
}

static void conclude_from_all_sockets(struct search *search) {
  struct question *question = search->question;
  const struct pin_policy *policy = question->policy;
  struct unconnected_sockets unconnected;

  if (search->seen != NULL && (!policy->names_hosts || !search->seen->any_name(&search->covering)))
    search->seen = NULL;
  if (!policy->names_addresses && search->seen == NULL)
    return;
  question->concludes = true;
  search_sockets(search, search->seen, consider_socket, &unconnected);
  if (!search->all_seen || leaves_unseen(search, &unconnected))
    pin_select_refuse(question->verdict, PIN_REASON_TOO_MUCH_TO_SEE);
  if (unconnected.datagrams)
    conclude_from_datagrams(search);
  free(search->listening.ports);
}

static void ask_peer(struct search *search, const struct socket_peer *peer) {
  search->peer = peer;
  search_by(search, search->question->policy->names_hosts ? search->seen : NULL);
  ask_socket(search);
}

static void ask_where_it_opens(struct question *question) {
  struct pin_host_name host;
  struct socket_peer peer;
  struct search search;

  pin_host_name_read(question->opens_to, pin_name_no_key, &host);
  if (!host.is_address)
    return;
  search_begin(&search, question);
  read_peer(host.address, question->port, &peer);
  ask_peer(&search, &peer);
}

void question_conclude_from_sockets(struct question *question) {
  struct socket_peer peer;
  struct search search;

  search_begin(&search, question);
  /* The socket may be connected to a proxy. Like localhost, 127.0.0.1 may be given for other hosts. */
  if (question->given_addresses == 1) {
    question->given.port = question->port;
    ask_peer(&search, &question->given);
    if (!goes_to_localhost(&question->given))
      return;
    question->is_localhost = true;
    search_begin(&search, question);
  }
  if (!socket_peer_of(question->fd, &peer)) {
    if (question->opens_to != NULL)
      ask_where_it_opens(question);
    if (!question->is_media)
      conclude_from_all_sockets(&search);
    return;
  }
  /* A report names the address, whatever the policy has. */
  if (question->verdict->name == NULL)
    question->verdict->name = strcpy(question->names->first, peer.address);
  ask_peer(&search, &peer);
}

/* ---- Names concluded from the certificate ---- */

/* The certificate is valid for each of its names, however many there are, so one name for each entry is
 * enough. */
bool question_ask_concluded(const char *name, void *arg) {
  struct question *question = arg;
  struct pin_verdict *verdict = question->verdict;

  question->concludes = true;
  question_ask_passing(question, name, question->port);
  verdict->further_count = 0;
  verdict->names_lost = false;
  return true;
}

/* ---- An unknown port ---- */

/* Whether the name led to an entry that is limited to ports while the port is unknown. */
static bool lacks_port(const char *name, void *arg) {
  struct search *search = arg;
  const struct pin_verdict *verdict = search->question->verdict;

  for (size_t i = 0; i < verdict->count && !search->found; i++)
    search->found = verdict->findings[i].port_unknown && pin_name_is_same(verdict->findings[i].name, name);
  return !search->found;
}

static bool note_port(int fd, const struct socket_peer *peer, void *arg) {
  struct search *search = arg;

  if (!matters(search, fd, peer))
    return true;
  search->found = false;
  /* If names were lost, this socket may belong to any host. */
  if (!search->seen->names_of(&search->covering, peer->family, peer->bytes, lacks_port, search)) {
    search->ambiguous = true;
    return false;
  }
  if (!search->found)
    return true;
  search->ambiguous = search->port != 0 && search->port != peer->port;
  search->port = peer->port;
  return !search->ambiguous;
}

static bool is_limited_to(const struct pin_entry *entry, uint16_t port) {
  for (uint32_t i = 0; i < entry->port_count; i++) {
    if (entry->ports[i] == port)
      return true;
  }
  return false;
}

/* Whether each name has an entry for this port. If a name has none, the connection may well use another
 * socket than the one that was found. */
static bool port_is_for_all(const struct pin_verdict *verdict, uint16_t port) {
  for (size_t i = 0; i < verdict->count; i++) {
    const struct pin_finding *finding = &verdict->findings[i];
    bool found = !finding->port_unknown;

    for (size_t j = 0; j < verdict->count && !found; j++)
      found = strcmp(verdict->findings[j].entry.name, finding->entry.name) == 0 &&
              is_limited_to(&verdict->findings[j].entry, port);
    if (!found)
      return false;
  }
  return true;
}

/* A function of its own, because a search is large and mostly not needed. */
static bool port_decides(const struct question *question) {
  bool decides = false;

  for (size_t i = 0; i < question->verdict->count; i++)
    decides = decides || question->verdict->findings[i].port_unknown;
  return decides && question->port == 0;
}

static uint16_t search_port(struct question *question, const struct pinning_seen *seen) {
  struct search search;

  search_begin(&search, question);
  search_sockets(&search, seen, note_port, NULL);
  if (!search.all_seen)
    search.port = 0;
  free(search.listening.ports);
  return port_is_for_all(question->verdict, search.port) ? search.port : 0;
}

uint16_t question_seek_port(struct question *question) {
  const struct pinning_seen *seen = atomic_load(&seen_by_shim);

  return seen != NULL && port_decides(question) ? search_port(question, seen) : 0;
}
