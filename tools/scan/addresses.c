/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/addresses.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "base/must_use.h"
#include "base/timestamp.h"
#include "scan/findings.h"

/*
 * ---- A lookup in the background ----
 *
 * getaddrinfo(3) has no time limit: it waits for a dead name server as long as resolv.conf(5) says.
 */

enum lookup_state {
  LOOKUP_GOES_ON = 0,
  LOOKUP_ENDED,
  LOOKUP_LATE /* there was no answer in time */
};

/* Of the thread of a lookup. There may be one for each host, and a resolver needs less than the usual 8 MiB.
 */
#define STACK_SIZE ((size_t)512 * 1024)

struct lookup {
  char *name;
  pthread_mutex_t lock;
  double begun;
  struct addrinfo *found;
  bool ended;
  bool abandoned; /* nobody waits for it: the thread frees it */
};

static void destroy(struct lookup *lookup) {
  if (lookup->found != NULL)
    freeaddrinfo(lookup->found);
  pthread_mutex_destroy(&lookup->lock);
  free(lookup->name);
  free(lookup);
}

static void *run_lookup(void *arg) {
  struct lookup *lookup = arg;
  const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  if (getaddrinfo(lookup->name, NULL, &hints, &found) != 0)
    found = NULL;
  pthread_mutex_lock(&lookup->lock);
  lookup->found = found;
  lookup->ended = true;
  bool abandoned = lookup->abandoned;
  pthread_mutex_unlock(&lookup->lock);
  if (abandoned)
    destroy(lookup);
  return NULL;
}

/* The new thread blocks all signals: the main thread handles them. */
static bool start_thread(struct lookup *lookup) {
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  if (pthread_attr_init(&attributes) != 0)
    return false;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool good = pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
              pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
              pthread_create(&thread, &attributes, run_lookup, lookup) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return good;
}

/* Starts a lookup of a name, in a thread. NULL: no further thread can be started. */
static struct lookup *lookup_new(const char *name) {
  struct lookup *lookup = must_alloc(1, sizeof *lookup);
  lookup->name = must_copy(name);
  lookup->begun = monotonic_seconds();
  pthread_mutex_init(&lookup->lock, NULL);
  if (start_thread(lookup))
    return lookup;
  destroy(lookup);
  return NULL;
}

/*
 * The state of a lookup; does not wait. seconds: the time that it may take. *ret_found: the answer, given out
 * once, for freeaddrinfo; NULL: there is none yet, or the resolver knows no address.
 */
static enum lookup_state lookup_poll(struct lookup *lookup, double seconds, struct addrinfo **ret_found) {
  pthread_mutex_lock(&lookup->lock);
  bool ended = lookup->ended;
  *ret_found = lookup->found;
  lookup->found = NULL;
  pthread_mutex_unlock(&lookup->lock);
  if (ended)
    return LOOKUP_ENDED;
  return monotonic_seconds() > lookup->begun + seconds ? LOOKUP_LATE : LOOKUP_GOES_ON;
}

/* Takes NULL. A lookup that still runs is freed when it ends. */
static void lookup_free(struct lookup *lookup) {
  if (lookup == NULL)
    return;
  pthread_mutex_lock(&lookup->lock);
  bool ended = lookup->ended;
  lookup->abandoned = true;
  pthread_mutex_unlock(&lookup->lock);
  if (ended)
    destroy(lookup);
}

/* ---- The addresses of a host ---- */

static bool has_address(const struct scan_host *host, const char *address) {
  for (size_t i = 0; i < host->address_count; i++)
    if (strcmp(host->addresses[i].address, address) == 0)
      return true;
  return false;
}

static void add_address(struct scan_host *host, const struct addrinfo *found) {
  char text[NI_MAXHOST];
  if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0 ||
      has_address(host, text))
    return;
  host->addresses = must_grow(host->addresses, host->address_count + 1, sizeof *host->addresses);
  host->addresses[host->address_count++] = (struct scan_address){.address = must_copy(text)};
}

void addresses_begin(struct scan_host *host) {
  if (host_is_address(host->host) || probe_proxy() != NULL)
    return;
  host->lookup = lookup_new(host->host);
  host->incomplete = host->incomplete || host->lookup == NULL;
}

static void take_addresses(struct scan_host *host, const struct addrinfo *found) {
  for (const struct addrinfo *at = found; at != NULL && host->address_count < SCAN_MOST_ADDRESSES;
       at = at->ai_next)
    add_address(host, at);
  if (host->address_count < 2)
    addresses_clear(host);
}

bool addresses_pending(struct scan_host *host, long timeout) {
  struct addrinfo *found = NULL;
  if (host->lookup == NULL)
    return false;
  enum lookup_state state = lookup_poll(host->lookup, (double)timeout / 1000, &found);
  if (state == LOOKUP_GOES_ON)
    return true;
  host->incomplete = host->incomplete || state == LOOKUP_LATE;
  lookup_free(host->lookup);
  host->lookup = NULL;
  take_addresses(host, found);
  if (found != NULL)
    freeaddrinfo(found);
  return false;
}

/* ---- The keys that they show ---- */

static bool shows_same(const struct scan_address *a, const struct scan_address *b) {
  return a->error == NULL && b->error == NULL && memcmp(&a->key, &b->key, sizeof a->key) == 0;
}

/* How many addresses before this one show the same key. */
static size_t shown_before(const struct scan_host *host, size_t index) {
  size_t count = 0;
  for (size_t i = 0; i < index; i++)
    count += shows_same(&host->addresses[i], &host->addresses[index]) ? 1 : 0;
  return count;
}

static void put_sharing(FILE *stream, const struct scan_host *host, size_t index) {
  for (size_t i = index; i < host->address_count; i++)
    if (shows_same(&host->addresses[i], &host->addresses[index]))
      fprintf(stream, "%s%s", i == index ? "" : ", ", host->addresses[i].address);
}

char *addresses_text(const struct scan_host *host) {
  char *text = NULL;
  size_t size = 0;
  if (host->address_count == 0)
    return NULL;
  FILE *stream = memory_open(&text, &size);
  for (size_t i = 0, groups = 0; i < host->address_count; i++) {
    const struct scan_address *address = &host->addresses[i];
    char digest[PIN_DIGEST_TEXT_SIZE];
    if (address->error == NULL && shown_before(host, i) > 0)
      continue;
    fputs(groups++ == 0 ? "" : "; ", stream);
    if (address->error != NULL) {
      fprintf(stream, "%s: %s", address->address, address->error);
      continue;
    }
    pin_digest_format(&address->key, digest);
    put_sharing(stream, host, i);
    fprintf(stream, ": %s", digest);
  }
  memory_close(stream);
  return text;
}

void find_in_addresses(struct scan_host *host) {
  size_t keys = 0, silent = 0;
  for (size_t i = 0; i < host->address_count; i++) {
    bool failed = host->addresses[i].error != NULL;
    silent += failed ? 1 : 0;
    keys += !failed && shown_before(host, i) == 0 ? 1 : 0;
  }
  if (keys > 1)
    finding_add(host, "several-keys",
                must_format("its %zu addresses show %zu different keys", host->address_count, keys));
  if (silent > 0)
    finding_add(host, "address-silent",
                must_format("%zu of its %zu addresses showed no key", silent, host->address_count));
}

void addresses_clear(struct scan_host *host) {
  lookup_free(host->lookup);
  host->lookup = NULL;
  for (size_t i = 0; i < host->address_count; i++) {
    free(host->addresses[i].address);
    free(host->addresses[i].error);
  }
  free(host->addresses);
  host->addresses = NULL;
  host->address_count = 0;
}
