/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdlib.h>
#include <time.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/json_stream.h"
#include "cli/output.h"
#include "cli/table.h"
#include "verbs/verbs.h"
#include "view/entry_names.h"
#include "view/entry_text.h"
#include "view/name_pattern.h"
#include "view/pauses.h"
#include "view/usable_policy.h"

static const struct option options[] = {SHARED_POLICY, SHARED_JSON};

/* What is shown. */
struct listing {
  const char *path;
  const struct pin_policy *policy;
  const struct entry_names *names;
  const struct pauses *pauses;
  struct table *table;
  struct json_stream json;
};

static void show_row(const struct pin_entry *entry, void *arg) {
  const struct listing *listing = arg;
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
  table_add(listing->table, (const char *const[]){name, ports, paused ? "paused" : mode_word(entry->mode),
                                                  pin_count, backup_count, issuer_count, expires, place});
}

static void add_settings(const struct listing *listing, struct json_stream *json) {
  const struct pin_policy *policy = listing->policy;
  AUTO_TEXT generation = must_format("%016llx", (unsigned long long)policy->generation);
  json_stream_add(json, "policy", json_text(listing->path));
  json_stream_add(json, "generation", json_text(generation));
  json_stream_add(json, "mode", json_text(mode_word(policy->mode)));
  json_stream_add(json, "blocked_keys", digests_json(&policy->blocked_keys));
  json_stream_add(json, "exempt_anchors", digests_json(&policy->exempt_anchors));
  json_stream_add(json, "certificate_names",
                  json_object_new_string(policy->ignores_certificate_names ? "ignore" : "count"));
  json_stream_add(json, "unlisted", json_text(unlisted_word(policy->unlisted)));
}

static void show_json(const struct pin_entry *entry, void *arg) {
  struct listing *listing = arg;
  json_stream_add(&listing->json, NULL, entry_json(entry));
}

static bool print_json(struct listing *listing) {
  struct json_stream *json = &listing->json;
  json_stream_open(json, NULL, '{');
  add_settings(listing, json);
  json_stream_open(json, "hosts", '[');
  bool good = entry_names_show(listing->names, listing->policy, show_json, listing);
  json_stream_close(json);
  json_stream_add(json, "pauses", pauses_json(listing->pauses));
  json_stream_close(json);
  return good;
}

static bool print_table(struct listing *listing) {
  AUTO_TEXT unlisted = unlisted_text(listing->policy);
  static const char *const headings[] = {"HOST",    "PORTS",   "MODE",  "PINS", "BACKUP",
                                         "ISSUERS", "EXPIRES", "WHERE", NULL};
  if (unlisted != NULL)
    say_note("%s: %s", listing->path, unlisted);
  if (listing->names->count == 0) {
    if (listing->policy->entry_count == 0)
      say_note("%s: no hosts", listing->path);
    return true;
  }
  static const struct table_form form = {
      .headings = headings, .wrapping = 1u << 0 | 1u << 1, .dispensable = "75614"};
  listing->table = table_new(&form);
  bool good = entry_names_show(listing->names, listing->policy, show_row, listing);
  table_print(listing->table);
  return good;
}

/* Marks those that a word fits. False: there is none. Only a pattern is held against each of them. */
static bool mark_fitting(const char *word, const struct entry_names *names, bool *fits) {
  bool found = false;
  if (!is_name_pattern(word)) {
    size_t at = entry_names_find(names, word);
    if (at < names->count)
      fits[at] = true;
    return at < names->count;
  }
  for (size_t i = 0; i < names->count; i++)
    if (name_fits(word, names->items[i]))
      fits[i] = found = true;
  return found;
}

/* Keeps those that one of the operands fits. False: an operand fits none, and it was said. */
static bool keep_fitting(const struct arguments *arguments, struct entry_names *names) {
  bool *fits = must_alloc(names->count, sizeof *fits);
  bool all_found = true;
  size_t kept = 0;
  for (size_t i = 0; i < arguments->operand_count; i++) {
    bool found = mark_fitting(arguments->operands[i], names, fits);
    if (!found)
      say_note("%s: no entry has such a name; \"pinctl show%s\" knows what covers a host",
               arguments->operands[i], same_policy());
    all_found = all_found && found;
  }
  for (size_t j = 0; j < names->count; j++)
    if (fits[j])
      names->items[kept++] = names->items[j];
  names->count = kept;
  free(fits);
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
    struct listing listing = {.path = path, .policy = &enforced.policy, .names = &names, .pauses = &pauses};
    if (arguments->operand_count > 0)
      found = keep_fitting(arguments, &names);
    pauses_tell(&pauses, now);
    good = arguments_has(arguments, OPTION_JSON) ? print_json(&listing) : print_table(&listing);
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
    .details = "PINS counts pins and fingerprints, ISSUERS intermediates and anchors. --json has\n"
               "all there is. HOST is the name of an entry, or a pattern (\"*.eu.example.com\");\n"
               "exit status 1 when no entry has such a name.",
    .example = "pinctl list",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
