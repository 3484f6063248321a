/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "base/must_use.h"
#include "cli/arguments.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/table.h"
#include "verbs/verbs.h"
#include "view/entry_text.h"
#include "view/name_match.h"
#include "view/pauses.h"
#include "view/usable_policy.h"

/*
 * ---- All entries of a policy in the order of their names ----
 *
 * Only the names are kept in memory, so that a large compiled form can stay in its file (policy_ask).
 */

struct entry_names {
  const char **items; /* each once, in byte order */
  size_t count;
  struct arena memory;
};

/*
 * Is called for each entry; those of one name come in the order of entries_sort_by_name. The entry is valid
 * only during the call, in which nothing may be looked up in the policy.
 */
typedef void entry_show_fn(const struct pin_entry *entry, void *arg);

static bool report_damage(void) {
  return say_error("the policy's image is damaged");
}

static bool keep_name(const struct pin_entry *entry, void *arg) {
  struct entry_names *names = arg;
  names->items[names->count++] = arena_text(&names->memory, entry->name);
  return true;
}

/* Reads the names, and verifies each entry. False, having said so: the image is damaged. To be cleared in any
 * case. */
static bool entry_names_read(const struct pin_policy *policy, struct entry_names *ret_names) {
  size_t kept = 0;
  *ret_names = (struct entry_names){.items = must_alloc(policy->entry_count, sizeof *ret_names->items)};
  if (pin_policy_visit(policy, keep_name, ret_names) != PIN_OK)
    return report_damage();
  qsort(ret_names->items, ret_names->count, sizeof *ret_names->items, texts_compare);
  for (size_t i = 0; i < ret_names->count; i++)
    if (kept == 0 || strcmp(ret_names->items[kept - 1], ret_names->items[i]) != 0)
      ret_names->items[kept++] = ret_names->items[i];
  ret_names->count = kept;
  return true;
}

static size_t find(const struct entry_names *names, const char *name) {
  const char **found = bsearch(&name, names->items, names->count, sizeof *names->items, texts_compare);
  return found == NULL ? names->count : (size_t)(found - names->items);
}

/* The index of a name, which need not be canonical; names->count: it is not there. */
static size_t entry_names_find(const struct entry_names *names, const char *name) {
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  size_t at = find(names, name);
  return at == names->count && host_and_port_read(name, &host, &port) ? find(names, host) : at;
}

static void entry_names_clear(struct entry_names *names) {
  free(names->items);
  arena_clear(&names->memory);
  *names = (struct entry_names){0};
}

/* The entries of one name, which point into the image. */
struct same_name {
  const char *name;
  struct entries entries;
  size_t room;
};

static bool keep_entry(const struct pin_entry *entry, void *arg) {
  struct same_name *same = arg;
  struct entries *entries = &same->entries;
  if (strcmp(entry->name, same->name) != 0)
    return true;
  if (entries->count == same->room) {
    same->room = 2 * same->room + 1;
    entries->items = must_grow(entries->items, same->room, sizeof *entries->items);
  }
  entries->items[entries->count++] = *entry;
  return true;
}

/* Calls `show` for each entry of these names. False, having said so: the image has been damaged meanwhile. */
static bool entry_names_show(const struct entry_names *names, const struct pin_policy *policy,
                             entry_show_fn *show, void *arg) {
  struct same_name same = {0};
  bool good = true;
  for (size_t i = 0; i < names->count && good; i++) {
    const char *name = names->items[i];
    const char *base = name + (strncmp(name, "*.", 2) == 0 ? 2 : 0);
    same.name = name;
    same.entries.count = 0;
    good = pin_policy_visit_base(policy, base, keep_entry, &same) == PIN_OK && same.entries.count > 0;
    entries_sort_by_name(&same.entries);
    for (size_t j = 0; j < same.entries.count && good; j++)
      show(&same.entries.items[j], arg);
  }
  entries_clear(&same.entries);
  return good || report_damage();
}

static const struct option options[] = {SHARED_POLICY, SHARED_JSON};

/* One run of the verb. */
struct list_report {
  const char *path;
  const struct pin_policy *policy;
  const struct entry_names *names;
  const struct pauses *pauses;
  struct table *table;
  struct json_stream json;
};

static void show_row(const struct pin_entry *entry, void *arg) {
  const struct list_report *report = arg;
  uint32_t backups = entry->lists[PIN_LIST_BACKUP_PINS].count;
  uint32_t issuers = entry->lists[PIN_LIST_INTERMEDIATES].count + entry->lists[PIN_LIST_ANCHORS].count;
  uint32_t pins = entry->lists[PIN_LIST_PINS].count + entry->lists[PIN_LIST_FINGERPRINTS].count;
  AUTO_TEXT name = must_format("%s%s", entry->name, entry->include_subdomains ? " (+ below)" : "");
  AUTO_TEXT ports = ports_format(entry->ports, entry->port_count);
  AUTO_TEXT pin_count = must_format("%u", (unsigned)pins);
  AUTO_TEXT backup_count = must_format("%u", (unsigned)backups);
  AUTO_TEXT issuer_count = must_format("%u", (unsigned)issuers);
  AUTO_TEXT expires = expiry_text(entry->expires);
  AUTO_TEXT place = entry_place(entry, report->path);
  bool paused = entry->mode == PIN_MODE_ENFORCE && pauses_until(report->pauses, entry->name) > 0;
  table_add(report->table, (const char *const[]){name, ports, paused ? "paused" : mode_word(entry->mode),
                                                 pin_count, backup_count, issuer_count, expires, place});
}

static void add_settings(const struct list_report *report, struct json_stream *json) {
  const struct pin_policy *policy = report->policy;
  AUTO_TEXT generation = must_format("%016llx", (unsigned long long)policy->generation);
  json_stream_add(json, "policy", json_text(report->path));
  json_stream_add(json, "generation", json_text(generation));
  json_stream_add(json, "mode", json_text(mode_word(policy->mode)));
  json_stream_add(json, "blocked_keys", digests_json(&policy->blocked_keys));
  json_stream_add(json, "exempt_anchors", digests_json(&policy->exempt_anchors));
  json_stream_add(json, "certificate_names",
                  json_object_new_string(policy->ignores_certificate_names ? "ignore" : "count"));
  json_stream_add(json, "unlisted", json_text(unlisted_word(policy->unlisted)));
}

static void show_json(const struct pin_entry *entry, void *arg) {
  struct list_report *report = arg;
  json_stream_add(&report->json, NULL, entry_json(entry));
}

static bool print_json(struct list_report *report) {
  struct json_stream *json = &report->json;
  json_stream_open(json, NULL, '{');
  add_settings(report, json);
  json_stream_open(json, "hosts", '[');
  bool good = entry_names_show(report->names, report->policy, show_json, report);
  json_stream_close(json);
  json_stream_add(json, "pauses", pauses_json(report->pauses));
  json_stream_close(json);
  return good;
}

static bool print_table(struct list_report *report) {
  AUTO_TEXT unlisted = unlisted_text(report->policy);
  static const char *const headings[] = {"HOST",    "PORTS",   "MODE",  "PINS", "BACKUP",
                                         "ISSUERS", "EXPIRES", "WHERE", NULL};
  if (unlisted != NULL)
    say_note("%s: %s", report->path, unlisted);
  if (report->names->count == 0) {
    if (report->policy->entry_count == 0)
      say_note("%s: no hosts", report->path);
    return true;
  }
  static const struct table_form form = {
      .headings = headings, .wrapping = 1u << 0 | 1u << 1, .dispensable = "75614"};
  report->table = table_new(&form);
  bool good = entry_names_show(report->names, report->policy, show_row, report);
  table_print(report->table);
  return good;
}

/* Marks the names that a word matches. False: there is none. Only a pattern is compared with all names. */
static bool mark_matching(const char *word, const struct entry_names *names, bool *matches) {
  bool found = false;
  if (!is_name_pattern(word)) {
    size_t at = entry_names_find(names, word);
    if (at < names->count)
      matches[at] = true;
    return at < names->count;
  }
  for (size_t i = 0; i < names->count; i++)
    if (name_fits(word, names->items[i]))
      matches[i] = found = true;
  return found;
}

/* Keeps the names that an operand matches. False, having said so: an operand matches none. */
static bool keep_matching(const struct arguments *arguments, struct entry_names *names) {
  bool *matches = must_alloc(names->count, sizeof *matches);
  bool all_found = true;
  size_t kept = 0;
  for (size_t i = 0; i < arguments->operand_count; i++) {
    bool found = mark_matching(arguments->operands[i], names, matches);
    if (!found)
      say_note("%s: no entry has such a name; \"pinctl show%s\" knows what covers a host",
               arguments->operands[i], same_policy());
    all_found = all_found && found;
  }
  for (size_t j = 0; j < names->count; j++)
    if (matches[j])
      names->items[kept++] = names->items[j];
  names->count = kept;
  free(matches);
  return all_found;
}

static int run(const struct arguments *arguments) {
  const char *path = arguments_policy(arguments);
  struct enforced_policy enforced;
  struct entry_names names = {0};
  struct pauses pauses;
  int64_t now = time(NULL);
  bool good = enforced_policy_show_one(path, &enforced) && entry_names_read(&enforced.policy, &names);
  bool found = true;
  pauses_of(path, now, &pauses);
  if (good) {
    struct list_report report = {
        .path = path, .policy = &enforced.policy, .names = &names, .pauses = &pauses};
    if (arguments->operand_count > 0)
      found = keep_matching(arguments, &names);
    pauses_tell(&pauses, now);
    good = arguments_has(arguments, OPTION_JSON) ? print_json(&report) : print_table(&report);
  }
  pauses_clear(&pauses);
  entry_names_clear(&names);
  enforced_policy_close(&enforced);
  return !good ? EXIT_FAILED : found ? EXIT_DONE : EXIT_FINDING;
}

const struct verb verb_list = {
    .name = "list",
    .group = "Look at the policy",
    .operands = "[HOST]...",
    .summary = "List the hosts of the policy",
    .details = "PINS counts pins and fingerprints, ISSUERS counts intermediates and anchors.\n"
               "--json prints everything. HOST is the name of an entry, or a pattern\n"
               "(\"*.eu.example.com\"). Exit status 1 if no entry has such a name.",
    .example = "pinctl list",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
