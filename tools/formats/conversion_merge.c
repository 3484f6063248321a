/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Turns what was read into the entries of a policy: one entry for each name and port. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"
#include "formats/words.h"

static int compare_numbers(int64_t a, int64_t b) {
  return a < b ? -1 : a > b;
}

static int compare_ports(const struct pin_entry *a, const struct pin_entry *b) {
  return compare_numbers(a->port_count == 0 ? 0 : a->ports[0], b->port_count == 0 ? 0 : b->ports[0]);
}

static int compare_lists(const struct pin_digest_list *a, const struct pin_digest_list *b) {
  int order = compare_numbers(a->count, b->count);
  return order != 0 || a->count == 0 ? order : memcmp(a->digests, b->digests, a->count * sizeof *a->digests);
}

/* Compares everything but name, ports, include_subdomains, and place. */
static int compare_rules(const struct pin_entry *a, const struct pin_entry *b) {
  int order = compare_numbers(a->mode, b->mode);
  if (order == 0)
    order = compare_numbers(a->require, b->require);
  if (order == 0)
    order = compare_numbers(a->expires, b->expires);
  for (int i = 0; i < PIN_LIST_COUNT && order == 0; i++)
    order = compare_lists(&a->lists[i], &b->lists[i]);
  return order;
}

static int by_name_and_port(const void *a, const void *b) {
  const struct conversion_item *left = a;
  const struct conversion_item *right = b;
  int order = strcmp(left->entry.name, right->entry.name);
  if (order == 0)
    order = compare_ports(&left->entry, &right->entry);
  return order != 0 ? order : compare_numbers(left->entry.line, right->entry.line);
}

static int by_name_and_rules(const void *a, const void *b) {
  const struct conversion_item *left = a;
  const struct conversion_item *right = b;
  int order = strcmp(left->entry.name, right->entry.name);
  if (order == 0)
    order = compare_numbers(left->entry.include_subdomains, right->entry.include_subdomains);
  if (order == 0)
    order = compare_rules(&left->entry, &right->entry);
  return order != 0 ? order : by_name_and_port(a, b);
}

static void sort(struct conversion *conversion, int (*compare)(const void *, const void *)) {
  if (conversion->count > 1)
    qsort(conversion->items, conversion->count, sizeof *conversion->items, compare);
}

void conversion_sort(struct conversion *conversion) {
  sort(conversion, by_name_and_port);
}

/* Returns an array with room for `more` members behind `count`: `joined` if that has the room, otherwise a
 * copy that is twice as large. */
static void *with_room(struct arena *arena, void *joined, const void *array, size_t count, size_t more,
                       size_t size, uint32_t *room) {
  if (joined != NULL && *room >= count + more)
    return joined;
  *room = (uint32_t)(2 * (count + more));
  void *grown = arena_take(arena, *room * size);
  if (count > 0)
    memcpy(grown, array, count * size);
  return grown;
}

static void join_lists(struct conversion *conversion, struct conversion_item *into,
                       const struct pin_entry *from) {
  for (int i = 0; i < PIN_LIST_COUNT; i++) {
    struct pin_digest_list *list = &into->entry.lists[i];
    if (from->lists[i].count == 0)
      continue;
    into->joined[i] = with_room(&conversion->arena, into->joined[i], list->digests, list->count,
                                from->lists[i].count, sizeof *list->digests, &into->room[i]);
    list->count = digests_append(into->joined[i], list->count, &from->lists[i]);
    list->digests = into->joined[i];
  }
}

/* Joins an entry for a name and one for the names below it. Different pins are reported, and both are
 * taken. */
static void join_below(struct conversion *conversion, struct conversion_item *into,
                       const struct conversion_item *from) {
  struct pin_entry *entry = &into->entry;
  if (compare_rules(entry, &from->entry) != 0) {
    convert_loss(conversion, from->entry.line,
                 "\"%s\" itself and the names below it have different pins (line %u); the entry takes both",
                 entry->name, entry->line);
    join_lists(conversion, into, &from->entry);
  }
  into->below_only = false;
  entry->include_subdomains = true;
}

/* Joins two items with the same name and ports. Returns whether the second went into the first. */
static bool join_same(struct conversion *conversion, struct conversion_item *into,
                      const struct conversion_item *from) {
  struct pin_entry *entry = &into->entry;
  bool same_reach =
      into->below_only == from->below_only && entry->include_subdomains == from->entry.include_subdomains;
  if (!same_reach && (into->below_only || from->below_only || conversion->format->adds_up)) {
    join_below(conversion, into, from);
  } else if (same_reach && compare_rules(entry, &from->entry) == 0) {
    return true;
  } else if (same_reach && conversion->format->adds_up) {
    join_lists(conversion, into, &from->entry);
  } else {
    convert_loss(conversion, from->entry.line,
                 "\"%s\" has an entry already in line %u, with other pins; left out", entry->name,
                 entry->line);
  }
  return true;
}

static bool same_name(const struct conversion_item *a, const struct conversion_item *b) {
  return strcmp(a->entry.name, b->entry.name) == 0;
}

static bool join_equal_ports(struct conversion *conversion, struct conversion_item *into,
                             const struct conversion_item *from) {
  return ports_equal(into->entry.ports, into->entry.port_count, from->entry.ports, from->entry.port_count) &&
         join_same(conversion, into, from);
}

/* Joins entries with the same rules and different ports into one entry with all the ports. */
static bool join_ports(struct conversion *conversion, struct conversion_item *into,
                       const struct conversion_item *from) {
  struct pin_entry *entry = &into->entry;
  if (entry->port_count == 0 || from->entry.port_count == 0 ||
      entry->include_subdomains != from->entry.include_subdomains || compare_rules(entry, &from->entry) != 0)
    return false;
  into->joined_ports = with_room(&conversion->arena, into->joined_ports, entry->ports, entry->port_count,
                                 from->entry.port_count, sizeof *entry->ports, &into->port_room);
  memcpy(into->joined_ports + entry->port_count, from->entry.ports,
         from->entry.port_count * sizeof *entry->ports);
  entry->ports = into->joined_ports;
  entry->port_count += from->entry.port_count;
  return true;
}

typedef bool join_fn(struct conversion *conversion, struct conversion_item *into,
                     const struct conversion_item *from);

/* Joins neighbours of the same name where `join` agrees. */
static void join_all(struct conversion *conversion, join_fn *join) {
  size_t kept = 0;
  for (size_t i = 0; i < conversion->count; i++) {
    struct conversion_item *item = &conversion->items[i];
    if (kept > 0 && same_name(&conversion->items[kept - 1], item) &&
        join(conversion, &conversion->items[kept - 1], item))
      continue;
    conversion->items[kept++] = *item;
  }
  conversion->count = kept;
}

static int compare_name(const void *key, const void *element) {
  return strcmp(key, ((const struct conversion_item *)element)->entry.name);
}

static const struct conversion_item *find(const struct conversion *conversion, const char *name) {
  return conversion->count == 0
             ? NULL
             : bsearch(name, conversion->items, conversion->count, sizeof *conversion->items, compare_name);
}

const struct conversion_item *conversion_covering(const struct conversion *conversion,
                                                  const struct conversion_item *item, size_t *cursor) {
  const char *name = item->entry.name;
  bool is_wildcard = item->entry.kind == PIN_NAME_WILDCARD;
  if (item->entry.kind == PIN_NAME_ADDRESS)
    return NULL;
  /* First the wildcard for the name, then each parent. *cursor says what comes next. */
  if (*cursor == 0) {
    const char *dot = strchr(name, '.');
    *cursor = 1;
    AUTO_TEXT wildcard = dot == NULL || is_wildcard ? NULL : must_format("*%s", dot);
    const struct conversion_item *found = wildcard == NULL ? NULL : find(conversion, wildcard);
    if (found != NULL)
      return found;
  }
  for (const char *dot; (dot = strchr(name + *cursor - 1, '.')) != NULL;) {
    *cursor = (size_t)(dot - name) + 2;
    const struct conversion_item *found = find(conversion, dot + 1);
    if (found != NULL && found->entry.include_subdomains)
      return found;
  }
  *cursor = strlen(name) + 1;
  return NULL;
}

/* Copies the pins of covering entries into the more specific ones, for formats in which all of them apply. */
static void add_up(struct conversion *conversion) {
  for (size_t i = 0; i < conversion->count; i++) {
    struct conversion_item *item = &conversion->items[i];
    size_t cursor = 0;
    const struct conversion_item *covering;
    while ((covering = conversion_covering(conversion, item, &cursor)) != NULL)
      join_lists(conversion, item, &covering->entry);
  }
}

static bool is_idle(const struct conversion *conversion, const struct conversion_item *item) {
  size_t cursor = 0;
  if (item->entry.mode != PIN_MODE_OFF)
    return false;
  const struct conversion_item *covering = conversion_covering(conversion, item, &cursor);
  return covering == NULL || covering->entry.mode == PIN_MODE_OFF;
}

static void leave_out_idle(struct conversion *conversion) {
  bool *idle = must_alloc(conversion->count, sizeof *idle);
  for (size_t i = 0; i < conversion->count; i++)
    idle[i] = is_idle(conversion, &conversion->items[i]);
  size_t kept = 0;
  for (size_t i = 0; i < conversion->count; i++)
    if (!idle[i])
      conversion->items[kept++] = conversion->items[i];
  if (kept < conversion->count)
    convert_note(conversion, 0, "%zu host%s without pins; left out", conversion->count - kept,
                 conversion->count - kept == 1 ? "" : "s");
  conversion->count = kept;
  free(idle);
}

static void settle_below(struct conversion *conversion) {
  for (size_t i = 0; i < conversion->count; i++) {
    struct conversion_item *item = &conversion->items[i];
    if (!item->below_only)
      continue;
    convert_loss(conversion, item->entry.line,
                 "only the names below \"%s\" are meant; the entry covers \"%s\" itself as well",
                 item->entry.name, item->entry.name);
    item->below_only = false;
    item->entry.include_subdomains = true;
  }
}

static void sort_ports(struct conversion *conversion) {
  for (size_t i = 0; i < conversion->count; i++) {
    struct conversion_item *item = &conversion->items[i];
    if (item->joined_ports != NULL)
      ports_sort(item->joined_ports, item->entry.port_count);
  }
}

/* A policy has no entry for "every other port". Of two entries with a port in common the first stays. */
static void settle_ports(struct conversion *conversion) {
  size_t kept = 0;
  for (size_t i = 0; i < conversion->count; i++) {
    const struct conversion_item *every = kept == 0 ? NULL : &conversion->items[kept - 1];
    const struct pin_entry *entry = &conversion->items[i].entry;
    if (every == NULL || !same_name(every, &conversion->items[i]) ||
        !ports_overlap(every->entry.ports, every->entry.port_count, entry->ports, entry->port_count)) {
      conversion->items[kept++] = conversion->items[i];
      continue;
    }
    convert_loss(conversion, entry->line,
                 "\"%s\" has an entry for every port or for the same one already in line %u; left out",
                 entry->name, every->entry.line);
  }
  conversion->count = kept;
}

/* Notes expired entries: old lists are imported by accident, and their entries do nothing any more. */
static void note_expired(struct conversion *conversion) {
  size_t expired = 0;
  int64_t newest = 0;
  for (size_t i = 0; i < conversion->count; i++) {
    int64_t expires = conversion->items[i].entry.expires;
    if (expires >= conversion->now)
      continue;
    expired++;
    newest = expires > newest ? expires : newest;
  }
  if (expired == 0)
    return;
  AUTO_TEXT date = date_format(newest);
  convert_note(conversion, 0, "%zu of %zu entries have expired, the last on %s: they refuse nothing", expired,
               conversion->count, date);
}

void conversion_finish(struct conversion *conversion) {
  sort(conversion, by_name_and_port);
  join_all(conversion, join_equal_ports);
  settle_below(conversion);
  sort(conversion, by_name_and_rules);
  join_all(conversion, join_ports);
  sort_ports(conversion);
  conversion_sort(conversion);
  settle_ports(conversion);
  if (conversion->format->adds_up)
    add_up(conversion);
  if (conversion->format->reads_off)
    leave_out_idle(conversion);
  note_expired(conversion);
}

void conversion_note_ports(struct conversion *conversion) {
  const struct conversion_item *items = conversion->items;
  bool was_same = false;
  for (size_t i = 1; i < conversion->count; i++) {
    bool is_same = same_name(&items[i - 1], &items[i]);
    bool is_second = is_same && !was_same;
    was_same = is_same;
    if (is_second && items[i - 1].entry.mode != PIN_MODE_OFF && items[i].entry.mode != PIN_MODE_OFF)
      convert_note(conversion, items[i].entry.line,
                   "\"%s\" has entries for different ports; " PORTS_ARE_ALTERNATIVES, items[i].entry.name);
  }
}

char *digests_hash(const struct pin_digest_list *list) {
  struct pin_digest digest = {{0}};
  EVP_Digest(list->digests, list->count * sizeof *list->digests, digest.bytes, NULL, EVP_sha256(), NULL);
  return digest_hex(&digest);
}

struct grouping grouping_new(const struct conversion *conversion) {
  size_t count = conversion->count;
  struct grouping grouping = {.group_of = must_alloc(count, sizeof(size_t)),
                              .groups = must_alloc(count, sizeof(struct digest_group))};
  struct names hashes = {0};
  for (size_t i = 0; i < count; i++) {
    const struct pin_digest_list *list = &conversion->items[i].entry.lists[PIN_LIST_PINS];
    AUTO_TEXT hash = digests_hash(list);
    if (names_add(&hashes, hash, grouping.count))
      grouping.groups[grouping.count++].list = list;
    grouping.group_of[i] = names_find(&hashes, hash);
    grouping.groups[grouping.group_of[i]].used++;
  }
  names_clear(&hashes);
  return grouping;
}

void grouping_clear(struct grouping *grouping) {
  free(grouping->group_of);
  free(grouping->groups);
  *grouping = (struct grouping){0};
}
