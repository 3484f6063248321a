/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "question.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "host_name.h"
#include "sockets.h"

/* A name that an entry covers and that lives nowhere else. */
struct kept_name {
  struct kept_name *next;
  char text[];
};

static _Atomic(const struct pinning_seen *) seen_by_shim;

void question_use_seen(const struct pinning_seen *seen) {
  atomic_store(&seen_by_shim, seen);
}

/* ---- Asking ---- */

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

/* A port that a name brings along is the port; another one of the socket's stands beside it. */
static void ask_host_part(struct question *question, const struct host_part *part) {
  if (part->port != 0)
    question_ask_passing(question, part->text, part->port);
  if (part->port == 0 || (question->port != 0 && question->port != part->port))
    question_ask_passing(question, part->text, question->port);
}

void question_consider_spelling(struct question *question, const char *name) {
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

void question_ask_given(struct question *question, const char *name) {
  if (name == NULL || *name == '\0')
    return;
  question_ask(question, name, question->port);
  question_consider_spelling(question, name);
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

  question_ask_passing(search->question, name, search->peer->port);
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
    question_ask_passing(search->question, search->peer->address, search->peer->port);
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
  question->concludes = true;
  if (!sockets_visit(consider_socket, &search))
    pin_select_refuse(question->verdict, PIN_REASON_TOO_MUCH_TO_SEE);
  free(search.listening.ports);
}

void question_conclude_from_sockets(struct question *question) {
  struct socket_peer peer;
  struct search search = {.question = question, .seen = atomic_load(&seen_by_shim), .peer = &peer};

  if (!socket_peer_of(question->fd, &peer)) {
    conclude_from_all_sockets(question);
    return;
  }
  /* The address is told in a report, whatever the policy names. */
  if (question->verdict->name == NULL)
    question->verdict->name = strcpy(question->names->first, peer.address);
  ask_socket(&search);
}

/* ---- Names concluded from the certificate ---- */

/* The certificate speaks for each of them, be they ever so many: one for each entry is enough. */
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

static bool is_limited_to(const struct pin_entry *entry, uint16_t port) {
  for (uint32_t i = 0; i < entry->port_count; i++) {
    if (entry->ports[i] == port)
      return true;
  }
  return false;
}

/*
 * Whether the port decides between the entries of each name. Where none of them is for it, the connection may
 * well be on another socket than the one that was found.
 */
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

/* Apart, for a search is large and mostly there is nothing to look for. */
static bool port_decides(const struct question *question) {
  bool decides = false;

  for (size_t i = 0; i < question->verdict->count; i++)
    decides = decides || question->verdict->findings[i].port_unknown;
  return decides && question->port == 0;
}

static uint16_t search_port(struct question *question, const struct pinning_seen *seen) {
  struct search search = {.question = question, .seen = seen};

  if (!sockets_visit(note_port, &search))
    search.port = 0;
  free(search.listening.ports);
  return port_is_for_all(question->verdict, search.port) ? search.port : 0;
}

uint16_t question_seek_port(struct question *question) {
  const struct pinning_seen *seen = atomic_load(&seen_by_shim);

  return seen != NULL && port_decides(question) ? search_port(question, seen) : 0;
}
