/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/name_match.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"

/* The end of "X" in a host "X.base"; NULL: the host is not below the base. */
static const char *end_of_prefix(const char *host, const char *base) {
  size_t host_length = strlen(host);
  size_t base_length = strlen(base);
  if (host_length < base_length + 2)
    return NULL;
  const char *tail = host + (host_length - base_length);
  return tail[-1] == '.' && strcmp(tail, base) == 0 ? tail - 1 : NULL;
}

enum relation relation_of(const struct pin_entry *entry, const char *host) {
  if (strcmp(entry->name, host) == 0)
    return RELATION_EXACT;
  if (entry->kind == PIN_NAME_ADDRESS)
    return RELATION_NONE;
  if (entry->kind == PIN_NAME_HOST) {
    if (end_of_prefix(host, entry->name) == NULL)
      return RELATION_NONE;
    return entry->include_subdomains ? RELATION_PARENT : RELATION_PARENT_ALONE;
  }
  const char *base = entry->name + 2;
  if (strcmp(base, host) == 0)
    return RELATION_BASE;
  const char *end = end_of_prefix(host, base);
  if (end == NULL)
    return RELATION_NONE;
  return memchr(host, '.', (size_t)(end - host)) == NULL ? RELATION_WILDCARD : RELATION_TOO_DEEP;
}

const char *relation_text(enum relation relation) {
  static const char *const texts[] = {
      "it is about another name",
      "it is the name itself",
      "it is the wildcard one label above",
      "it is the nearest parent with include_subdomains",
      "it is a parent, but without include_subdomains",
      "its \"*\" stands for exactly one label",
      "its \"*\" never stands for the name below it itself",
  };
  return texts[relation];
}

bool relation_covers(enum relation relation) {
  return relation == RELATION_EXACT || relation == RELATION_WILDCARD || relation == RELATION_PARENT;
}

bool is_name_pattern(const char *word) {
  /* A bracket at the beginning is that of an IPv6 address. */
  return strpbrk(word, "*?") != NULL || (strchr(word, '[') != NULL && *word != '[');
}

bool name_fits(const char *pattern, const char *name) {
  if (strcmp(pattern, name) == 0)
    return true;
  if (is_name_pattern(pattern))
    return fnmatch(pattern, name, FNM_CASEFOLD) == 0;
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  return host_and_port_read(pattern, &host, &port) && strcmp(host, name) == 0;
}
