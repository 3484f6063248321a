/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "resolved.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define ENTRIES 256
#define NAME_SIZE 254 /* RFC 1035, 2.3.4: 253 characters as text */

/* Written by whoever got its number, read by anybody: `version` is odd while it is being written. */
struct entry {
  atomic_uint version;
  char address[INET6_ADDRSTRLEN];
  char name[NAME_SIZE];
};

static struct entry entries[ENTRIES];
static atomic_uint next;

/* Copies an entry as it was at one moment; false while it is being written or was never written. */
static bool copy_entry(struct entry *entry, struct entry *ret_copy) {
  unsigned version = atomic_load(&entry->version);

  if (version == 0 || (version & 1) != 0)
    return false;
  memcpy(ret_copy->address, entry->address, sizeof entry->address);
  memcpy(ret_copy->name, entry->name, sizeof entry->name);
  atomic_thread_fence(memory_order_acquire);
  return atomic_load(&entry->version) == version;
}

static bool is_known(const char *name, const char *address) {
  struct entry copy;

  for (size_t i = 0; i < ENTRIES; i++) {
    if (copy_entry(&entries[i], &copy) && strcmp(copy.address, address) == 0 && strcmp(copy.name, name) == 0)
      return true;
  }
  return false;
}

static void remember(const char *name, const char *address) {
  struct entry *entry = &entries[atomic_fetch_add(&next, 1) % ENTRIES];
  unsigned version = atomic_load(&entry->version);

  /* Another thread has come round to the same entry: one of the two names is lost, and the newer one stays.
   */
  if ((version & 1) != 0 || !atomic_compare_exchange_strong(&entry->version, &version, version + 1))
    return;
  strcpy(entry->address, address);
  strcpy(entry->name, name);
  atomic_store(&entry->version, version + 2);
}

void resolved_remember(const char *name, int family, const void *address) {
  char text[INET6_ADDRSTRLEN];
  struct in6_addr v6;

  /* With AI_V4MAPPED an IPv4 address comes in this form. It is kept as what it is, see peer.c. */
  if (family == AF_INET6) {
    memcpy(&v6, address, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      family = AF_INET;
      address = &v6.s6_addr[12];
    }
  }
  if (strlen(name) < NAME_SIZE && inet_ntop(family, address, text, sizeof text) != NULL &&
      !is_known(name, text))
    remember(name, text);
}

int resolved_name(const char *address, size_t number, char *ret_name, size_t size) {
  unsigned newest = atomic_load(&next);
  struct entry copy;

  for (unsigned i = 1; i <= ENTRIES; i++) {
    if (!copy_entry(&entries[(newest - i) % ENTRIES], &copy) || strcmp(copy.address, address) != 0)
      continue;
    if (number-- != 0)
      continue;
    if (strlen(copy.name) >= size)
      return 0;
    strcpy(ret_name, copy.name);
    return 1;
  }
  return 0;
}
