/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/export_fit.h"

#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "view/entry_text.h"

struct fitting {
  struct conversion *conversion;
  const struct format *format;
  uint16_t port;
};

static bool holds(const struct fitting *fitting, unsigned what) {
  return (fitting->format->holds & what) != 0;
}

static void lose(const struct fitting *fitting, const struct pin_entry *entry, const char *what) {
  convert_say(fitting->conversion, FINDING_LOSS, entry->file, entry->line, "\"%s\": %s cannot hold %s",
              entry->name, fitting->format->name, what);
}

/* Returns false if the entry is left out. */
static bool fit_name(const struct fitting *fitting, struct pin_entry *entry) {
  const char *problem = NULL;
  if (entry->mode == PIN_MODE_OFF && !holds(fitting, HOLDS_OFF))
    problem = "that a name is taken out (mode off); left out";
  else if (entry->mode == PIN_MODE_AUDIT && !holds(fitting, HOLDS_AUDIT))
    problem = "an entry that is only logged (mode audit); left out";
  else if (entry->kind == PIN_NAME_WILDCARD && !holds(fitting, HOLDS_WILDCARDS))
    problem = "a wildcard of one label; left out";
  else if (entry->kind == PIN_NAME_ADDRESS && !holds(fitting, HOLDS_ADDRESSES))
    problem = "an IP address; left out";
  if (problem != NULL) {
    lose(fitting, entry, problem);
    return false;
  }
  if (entry->include_subdomains && !holds(fitting, HOLDS_SUBDOMAINS)) {
    lose(fitting, entry, "the names below it");
    entry->include_subdomains = false;
  }
  return true;
}

static bool fit_ports(const struct fitting *fitting, struct pin_entry *entry) {
  if (entry->port_count > 0 && !holds(fitting, HOLDS_PORTS)) {
    AUTO_TEXT ports = ports_format(entry->ports, entry->port_count);
    AUTO_TEXT what = must_format("its ports (%s); it is for every port", ports);
    lose(fitting, entry, what);
    entry->port_count = 0;
  }
  if (entry->port_count > 0 || !holds(fitting, HOLDS_PORTS))
    return true;
  if (fitting->port != 0) {
    entry->ports = arena_copy(&fitting->conversion->arena, &fitting->port, sizeof fitting->port);
    entry->port_count = 1;
  } else if (!holds(fitting, HOLDS_EVERY_PORT)) {
    lose(fitting, entry, "an entry for every port; left out (--port N names one)");
    return false;
  }
  return true;
}

static bool fit_expiry(const struct fitting *fitting, struct pin_entry *entry) {
  if (entry->expires == PIN_NEVER)
    return true;
  if (entry->on_expiry == PIN_ON_EXPIRY_ENFORCE) {
    convert_say(fitting->conversion, FINDING_NOTE, entry->file, entry->line,
                "\"%s\" stays enforced when it has expired, so its date is left out", entry->name);
    entry->expires = PIN_NEVER;
    return true;
  }
  if (fitting->conversion->now > entry->expires) {
    lose(fitting, entry, "an entry that has expired; left out");
    return false;
  }
  if (holds(fitting, HOLDS_EXPIRY_TIME | HOLDS_ONE_EXPIRY))
    return true;
  if (!holds(fitting, HOLDS_EXPIRY_DAY)) {
    lose(fitting, entry, "its date of expiry; it never expires");
    entry->expires = PIN_NEVER;
  } else if ((entry->expires + 1) % SECONDS_PER_DAY != 0) {
    lose(fitting, entry, "the time of day at which it expires; it is the end of the day");
    entry->expires += SECONDS_PER_DAY - 1 - entry->expires % SECONDS_PER_DAY;
  }
  return true;
}

static void clear(struct pin_entry *entry, enum pin_list list) {
  entry->lists[list] = (struct pin_digest_list){0};
}

static void move(const struct fitting *fitting, struct pin_entry *entry, enum pin_list from,
                 enum pin_list to) {
  entry->lists[to] = digests_join(&fitting->conversion->arena, &entry->lists[to], &entry->lists[from]);
  clear(entry, from);
}

/* Drops all but one of the rules that must hold together: no format can join rules by "and". */
static void fit_conjunctions(const struct fitting *fitting, struct pin_entry *entry) {
  uint32_t own = entry->lists[PIN_LIST_PINS].count + entry->lists[PIN_LIST_FINGERPRINTS].count;
  uint32_t issuers = entry->lists[PIN_LIST_INTERMEDIATES].count;
  if (entry->require == PIN_REQUIRE_ALL && own > 0 && issuers > 0) {
    lose(fitting, entry, "that an issuing CA is required as well (require all)");
    clear(entry, PIN_LIST_INTERMEDIATES);
    issuers = 0;
  }
  if (own + issuers > 0 && entry->lists[PIN_LIST_ANCHORS].count > 0) {
    lose(fitting, entry, "that the path must end in an anchor as well");
    clear(entry, PIN_LIST_ANCHORS);
  }
}

static void fit_roles(const struct fitting *fitting, struct pin_entry *entry) {
  bool has_ca = entry->lists[PIN_LIST_INTERMEDIATES].count + entry->lists[PIN_LIST_ANCHORS].count > 0;
  if (holds(fitting, HOLDS_ROLES)) {
    move(fitting, entry, PIN_LIST_ANCHORS, PIN_LIST_INTERMEDIATES);
  } else if (holds(fitting, HOLDS_CA_KEYS)) {
    move(fitting, entry, PIN_LIST_INTERMEDIATES, PIN_LIST_PINS);
    move(fitting, entry, PIN_LIST_ANCHORS, PIN_LIST_PINS);
  } else if (has_ca) {
    lose(fitting, entry, "keys of CAs (intermediates, anchors)");
    clear(entry, PIN_LIST_INTERMEDIATES);
    clear(entry, PIN_LIST_ANCHORS);
  }
}

static bool is_shown(const struct conversion *conversion, const struct pin_digest *digest) {
  for (size_t i = 0; i < conversion->certificates->count; i++) {
    const struct object *object = &conversion->certificates->items[i];
    if (object->certificate != NULL && memcmp(&object->key, digest, sizeof *digest) == 0)
      return true;
  }
  return false;
}

/* Keeps the digests whose certificates were given. */
static void fit_certificates(const struct fitting *fitting, struct pin_entry *entry) {
  struct pin_digest_list *pins = &entry->lists[PIN_LIST_PINS];
  struct pin_digest *shown = arena_take(&fitting->conversion->arena, pins->count * sizeof *shown);
  uint32_t count = 0;
  for (uint32_t i = 0; i < pins->count; i++)
    if (is_shown(fitting->conversion, &pins->digests[i]))
      shown[count++] = pins->digests[i];
  if (count < pins->count)
    lose(fitting, entry, "a bare digest; give certificates with these keys (--certificate FILE)");
  *pins = (struct pin_digest_list){.digests = shown, .count = count};
}

static uint32_t all_pins(const struct pin_entry *entry) {
  uint32_t count = 0;
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    count += entry->lists[i].count;
  return count;
}

static bool fit_lists(const struct fitting *fitting, struct pin_entry *entry) {
  if (entry->mode == PIN_MODE_OFF) {
    for (int i = 0; i < PIN_LIST_COUNT; i++)
      clear(entry, (enum pin_list)i);
    return true;
  }
  move(fitting, entry, PIN_LIST_BACKUP_PINS, PIN_LIST_PINS);
  fit_conjunctions(fitting, entry);
  fit_roles(fitting, entry);
  if (entry->lists[PIN_LIST_FINGERPRINTS].count > 0 && !holds(fitting, HOLDS_FINGERPRINTS)) {
    lose(fitting, entry, "digests of certificates (fingerprints)");
    clear(entry, PIN_LIST_FINGERPRINTS);
  }
  if (fitting->format->shows_certificates)
    fit_certificates(fitting, entry);
  uint32_t count = all_pins(entry);
  if (count > 0 && count < fitting->format->least_pins) {
    AUTO_TEXT what = must_format("fewer than %u pins", fitting->format->least_pins);
    lose(fitting, entry, what);
  }
  return count > 0;
}

void export_fit(struct conversion *conversion, const struct format *format, const struct pin_entry *entry,
                uint16_t port) {
  struct fitting fitting = {.conversion = conversion, .format = format, .port = port};
  struct pin_entry fitted = *entry;
  if (fit_name(&fitting, &fitted) && fit_ports(&fitting, &fitted) && fit_expiry(&fitting, &fitted) &&
      fit_lists(&fitting, &fitted))
    conversion_append(conversion, &fitted);
}

static void check_one_expiry(struct conversion *conversion, const struct format *format) {
  bool same = true;
  for (size_t i = 1; i < conversion->count; i++)
    same = same && conversion->items[i].entry.expires == conversion->items[0].entry.expires;
  for (size_t i = 0; !same && i < conversion->count; i++) {
    struct pin_entry *entry = &conversion->items[i].entry;
    if (entry->expires != PIN_NEVER)
      convert_say(conversion, FINDING_LOSS, entry->file, entry->line,
                  "\"%s\": %s has one date of expiry for all entries; it never expires", entry->name,
                  format->name);
    entry->expires = PIN_NEVER;
  }
}

/* Reports keys that a less specific entry would add, in a format in which all covering entries apply. */
static void check_adding_up(struct conversion *conversion, const struct format *format) {
  for (size_t i = 0; i < conversion->count; i++) {
    const struct conversion_item *item = &conversion->items[i];
    const struct conversion_item *covering;
    size_t cursor = 0;
    while ((covering = conversion_covering(conversion, item, &cursor)) != NULL)
      if (!digests_contain(&item->entry.lists[PIN_LIST_PINS], &covering->entry.lists[PIN_LIST_PINS]))
        convert_say(conversion, FINDING_LOSS, item->entry.file, item->entry.line,
                    "\"%s\": %s accepts the keys of \"%s\" as well", item->entry.name, format->name,
                    covering->entry.name);
  }
}

/* Leaves out further entries for a name, in a format that cannot hold their ports. */
static void leave_out_repeated(struct conversion *conversion, const struct format *format) {
  size_t kept = 0;
  for (size_t i = 0; i < conversion->count; i++) {
    const struct pin_entry *before = kept == 0 ? NULL : &conversion->items[kept - 1].entry;
    const struct pin_entry *entry = &conversion->items[i].entry;
    if (before != NULL && strcmp(before->name, entry->name) == 0 &&
        ports_overlap(before->ports, before->port_count, entry->ports, entry->port_count))
      convert_say(conversion, FINDING_LOSS, entry->file, entry->line,
                  "\"%s\": %s cannot hold different entries for its ports; left out", entry->name,
                  format->name);
    else
      conversion->items[kept++] = conversion->items[i];
  }
  conversion->count = kept;
}

void export_fit_whole(struct conversion *conversion, const struct format *format) {
  conversion_sort(conversion);
  leave_out_repeated(conversion, format);
  if ((format->holds & HOLDS_ONE_EXPIRY) != 0)
    check_one_expiry(conversion, format);
  if (format->adds_up)
    check_adding_up(conversion, format);
}
