/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/existing_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/edit_distance.h"
#include "base/file.h"
#include "base/host_port.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "edit/list_file.h"
#include "view/entry_text.h"

/* A name that was mistyped is looked for among so many. */
#define MOST_COMPARED 10000

/* The image may have been read through a directory laid out for checking; the names in it are the same. */
char *standing_path(const struct change *change, const char *file) {
  AUTO_TEXT directory = path_directory(file);
  bool is_dropin = strcmp(path_base(directory), "policy.d") == 0;
  return is_dropin ? must_format("%s/%s", change->dropins, path_base(file)) : must_copy(change->policy);
}

/* Ours: the file has the name pinctl gives it, still agrees with its digest, and holds this entry. */
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

static void add_standing(const struct change *change, const struct pin_entry *entry,
                         struct standings *standings) {
  standings->items = must_room(standings->items, standings->count, sizeof *standings->items);
  struct standing *standing = &standings->items[standings->count++];
  *standing = (struct standing){.entry = *entry, .path = standing_path(change, entry->file)};
  standing->dropin = own_dropin(entry, standing->path, &standing->text);
}

/* In place where that can be, so that the owner and mode of policy.d itself are judged as well. */
static bool load(const struct change *change, struct loaded_policy *loaded) {
  if (change->count > 0)
    return change_check(change, loaded);
  policy_ask(change->policy, loaded);
  return true;
}

/* False: a part of the compiled form is damaged. */
static bool collect(const struct change *change, const char *name, struct standings *standings) {
  struct entries *entries = &standings->entries;
  size_t first = entries->count;
  if (!entries_of_name(&standings->loaded.policy, name, entries))
    return false;
  for (size_t i = first; i < entries->count; i++)
    add_standing(change, &entries->items[i], standings);
  return true;
}

static int refuse_damage(const struct change *change) {
  return say_failure("%s: its compiled form is damaged; \"pinctl compile%s\" writes it anew", change->policy,
                     same_policy());
}

int standings_read(const struct change *change, const char *host, struct standings *ret_standings) {
  *ret_standings = (struct standings){0};
  struct loaded_policy *loaded = &ret_standings->loaded;
  if (!load(change, loaded))
    return EXIT_FAILED;
  if (loaded->status != PIN_OK)
    return change_refuse_policy(change, loaded);
  return collect(change, host, ret_standings) ? EXIT_DONE : refuse_damage(change);
}

static int refuse_several(const struct standings *standings, const char *host) {
  say_error("%s: has several entries; say which with --port:", host);
  for (size_t i = 0; i < standings->count; i++) {
    const struct pin_entry *entry = &standings->items[i].entry;
    AUTO_TEXT ports = ports_format(entry->ports, entry->port_count);
    say_error("  ports %s (%s:%u)", ports, standings->items[i].path, (unsigned)entry->line);
  }
  return EXIT_FAILED;
}

struct nearest {
  const char *host;
  char *name; /* NULL: none is near */
  size_t distance;
};

/* The entry lives no longer than the call. */
static bool look_nearer(const struct pin_entry *entry, void *arg) {
  struct nearest *nearest = arg;
  /* Entries come in another order each time: of two that are as near it is the first by name. */
  size_t distance = nearest->name == NULL ? FAR : nearest->distance + 1;
  if (!is_nearer(nearest->host, entry->name, &distance) ||
      (distance == nearest->distance && strcmp(entry->name, nearest->name) > 0))
    return true;
  free(nearest->name);
  nearest->name = must_copy(entry->name);
  nearest->distance = distance;
  return true;
}

/* The entry that covers it, or the one whose name is nearest; NULL: there is none. For free(3). */
static char *entry_that_was_meant(const struct pin_policy *policy, const char *host) {
  struct pin_peer peer = {.names = &host, .name_count = 1, .now = time(NULL)};
  struct pin_verdict verdict;
  struct nearest nearest = {.host = host, .distance = FAR};
  bool is_host = strncmp(host, "*.", 2) != 0;
  if (is_host)
    pin_select(policy, &peer, &verdict);
  if (is_host && verdict.count > 0)
    return must_copy(verdict.findings[0].entry.name);
  /* Of a damaged form what was found before the damage is as good a guess. */
  if (policy->entry_count <= MOST_COMPARED)
    (void)pin_policy_visit(policy, look_nearer, &nearest);
  return nearest.name;
}

static int refuse_absent(const struct standings *standings, const char *host, const uint16_t *ports,
                         uint32_t port_count) {
  AUTO_TEXT asked = ports_format(ports, port_count);
  if (standings->count > 0) {
    const struct pin_entry *entry = &standings->items[0].entry;
    AUTO_TEXT there = ports_format(entry->ports, entry->port_count);
    return say_failure("%s: the policy has no entry for it on ports %s, but one on ports %s", host, asked,
                       there);
  }
  AUTO_TEXT meant = entry_that_was_meant(&standings->loaded.policy, host);
  if (standings->loaded.policy.entry_count == 0)
    say_error(
        "%s: the policy has no entry for it, nor for any other host; \"pinctl add HOST FILE%s\" pins one",
        host, same_policy());
  else if (meant == NULL)
    say_error("%s: the policy has no entry for it; \"pinctl list%s\" shows all", host, same_policy());
  else
    say_error("%s: the policy has no entry for it; did you mean \"%s\"?", host, meant);
  return EXIT_FAILED;
}

int standings_choose(const struct standings *standings, const char *host, const uint16_t *ports,
                     uint32_t port_count, struct standing **ret_standing) {
  *ret_standing = NULL;
  for (size_t i = 0; i < standings->count; i++) {
    const struct pin_entry *entry = &standings->items[i].entry;
    if (port_count > 0 && !ports_equal(entry->ports, entry->port_count, ports, port_count))
      continue;
    if (*ret_standing != NULL)
      return refuse_several(standings, host);
    *ret_standing = &standings->items[i];
  }
  if (*ret_standing != NULL)
    return EXIT_DONE;
  return refuse_absent(standings, host, ports, port_count);
}

static struct standing *find_entry(const struct standings *standings, const struct pin_entry *entry) {
  for (size_t i = 0; i < standings->count; i++) {
    const struct pin_entry *other = &standings->items[i].entry;
    if (strcmp(other->name, entry->name) == 0 &&
        ports_equal(other->ports, other->port_count, entry->ports, entry->port_count))
      return &standings->items[i];
  }
  return NULL;
}

int standings_covering(const struct change *change, struct standings *standings, const char *host,
                       uint16_t port, struct standing **ret_standing) {
  struct pin_verdict verdict;
  struct pin_peer peer = {.names = &host, .name_count = 1, .port = port, .now = time(NULL)};
  pin_select(&standings->loaded.policy, &peer, &verdict);
  if (verdict.count == 0) {
    AUTO_TEXT place = host_and_port_format(host, port);
    return say_failure("%s: no entry of the policy covers it", place);
  }
  /* What was selected lives until the next look at the policy. */
  struct pin_entry entry = entry_copy(&standings->entries.memory, &verdict.findings[0].entry);
  *ret_standing = find_entry(standings, &entry);
  if (*ret_standing == NULL && !collect(change, entry.name, standings))
    return refuse_damage(change);
  *ret_standing = find_entry(standings, &entry);
  return *ret_standing != NULL ? EXIT_DONE : EXIT_FAILED;
}

void standings_clear(struct standings *standings) {
  for (size_t i = 0; i < standings->count; i++) {
    free(standings->items[i].path);
    free(standings->items[i].text);
    dropin_free(standings->items[i].dropin);
  }
  free(standings->items);
  entries_clear(&standings->entries);
  policy_clear(&standings->loaded);
  *standings = (struct standings){0};
}

void warn_without_backup(const struct standing *standing) {
  const char *name = standing->entry.name;
  if (standing->dropin->lists[PIN_LIST_BACKUP_PINS].count == 0)
    say_warning("%s: its entry has no backup pin now; \"pinctl backup-key %s%s\" makes the next key", name,
                name, same_policy());
}

/* How many ways there are to be accepted. */
struct ways {
  size_t keys, backups, issuers;
  bool all;
};

static struct ways ways_of_entry(const struct pin_entry *entry) {
  return (struct ways){.keys = entry->lists[PIN_LIST_PINS].count + entry->lists[PIN_LIST_FINGERPRINTS].count,
                       .backups = entry->lists[PIN_LIST_BACKUP_PINS].count,
                       .issuers = entry->lists[PIN_LIST_INTERMEDIATES].count,
                       .all = entry->require == PIN_REQUIRE_ALL};
}

static struct ways ways_of_dropin(const struct dropin *dropin) {
  const char *require = dropin->settings[DROPIN_REQUIRE];
  return (struct ways){.keys =
                           dropin->lists[PIN_LIST_PINS].count + dropin->lists[PIN_LIST_FINGERPRINTS].count,
                       .backups = dropin->lists[PIN_LIST_BACKUP_PINS].count,
                       .issuers = dropin->lists[PIN_LIST_INTERMEDIATES].count,
                       .all = require != NULL && strcmp(require, "all") == 0};
}

static bool is_backup_alone(const struct ways *ways) {
  return ways->keys == 0 && ways->backups > 0 && (ways->issuers == 0 || ways->all);
}

bool accepts_backup_alone(const struct dropin *dropin) {
  struct ways ways = ways_of_dropin(dropin);
  return is_backup_alone(&ways);
}

int refuse_backup_alone(const struct standing *standing, const struct dropin *later) {
  const struct pin_entry *entry = &standing->entry;
  struct ways before = ways_of_entry(entry);
  struct ways after = later == NULL ? before : ways_of_dropin(later);
  after.backups += later == NULL ? 1 : 0;
  if (is_backup_alone(&before) || !is_backup_alone(&after))
    return EXIT_DONE;
  say_error(
      "%s:%u: the entry for \"%s\" names no key of a server; a backup would be the only one that it accepts",
      standing->path, (unsigned)entry->line, entry->name);
  say_note("a backup stands beside the key in use: first \"pinctl add %s FILE%s\", or with --from-server",
           entry->name, same_policy());
  return EXIT_FAILED;
}

int refuse_foreign_saying(const struct standing *standing, const char *what) {
  AUTO_TEXT list = import_list_in(standing->path);
  if (list != NULL)
    return say_failure(
        "%s:%u: \"%s\" belongs to the imported list \"%s\"; import the list again with --without %s "
        "to take it out",
        standing->path, (unsigned)standing->entry.line, standing->entry.name, list, standing->entry.name);
  return say_failure("%s:%u: the entry for \"%s\" was written or edited by hand; %s", standing->path,
                     (unsigned)standing->entry.line, standing->entry.name, what);
}

int refuse_foreign_adding(const struct standing *standing, enum pin_list list, const char *pin) {
  const char *name = pin_list_name(list);
  AUTO_TEXT what = standing->entry.lists[list].count > 0
                       ? must_format("add to its %s: \"%s\"", name, pin)
                       : must_format("add this line to it: %s = [ \"%s\" ];", name, pin);
  return refuse_foreign_saying(standing, what);
}

int refuse_foreign(const struct standing *standing) {
  return refuse_foreign_saying(standing, "change it there");
}

int standing_stage_new(struct change *change, const struct dropin *dropin) {
  AUTO_TEXT name = dropin_file_name(dropin->host, dropin->ports, dropin->port_count);
  char *path = must_format("%s/%s", change->dropins, name);
  FILE *present = fopen(path, "re");
  if (present != NULL) {
    fclose(present);
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
  return standings_read(ret_edit->change, host, &ret_edit->standings);
}

size_t edit_stage(struct edit *edit) {
  size_t staged = 0;
  for (size_t i = 0; i < edit->standings.count; i++) {
    const struct standing *standing = &edit->standings.items[i];
    char *text = standing->dropin == NULL ? NULL : dropin_render(standing->dropin);
    if (text == NULL || strcmp(text, standing->text) == 0) {
      free(text);
      continue;
    }
    change_stage(edit->change, must_copy(standing->path), must_copy(standing->text), text);
    staged++;
  }
  return staged;
}

void edit_end(struct edit *edit) {
  standings_clear(&edit->standings);
  change_free(edit->change);
  *edit = (struct edit){0};
}
