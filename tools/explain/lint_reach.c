/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Warnings about entries that can never win, or never make a difference.
 *
 * A more specific entry never takes every name from a less specific one: below any name there are more names
 * than a policy can list. So an entry has no effect only in these cases: no host can have such a name; it
 * exempts
 * ("off") what no other entry covers; or all its keys are blocked.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "explain/lint.h"
#include "explain/lint_warning.h"
#include "view/digest_set.h"
#include "view/entry_text.h"

/* RFC 1035, 2.3.4, without the root's empty label and the first length byte. */
#define LONGEST_NAME 253

static void lint_too_long(const struct pin_entry *entry, struct diagnostics *diagnostics) {
  /* The star stands for at least one character. */
  if (entry->kind == PIN_NAME_WILDCARD && strlen(entry->name) > LONGEST_NAME)
    lint_warn(diagnostics, entry, "this entry can never win: no host has a name of more than %d characters",
              LONGEST_NAME);
}

static bool all_blocked(const struct pin_entry *entry, enum pin_list which,
                        const struct digest_set *blocked) {
  const struct pin_digest_list *list = &entry->lists[which];
  for (uint32_t i = 0; i < list->count; i++)
    if (!digest_set_has(blocked, &list->digests[i]))
      return false;
  return true;
}

static bool has(const struct pin_entry *entry, enum pin_list list) {
  return entry->lists[list].count > 0;
}

/* Digests of certificates say nothing about keys, so fingerprints count as possible. */
static bool accepts_only_blocked(const struct pin_entry *entry, const struct digest_set *blocked) {
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

void lint_blocked(const struct pin_policy *policy, const struct entries *entries,
                  struct diagnostics *diagnostics) {
  struct digest_set blocked;
  if (policy->blocked_keys.count == 0 || policy->mode == PIN_MODE_OFF)
    return;
  digest_set_take(&policy->blocked_keys, 1, &blocked);
  bool nothing = false;
  for (size_t i = 0; i < entries->count; i++) {
    const struct pin_entry *entry = &entries->items[i];
    bool same = i > 0 && lint_compare_lists(entry, entry - 1) == 0 && entry->require == entry[-1].require;
    if (!same)
      nothing = accepts_only_blocked(entry, &blocked);
    if (nothing && entry->mode != PIN_MODE_OFF)
      lint_warn(diagnostics, entry, "\"%s\" can accept nothing: all its keys are in blocked_keys",
                entry->name);
  }
  digest_set_clear(&blocked);
}

/* A condition for a less specific entry. */
typedef bool below_fn(const struct pin_entry *found, const struct pin_entry *other, void *arg);

static bool shares_port(const struct pin_entry *found, const struct pin_entry *other, void *arg) {
  (void)arg;
  return ports_overlap(found->ports, found->port_count, other->ports, other->port_count);
}

/* An entry with this name that covers names below it and meets the condition; or NULL. */
static const struct pin_entry *covering_below(const struct entries *entries, const char *name,
                                              const struct pin_entry *other, below_fn *like, void *arg) {
  size_t count = 0;
  const struct pin_entry *found = entries_find(entries, name, &count);
  for (size_t i = 0; i < count; i++) {
    bool below = found[i].kind == PIN_NAME_WILDCARD || found[i].include_subdomains;
    if (&found[i] != other && below && like(&found[i], other, arg))
      return &found[i];
  }
  return NULL;
}

/* The nearest less specific entry that covers a name of this one and meets the condition; or NULL. */
static const struct pin_entry *less_specific(const struct entries *entries, const struct pin_entry *entry,
                                             below_fn *like, void *arg) {
  const struct pin_entry *found = NULL;
  const char *parent = strchr(entry->name, '.');
  if (entry->kind != PIN_NAME_WILDCARD && parent != NULL) {
    AUTO_TEXT wildcard = must_format("*%s", parent);
    found = covering_below(entries, wildcard, entry, like, arg);
  }
  for (; parent != NULL && found == NULL; parent = strchr(parent + 1, '.'))
    found = covering_below(entries, parent + 1, entry, like, arg);
  return found;
}

/* With blocked keys, or with `unlisted`, an entry that is off has an effect even alone. */
static void lint_off(const struct pin_policy *policy, const struct entries *entries,
                     struct diagnostics *diagnostics) {
  if (policy->blocked_keys.count > 0 || policy->mode == PIN_MODE_OFF ||
      policy->unlisted != PIN_UNLISTED_IGNORE)
    return;
  for (size_t i = 0; i < entries->count; i++) {
    const struct pin_entry *entry = &entries->items[i];
    if (entry->mode == PIN_MODE_OFF &&
        (entry->kind == PIN_NAME_ADDRESS || less_specific(entries, entry, shares_port, NULL) == NULL))
      lint_warn(diagnostics, entry, "\"%s\" is \"off\" but exempts nothing: no other entry covers it",
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

/*
 * All digests of a less specific entry. Many entries may be below one, and many above, with one name and
 * different ports. Entries with the same lists share one, so that all need no more memory than the policy.
 */
struct general {
  const struct pin_entry *entry; /* one entry with these lists; the sort key */
  struct digest_set digests;
  const struct pin_entry *other; /* the entry that was last compared with it */
  bool shares;                   /* both have some digest */
};

static int compare_generals(const void *a, const void *b) {
  return lint_compare_lists(((const struct general *)a)->entry, ((const struct general *)b)->entry);
}

static void free_general(void *item) {
  struct general *general = item;
  digest_set_clear(&general->digests);
  free(general);
}

/* generals: the root of a tree of tsearch(3). */
static struct general *general_of(void **generals, const struct pin_entry *found) {
  const struct general wanted = {.entry = found};
  struct general *const *known = tfind(&wanted, generals, compare_generals);
  if (known != NULL)
    return *known;
  struct general *general = must_alloc(1, sizeof *general);
  general->entry = found;
  digest_set_take(found->lists, PIN_LIST_COUNT, &general->digests);
  if (tsearch(general, generals, compare_generals) == NULL)
    memory_exhausted();
  return general;
}

static bool shares_any(const struct digest_set *digests, const struct pin_entry *entry) {
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (uint32_t i = 0; i < entry->lists[list].count; i++)
      if (digest_set_has(digests, &entry->lists[list].digests[i]))
        return true;
  return false;
}

static bool shares_digest(void **generals, const struct pin_entry *found, const struct pin_entry *other) {
  struct general *general = general_of(generals, found);
  if (general->other == NULL || lint_compare_lists(general->other, other) != 0)
    general->shares = shares_any(&general->digests, other);
  general->other = other;
  return general->shares;
}

/* Whether the found entry is enforced, with other keys, on a port that the other is not for. arg: the
 * generals. */
static bool is_for_more_ports(const struct pin_entry *found, const struct pin_entry *other, void *arg) {
  bool more = found->port_count == 0;
  for (uint32_t i = 0; i < found->port_count && !more; i++)
    more = !ports_overlap(&found->ports[i], 1, other->ports, other->port_count);
  return more && found->mode == PIN_MODE_ENFORCE && !shares_digest(arg, found, other);
}

/*
 * For a program whose port is unknown the entry with ports applies, and the less specific one does not. On
 * the ports of the latter no server has the keys that such a program needs.
 */
static void lint_port_blind(const struct entries *entries, struct diagnostics *diagnostics) {
  void *generals = NULL;
  for (size_t i = 0; i < entries->count; i++) {
    const struct pin_entry *entry = &entries->items[i];
    if (entry->port_count == 0 || entry->mode != PIN_MODE_ENFORCE || entry->kind == PIN_NAME_ADDRESS)
      continue;
    const struct pin_entry *general = less_specific(entries, entry, is_for_more_ports, &generals);
    AUTO_TEXT ports = ports_format(entry->ports, entry->port_count);
    if (general != NULL)
      lint_warn(
          diagnostics, entry,
          "\"%s\" is for ports %s, and \"%s\" has other keys for the others: a program that does not show "
          "its port is held to this one on each of them, and refused there",
          entry->name, ports, general->name);
  }
  tdestroy(generals, free_general);
}

void lint_reach(const struct pin_policy *policy, const struct entries *entries,
                struct diagnostics *diagnostics) {
  for (size_t i = 0; i < entries->count; i++)
    lint_too_long(&entries->items[i], diagnostics);
  lint_off(policy, entries, diagnostics);
  lint_ports(entries, diagnostics);
  lint_port_blind(entries, diagnostics);
}
