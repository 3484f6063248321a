/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/addresses.h"

#include <netdb.h>
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "scan/findings.h"
#include "scan/lookup.h"

static bool is_there(const struct scan_host *host, const char *address) {
  for (size_t i = 0; i < host->address_count; i++)
    if (strcmp(host->addresses[i].address, address) == 0)
      return true;
  return false;
}

static void add(struct scan_host *host, const struct addrinfo *found) {
  char text[NI_MAXHOST];
  if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0 ||
      is_there(host, text))
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
    add(host, at);
  if (host->address_count < 2)
    addresses_clear(host);
}

bool addresses_pending(struct scan_host *host, long timeout) {
  struct addrinfo *found = NULL;
  if (host->lookup == NULL)
    return false;
  enum lookup_state state = lookup_look(host->lookup, (double)timeout / 1000, &found);
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

/* ---- What they show ---- */

static bool shows_same(const struct scan_address *a, const struct scan_address *b) {
  return a->error == NULL && b->error == NULL && memcmp(&a->key, &b->key, sizeof a->key) == 0;
}

/* So many before it show the same key. */
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
