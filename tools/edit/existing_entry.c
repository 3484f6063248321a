/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/existing_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/edit_distance.h"
#include "base/file.h"
#include "base/host_port.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "edit/list_file.h"
#include "view/entry_text.h"

/* In a policy with more entries no similar name is suggested for a mistyped one. */
#define MOST_COMPARED 10000

/* The image may name files by another spelling of the directory; the file names are the same. */
char *policy_file_path(const struct change *change, const char *file) {
  AUTO_TEXT directory = path_directory(file);
  bool is_dropin = strcmp(path_base(directory), "policy.d") == 0;
  return is_dropin ? must_format("%s/%s", change->dropins, path_base(file)) : must_copy(change->policy);
}

/* The drop-in at `path` where pinctl wrote it: it has the name that pinctl gives it, its digest matches, and
 * it holds this entry. NULL: it is not pinctl's. */
static struct dropin *own_dropin(const struct pin_entry *entry, const char *path, char **ret_text) {
  size_t length = 0;
  AUTO_TEXT expected = dropin_file_name(entry->name, entry->ports, entry->port_count);
  if (strcmp(expected, path_base(path)) != 0 || file_read(path, ret_text, &length) != 0)
    return NULL;
  struct dropin *dropin = dropin_parse(*ret_text);
  if (dropin != NULL && strcmp(dropin->host, entry->name) == 0 &&
      ports_equal(dropin->ports, dropin->port_count, entry->ports, entry->port_count))
    return dropin;
  dropin_free(dropin);
  return NULL;
}

static void add_existing(const struct change *change, const struct pin_entry *entry,
                         struct existing_entries *existing) {
  existing->items = must_room(existing->items, existing->count, sizeof *existing->items);
  struct existing_entry *item = &existing->items[existing->count++];
  *item = (struct existing_entry){.entry = *entry, .path = policy_file_path(change, entry->file)};
  item->dropin = own_dropin(entry, item->path, &item->text);
}

/* Adds the entries of this name. False: a part of the compiled form is damaged. */
static bool collect(const struct change *change, const char *name, struct existing_entries *existing) {
  struct entries *entries = &existing->entries;
  size_t first = entries->count;
  if (!entries_of_name(&existing->loaded.policy, name, entries))
    return false;
  for (size_t i = first; i < entries->count; i++)
    add_existing(change, &entries->items[i], existing);
  return true;
}

static int refuse_damage(const struct change *change) {
  return say_failure("%s: its compiled form is damaged; \"pinctl compile%s\" writes it anew", change->policy,
                     same_policy());
}

int existing_entries_read(const struct change *change, const char *host,
                          struct existing_entries *ret_existing) {
  *ret_existing = (struct existing_entries){0};
  struct loaded_policy *loaded = &ret_existing->loaded;
  /* Without staged files the policy is read in place, so that owner and mode of policy.d are checked too. */
  if (change->count > 0)
    change_check(change, loaded);
  else
    policy_ask(change->policy, loaded);
  if (loaded->status != PIN_OK)
    return change_refuse_policy(change, loaded);
  return collect(change, host, ret_existing) ? EXIT_DONE : refuse_damage(change);
}

static int refuse_several(const struct existing_entries *existing, const char *host) {
  say_error("%s: has several entries; say which with --port:", host);
  for (size_t i = 0; i < existing->count; i++) {
    const struct pin_entry *entry = &existing->items[i].entry;
    AUTO_TEXT ports = ports_format(entry->ports, entry->port_count);
    say_error("  ports %s (%s:%u)", ports, existing->items[i].path, (unsigned)entry->line);
  }
  return EXIT_FAILED;
}

/* A search for the entry whose name is most similar to a host. */
struct nearest {
  const char *host;
  char *name; /* of the best entry so far; NULL: none is similar */
  size_t distance;
};

static bool compare_nearness(const struct pin_entry *entry, void *arg) {
  struct nearest *nearest = arg;
  /* The order of entries varies. Of two that are equally near the first by name is taken. */
  size_t distance = nearest->name == NULL ? FAR : nearest->distance + 1;
  if (!is_nearer(nearest->host, entry->name, &distance) ||
      (distance == nearest->distance && strcmp(entry->name, nearest->name) > 0))
    return true;
  free(nearest->name);
  nearest->name = must_copy(entry->name);
  nearest->distance = distance;
  return true;
}

/* The name of the entry that covers the host, else of the one with the nearest name; NULL: there is none. For
 * free(3). */
static char *similar_entry(const struct pin_policy *policy, const char *host) {
  struct pin_peer peer = {.names = &host, .name_count = 1, .now = time(NULL)};
  struct pin_verdict verdict;
  struct nearest nearest = {.host = host, .distance = FAR};
  bool is_host = strncmp(host, "*.", 2) != 0;
  if (is_host)
    pin_select(policy, &peer, &verdict);
  if (is_host && verdict.count > 0)
    return must_copy(verdict.findings[0].entry.name);
  /* Where the form is damaged, the entries before the damage are good enough for a guess. */
  if (policy->entry_count <= MOST_COMPARED)
    (void)pin_policy_visit(policy, compare_nearness, &nearest);
  return nearest.name;
}

static int refuse_absent(const struct existing_entries *existing, const char *host, const uint16_t *ports,
                         uint32_t port_count) {
  AUTO_TEXT asked = ports_format(ports, port_count);
  if (existing->count > 0) {
    const struct pin_entry *entry = &existing->items[0].entry;
    AUTO_TEXT there = ports_format(entry->ports, entry->port_count);
    return say_failure("%s: the policy has no entry for it on ports %s, but one on ports %s", host, asked,
                       there);
  }
  AUTO_TEXT similar = similar_entry(&existing->loaded.policy, host);
  if (existing->loaded.policy.entry_count == 0)
    say_error(
        "%s: the policy has no entry for it, nor for any other host; \"pinctl add HOST FILE%s\" pins one",
        host, same_policy());
  else if (similar == NULL)
    say_error("%s: the policy has no entry for it; \"pinctl list%s\" shows all", host, same_policy());
  else
    say_error("%s: the policy has no entry for it; did you mean \"%s\"?", host, similar);
  return EXIT_FAILED;
}

int existing_entries_choose(const struct existing_entries *existing, const char *host, const uint16_t *ports,
                            uint32_t port_count, struct existing_entry **ret_entry) {
  *ret_entry = NULL;
  for (size_t i = 0; i < existing->count; i++) {
    const struct pin_entry *entry = &existing->items[i].entry;
    if (port_count > 0 && !ports_equal(entry->ports, entry->port_count, ports, port_count))
      continue;
    if (*ret_entry != NULL)
      return refuse_several(existing, host);
    *ret_entry = &existing->items[i];
  }
  if (*ret_entry != NULL)
    return EXIT_DONE;
  return refuse_absent(existing, host, ports, port_count);
}

static struct existing_entry *find_entry(const struct existing_entries *existing,
                                         const struct pin_entry *entry) {
  for (size_t i = 0; i < existing->count; i++) {
    const struct pin_entry *other = &existing->items[i].entry;
    if (strcmp(other->name, entry->name) == 0 &&
        ports_equal(other->ports, other->port_count, entry->ports, entry->port_count))
      return &existing->items[i];
  }
  return NULL;
}

int existing_entries_covering(const struct change *change, struct existing_entries *existing,
                              const char *host, uint16_t port, struct existing_entry **ret_entry) {
  struct pin_verdict verdict;
  struct pin_peer peer = {.names = &host, .name_count = 1, .port = port, .now = time(NULL)};
  pin_select(&existing->loaded.policy, &peer, &verdict);
  if (verdict.count == 0) {
    AUTO_TEXT place = host_and_port_format(host, port);
    return say_failure("%s: no entry of the policy covers it", place);
  }
  /* A copy, since the selected entry is valid only until the next lookup. */
  struct pin_entry entry = entry_copy(&existing->entries.memory, &verdict.findings[0].entry);
  *ret_entry = find_entry(existing, &entry);
  if (*ret_entry == NULL && !collect(change, entry.name, existing))
    return refuse_damage(change);
  *ret_entry = find_entry(existing, &entry);
  return *ret_entry != NULL ? EXIT_DONE : EXIT_FAILED;
}

void existing_entries_clear(struct existing_entries *existing) {
  for (size_t i = 0; i < existing->count; i++) {
    free(existing->items[i].path);
    free(existing->items[i].text);
    dropin_free(existing->items[i].dropin);
  }
  free(existing->items);
  entries_clear(&existing->entries);
  policy_clear(&existing->loaded);
  *existing = (struct existing_entries){0};
}

void warn_without_backup(const struct existing_entry *item) {
  const char *name = item->entry.name;
  if (item->dropin->lists[PIN_LIST_BACKUP_PINS].count == 0)
    say_warning("%s: its entry has no backup pin now; \"pinctl backup-key %s%s\" makes the next key", name,
                name, same_policy());
}

/* How many digests of each kind an entry accepts. */
struct accepted {
  size_t keys, backups, issuers;
  bool all; /* require is "all": both a key and an issuer */
};

static struct accepted accepted_by_entry(const struct pin_entry *entry) {
  return (struct accepted){.keys =
                               entry->lists[PIN_LIST_PINS].count + entry->lists[PIN_LIST_FINGERPRINTS].count,
                           .backups = entry->lists[PIN_LIST_BACKUP_PINS].count,
                           .issuers = entry->lists[PIN_LIST_INTERMEDIATES].count,
                           .all = entry->require == PIN_REQUIRE_ALL};
}

static struct accepted accepted_by_dropin(const struct dropin *dropin) {
  const char *require = dropin->settings[DROPIN_REQUIRE];
  return (struct accepted){.keys = dropin->lists[PIN_LIST_PINS].count +
                                   dropin->lists[PIN_LIST_FINGERPRINTS].count,
                           .backups = dropin->lists[PIN_LIST_BACKUP_PINS].count,
                           .issuers = dropin->lists[PIN_LIST_INTERMEDIATES].count,
                           .all = require != NULL && strcmp(require, "all") == 0};
}

static bool is_backup_alone(const struct accepted *accepted) {
  return accepted->keys == 0 && accepted->backups > 0 && (accepted->issuers == 0 || accepted->all);
}

bool accepts_backup_alone(const struct dropin *dropin) {
  struct accepted accepted = accepted_by_dropin(dropin);
  return is_backup_alone(&accepted);
}

int refuse_backup_alone(const struct existing_entry *item, const struct dropin *later) {
  const struct pin_entry *entry = &item->entry;
  struct accepted before = accepted_by_entry(entry);
  struct accepted after = later == NULL ? before : accepted_by_dropin(later);
  after.backups += later == NULL ? 1 : 0;
  if (is_backup_alone(&before) || !is_backup_alone(&after))
    return EXIT_DONE;
  say_error(
      "%s:%u: the entry for \"%s\" names no key of a server; a backup would be the only key that it accepts",
      item->path, (unsigned)entry->line, entry->name);
  say_note("pin the key in use first: \"pinctl add %s FILE%s\", or with --from-server", entry->name,
           same_policy());
  return EXIT_FAILED;
}

int refuse_foreign_saying(const struct existing_entry *item, const char *what) {
  AUTO_TEXT list = import_list_in(item->path);
  if (list != NULL)
    return say_failure(
        "%s:%u: \"%s\" belongs to the imported list \"%s\"; import the list again with --without %s "
        "to take it out",
        item->path, (unsigned)item->entry.line, item->entry.name, list, item->entry.name);
  return say_failure("%s:%u: the entry for \"%s\" was written or edited by hand; %s", item->path,
                     (unsigned)item->entry.line, item->entry.name, what);
}

int refuse_foreign_adding(const struct existing_entry *item, enum pin_list list, const char *pin) {
  const char *name = pin_list_name(list);
  AUTO_TEXT what = item->entry.lists[list].count > 0
                       ? must_format("add to its %s: \"%s\"", name, pin)
                       : must_format("add this line to it: %s = [ \"%s\" ];", name, pin);
  return refuse_foreign_saying(item, what);
}

int refuse_foreign(const struct existing_entry *item) {
  return refuse_foreign_saying(item, "change it there");
}

int stage_new_entry(struct change *change, const struct dropin *dropin) {
  AUTO_TEXT name = dropin_file_name(dropin->host, dropin->ports, dropin->port_count);
  char *path = must_format("%s/%s", change->dropins, name);
  if (access(path, R_OK) == 0) {
    say_error("%s: exists and was written or edited by hand; nothing was changed", path);
    free(path);
    return EXIT_FAILED;
  }
  change_stage(change, path, NULL, dropin_render(dropin));
  return EXIT_DONE;
}

int edit_begin(const char *policy, bool dry_run, const char *host, struct edit *ret_edit) {
  *ret_edit = (struct edit){.change = change_new(policy, dry_run)};
  if (ret_edit->change == NULL)
    return EXIT_FAILED;
  return existing_entries_read(ret_edit->change, host, &ret_edit->existing);
}

size_t edit_stage(struct edit *edit) {
  size_t staged = 0;
  for (size_t i = 0; i < edit->existing.count; i++) {
    const struct existing_entry *item = &edit->existing.items[i];
    char *text = item->dropin == NULL ? NULL : dropin_render(item->dropin);
    if (text == NULL || strcmp(text, item->text) == 0) {
      free(text);
      continue;
    }
    change_stage(edit->change, must_copy(item->path), must_copy(item->text), text);
    staged++;
  }
  return staged;
}

void edit_end(struct edit *edit) {
  existing_entries_clear(&edit->existing);
  change_free(edit->change);
  *edit = (struct edit){0};
}
