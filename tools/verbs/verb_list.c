/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/table.h"
#include "verbs/verbs.h"
#include "view/enforced_policy.h"
#include "view/entry_text.h"
#include "view/name_pattern.h"
#include "view/pauses.h"

static const struct option options[] = {SHARED_POLICY, SHARED_JSON};

/* What is shown. */
struct listing {
  const char *path;
  const struct pin_policy *policy;
  const struct entries *entries;
  const struct pauses *pauses;
};

static void add_row(struct table *table, const struct listing *listing, const struct pin_entry *entry) {
  uint32_t backups = entry->lists[PIN_LIST_BACKUP_PINS].count;
  uint32_t issuers = entry->lists[PIN_LIST_INTERMEDIATES].count + entry->lists[PIN_LIST_ANCHORS].count;
  uint32_t pins = entry->lists[PIN_LIST_PINS].count + entry->lists[PIN_LIST_FINGERPRINTS].count;
  AUTO_TEXT name = must_format("%s%s", entry->name, entry->include_subdomains ? " (+ below)" : "");
  AUTO_TEXT ports = ports_format(entry->ports, entry->port_count);
  AUTO_TEXT pin_count = must_format("%u", (unsigned)pins);
  AUTO_TEXT backup_count = must_format("%u", (unsigned)backups);
  AUTO_TEXT issuer_count = must_format("%u", (unsigned)issuers);
  AUTO_TEXT expires = expiry_text(entry->expires);
  AUTO_TEXT place = entry_place(entry, listing->path);
  bool paused = entry->mode == PIN_MODE_ENFORCE && pauses_until(listing->pauses, entry->name) > 0;
  table_add(table, (const char *const[]){name, ports, paused ? "paused" : mode_word(entry->mode), pin_count,
                                         backup_count, issuer_count, expires, place});
}

static json_object *digest_list_json(const struct pin_digest_list *list) {
  json_object *array = json_object_new_array();
  for (uint32_t i = 0; i < list->count; i++) {
    char text[PIN_DIGEST_TEXT_SIZE];
    pin_digest_format(&list->digests[i], text);
    json_object_array_add(array, json_text(text));
  }
  return array;
}

static void print_json(const struct listing *listing) {
  const struct pin_policy *policy = listing->policy;
  const struct entries *entries = listing->entries;
  json_object *json = json_object_new_object();
  AUTO_TEXT generation = must_format("%016llx", (unsigned long long)policy->generation);
  json_object_object_add(json, "policy", json_text(listing->path));
  json_object_object_add(json, "generation", json_text(generation));
  json_object_object_add(json, "mode", json_text(mode_word(policy->mode)));
  json_object_object_add(json, "blocked_keys", digest_list_json(&policy->blocked_keys));
  json_object_object_add(json, "exempt_anchors", digest_list_json(&policy->exempt_anchors));
  json_object_object_add(json, "certificate_names",
                         json_object_new_string(policy->ignores_certificate_names ? "ignore" : "count"));
  json_object_object_add(json, "unlisted", json_text(unlisted_word(policy->unlisted)));
  json_object *hosts = json_object_new_array();
  for (size_t i = 0; i < entries->count; i++)
    json_object_array_add(hosts, entry_json(&entries->items[i]));
  json_object_object_add(json, "hosts", hosts);
  json_object_object_add(json, "pauses", pauses_json(listing->pauses));
  json_print(json);
}

static void print_table(const struct listing *listing) {
  const struct entries *entries = listing->entries;
  AUTO_TEXT unlisted = unlisted_text(listing->policy);
  static const char *const headings[] = {"HOST",    "PORTS",   "MODE",  "PINS", "BACKUP",
                                         "ISSUERS", "EXPIRES", "WHERE", NULL};
  if (unlisted != NULL)
    say_note("%s: %s", listing->path, unlisted);
  if (entries->count == 0) {
    if (listing->policy->entry_count == 0)
      say_note("%s: no hosts", listing->path);
    return;
  }
  static const struct table_form form = {
      .headings = headings, .wrapping = 1u << 0 | 1u << 1, .dispensable = "75614"};
  struct table *table = table_new(&form);
  for (size_t i = 0; i < entries->count; i++)
    add_row(table, listing, &entries->items[i]);
  table_print(table);
}

/* Keeps those that one of the operands fits. False: an operand fits none, and it was said. */
static bool keep_fitting(const struct arguments *arguments, struct entries *entries) {
  bool *fits = must_alloc(entries->count, sizeof *fits);
  bool all_found = true;
  size_t kept = 0;
  for (size_t i = 0; i < arguments->operand_count; i++) {
    bool found = false;
    for (size_t j = 0; j < entries->count; j++)
      if (name_fits(arguments->operands[i], entries->items[j].name))
        fits[j] = found = true;
    if (!found)
      say_note("%s: no entry has such a name; \"pinctl show\" knows what covers a host",
               arguments->operands[i]);
    all_found = all_found && found;
  }
  for (size_t j = 0; j < entries->count; j++)
    if (fits[j])
      entries->items[kept++] = entries->items[j];
  entries->count = kept;
  free(fits);
  return all_found;
}

static int run(const struct arguments *arguments) {
  const char *path = arguments_policy(arguments);
  struct enforced_policy enforced;
  struct entries entries = {0};
  struct pauses pauses;
  int64_t now = time(NULL);
  bool good = enforced_policy_show(path, &enforced) && entries_read(&enforced.policy, &entries);
  bool found = true;
  pauses_of(path, now, &pauses);
  if (good) {
    struct listing listing = {path, &enforced.policy, &entries, &pauses};
    entries_sort_by_name(&entries);
    if (arguments->operand_count > 0)
      found = keep_fitting(arguments, &entries);
    pauses_tell(&pauses, now);
    if (arguments_has(arguments, OPTION_JSON))
      print_json(&listing);
    else
      print_table(&listing);
  }
  pauses_clear(&pauses);
  entries_clear(&entries);
  enforced_policy_close(&enforced);
  return !good ? EXIT_FAILED : found ? EXIT_DONE : EXIT_FINDING;
}

const struct verb verb_list = {
    .name = "list",
    .operands = "[HOST]...",
    .summary = "List the hosts of the policy",
    .details = "PINS counts pins and fingerprints, ISSUERS intermediates and anchors. --json has\n"
               "all there is. HOST is the name of an entry, or a pattern (\"*.eu.example.com\");\n"
               "exit status 1 when no entry has such a name.",
    .example = "pinctl list",
    .options = options,
    .option_count = COUNT_OF(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
