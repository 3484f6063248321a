/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Entries that can never win, or never make a difference.
 *
 * A more specific entry never takes every name from a less specific one: below any name there are more names
 * than a policy can list. So an entry is out of reach in these cases only: no host can have such a name; it
 * takes out ("off") what no other entry covers; or all its keys are blocked.
 */
#include <stdlib.h>
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "explain/lint.h"

/* RFC 1035, 2.3.4, less the root's empty label and the length byte before the first. */
#define LONGEST_NAME 253

static void lint_too_long(const struct pin_entry *entry, struct diagnostics *diagnostics) {
  /* The star stands for at least one character, as long as itself. */
  if (entry->kind == PIN_NAME_WILDCARD && strlen(entry->name) > LONGEST_NAME)
    lint_warn(diagnostics, entry, "this entry can never win: no host has a name of more than %d characters",
              LONGEST_NAME);
}

static int compare_digests(const void *a, const void *b) {
  return memcmp(a, b, sizeof(struct pin_digest));
}

/* blocked: sorted. */
static bool all_blocked(const struct pin_entry *entry, enum pin_list which,
                        const struct pin_digest_list *blocked) {
  const struct pin_digest_list *list = &entry->lists[which];
  for (uint32_t i = 0; i < list->count; i++)
    if (bsearch(&list->digests[i], blocked->digests, blocked->count, sizeof *blocked->digests,
                compare_digests) == NULL)
      return false;
  return true;
}

static bool has(const struct pin_entry *entry, enum pin_list list) {
  return entry->lists[list].count > 0;
}

/* Digests of certificates say nothing about keys, so fingerprints count as possible. */
static bool accepts_only_blocked(const struct pin_entry *entry, const struct pin_digest_list *blocked) {
  bool pins_given =
      has(entry, PIN_LIST_PINS) || has(entry, PIN_LIST_BACKUP_PINS) || has(entry, PIN_LIST_FINGERPRINTS);
  bool pins_blocked = pins_given && !has(entry, PIN_LIST_FINGERPRINTS) &&
                      all_blocked(entry, PIN_LIST_PINS, blocked) &&
                      all_blocked(entry, PIN_LIST_BACKUP_PINS, blocked);
  bool issuers_given = has(entry, PIN_LIST_INTERMEDIATES);
  bool issuers_blocked = issuers_given && all_blocked(entry, PIN_LIST_INTERMEDIATES, blocked);
  if (has(entry, PIN_LIST_ANCHORS) && all_blocked(entry, PIN_LIST_ANCHORS, blocked))
    return true;
  if (pins_given && issuers_given && entry->require == PIN_REQUIRE_ANY)
    return pins_blocked && issuers_blocked;
  return pins_blocked || issuers_blocked;
}

static void lint_blocked(const struct pin_policy *policy, const struct entries *entries,
                         struct diagnostics *diagnostics) {
  uint32_t count = policy->blocked_keys.count;
  if (count == 0 || policy->mode == PIN_MODE_OFF)
    return;
  struct pin_digest *sorted = must_alloc(count, sizeof *sorted);
  memcpy(sorted, policy->blocked_keys.digests, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, compare_digests);
  struct pin_digest_list blocked = {.digests = sorted, .count = count};
  for (size_t i = 0; i < entries->count; i++)
    if (entries->items[i].mode != PIN_MODE_OFF && accepts_only_blocked(&entries->items[i], &blocked))
      lint_warn(diagnostics, &entries->items[i],
                "\"%s\" can accept nothing: all its keys are in blocked_keys", entries->items[i].name);
  free(sorted);
}

static int compare_to_name(const void *name, const void *entry) {
  return strcmp(name, ((const struct pin_entry *)entry)->name);
}

/* Whether an entry of this very name covers more than itself and shares a port with the other. */
static bool covers_below(const struct entries *entries, const char *name, const struct pin_entry *other) {
  const struct pin_entry *found =
      bsearch(name, entries->items, entries->count, sizeof *entries->items, compare_to_name);
  if (found == NULL)
    return false;
  while (found > entries->items && strcmp(found[-1].name, name) == 0)
    found--;
  for (; found < entries->items + entries->count && strcmp(found->name, name) == 0; found++) {
    bool below = found->kind == PIN_NAME_WILDCARD || found->include_subdomains;
    if (found != other && below &&
        ports_overlap(found->ports, found->port_count, other->ports, other->port_count))
      return true;
  }
  return false;
}

/* Whether an entry less specific than this one covers a name that this one covers. */
static bool takes_something_out(const struct entries *entries, const struct pin_entry *entry) {
  const char *parent = strchr(entry->name, '.');
  if (entry->kind != PIN_NAME_WILDCARD && parent != NULL) {
    AUTO_TEXT wildcard = must_format("*%s", parent);
    if (covers_below(entries, wildcard, entry))
      return true;
  }
  for (; parent != NULL; parent = strchr(parent + 1, '.'))
    if (covers_below(entries, parent + 1, entry))
      return true;
  return false;
}

/* Where keys are blocked for every host, an entry that is off says something even alone. */
static void lint_off(const struct pin_policy *policy, const struct entries *entries,
                     struct diagnostics *diagnostics) {
  if (policy->blocked_keys.count > 0 || policy->mode == PIN_MODE_OFF)
    return;
  for (size_t i = 0; i < entries->count; i++) {
    const struct pin_entry *entry = &entries->items[i];
    if (entry->mode == PIN_MODE_OFF &&
        (entry->kind == PIN_NAME_ADDRESS || !takes_something_out(entries, entry)))
      lint_warn(diagnostics, entry, "\"%s\" is \"off\" but takes nothing out: no other entry covers it",
                entry->name);
  }
}

/* Entries of one name differ in their ports, or the policy would be refused. */
static void lint_ports(const struct entries *entries, struct diagnostics *diagnostics) {
  for (size_t i = 0; i < entries->count;) {
    const struct pin_entry *first = &entries->items[i];
    size_t checking = 0;
    for (; i < entries->count && strcmp(entries->items[i].name, first->name) == 0; i++)
      checking += entries->items[i].mode != PIN_MODE_OFF ? 1 : 0;
    if (checking > 1)
      lint_warn(diagnostics, first, "\"%s\" has entries for different ports; " PORTS_ARE_ALTERNATIVES,
                first->name);
  }
}

void lint_reach(const struct pin_policy *policy, const struct entries *entries,
                struct diagnostics *diagnostics) {
  for (size_t i = 0; i < entries->count; i++)
    lint_too_long(&entries->items[i], diagnostics);
  lint_blocked(policy, entries, diagnostics);
  lint_off(policy, entries, diagnostics);
  lint_ports(entries, diagnostics);
}
