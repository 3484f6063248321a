/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "cli/prompt.h"
#include "edit/existing_entry.h"
#include "rotate/rotation_plan.h"

/*
 * Finds pins that are no longer in use. A key that was not seen is not enough: all servers of the entry
 * must have been asked throughout that time, and the policy must have named the pin throughout.
 */

/* One entry and the servers that it decides about. */
struct usage {
  const struct watch *watch;
  const struct rotation_settings *settings;
  const struct watch_host *first; /* the first of its servers that were asked */
  uint16_t *ports;
  size_t port_count;
  int64_t since; /* a key seen later is in use */
};

/* A pin of the entry that may be retired. */
struct unused {
  const struct pin_digest *key;
  enum pin_list list;
  int64_t last_seen; /* 0: never */
};

static bool is_same_entry(const struct pin_entry *a, const struct pin_entry *b) {
  return a->line == b->line && strcmp(a->file, b->file) == 0 && strcmp(a->name, b->name) == 0;
}

/* The first server of an entry represents it. */
static bool is_first(const struct watch *watch, const struct watch_host *host) {
  for (const struct watch_host *other = watch->hosts; other < host; other++)
    if (other->covered && is_same_entry(&other->entry, &host->entry))
      return false;
  return true;
}

static bool decides(const struct pin_policy *policy, const struct pin_entry *entry, uint16_t port,
                    int64_t now) {
  struct pin_verdict verdict;
  struct pin_peer peer = {.names = &entry->name, .name_count = 1, .port = port, .now = now};
  pin_select(policy, &peer, &verdict);
  return verdict.count == 1 && is_same_entry(&verdict.findings[0].entry, entry);
}

/* The ports that an entry names, or else all that were asked lately. */
static bool find_ports(const struct pin_policy *policy, struct usage *usage) {
  const struct pin_entry *entry = &usage->first->entry;
  uint16_t *seen = NULL;
  size_t count = entry->port_count;
  bool good = count > 0 || history_ports(usage->settings->history, entry->name, usage->since, &seen, &count);
  const uint16_t *candidates = seen == NULL ? entry->ports : seen;
  usage->ports = must_alloc(count + 1, sizeof *usage->ports);
  for (size_t i = 0; good && i < count; i++)
    if (decides(policy, entry, candidates[i], usage->watch->now))
      usage->ports[usage->port_count++] = candidates[i];
  free(seen);
  return good;
}

static bool is_covered(const struct usage *usage) {
  const char *host = usage->first->host;
  for (size_t i = 0; i < usage->port_count; i++)
    if (!history_covers(usage->settings->history, host, usage->ports[i], usage->since, usage->watch->now))
      return false;
  return usage->port_count > 0;
}

/* Whether all servers of the entry were seen now and are accepted; otherwise no pin is retired. */
static bool are_all_well(const struct usage *usage) {
  for (size_t i = 0; i < usage->watch->count; i++) {
    const struct watch_host *host = &usage->watch->hosts[i];
    bool ours = strcmp(host->host, usage->first->host) == 0 &&
                (!host->covered || is_same_entry(&host->entry, &usage->first->entry));
    if (ours && (!host->seen || host->outcome != PIN_ACCEPTED))
      return false;
  }
  return true;
}

static bool is_shown_now(const struct usage *usage, const struct pin_digest *key) {
  for (size_t i = 0; i < usage->watch->count; i++) {
    const struct watch_host *host = &usage->watch->hosts[i];
    for (size_t j = 0; j < host->key_count && strcmp(host->host, usage->first->host) == 0; j++)
      if (memcmp(&host->keys[j].key, key, sizeof *key) == 0)
        return true;
  }
  return false;
}

static bool was_named_all_the_time(const struct usage *usage, const struct pin_digest *key) {
  for (size_t i = 0; i < usage->port_count; i++)
    if (history_named_since(usage->settings->history, usage->first->host, usage->ports[i], key) >
        usage->since)
      return false;
  return true;
}

/* A backup pin that was never in use is not retired. */
static size_t find_in(const struct usage *usage, enum pin_list list, struct unused *unused) {
  const struct pin_digest_list *pins = &usage->first->entry.lists[list];
  size_t count = 0;
  for (uint32_t i = 0; i < pins->count; i++) {
    const struct pin_digest *key = &pins->digests[i];
    int64_t seen = history_last_seen(usage->settings->history, usage->first->host, key);
    if (seen > usage->since || (seen == 0 && list == PIN_LIST_BACKUP_PINS) || is_shown_now(usage, key) ||
        !was_named_all_the_time(usage, key))
      continue;
    unused[count++] = (struct unused){.key = key, .list = list, .last_seen = seen};
  }
  return count;
}

/* The last pin stays. If all are unused, the one that was used last stays. */
static size_t keep_one(const struct usage *usage, struct unused *unused, size_t count) {
  size_t latest = 0;
  if (count == 0 || count < usage->first->entry.lists[PIN_LIST_PINS].count)
    return count;
  for (size_t i = 1; i < count; i++)
    latest = unused[i].last_seen > unused[latest].last_seen ? i : latest;
  unused[latest] = unused[count - 1];
  return count - 1;
}

static void add_steps(const struct usage *usage, const struct unused *unused, size_t count,
                      struct rotation *rotation) {
  for (size_t i = 0; i < count; i++) {
    long long days = (long long)((usage->watch->now - unused[i].last_seen) / SECONDS_PER_DAY);
    struct rotation_step step = {
        .kind = ROTATION_RETIRE, .host = usage->first, .list = unused[i].list, .key = *unused[i].key};
    step.text = unused[i].last_seen == 0
                    ? must_format("never seen, although it was watched for more than %lld days",
                                  (long long)(usage->settings->retire_seconds / SECONDS_PER_DAY))
                    : must_format("not seen for %lld days", days);
    rotation_add(rotation, &step);
  }
}

/* An entry for several names is skipped, since not all of its servers are known. */
static bool find_unused_of(const struct pin_policy *policy, struct usage *usage, struct rotation *rotation) {
  const struct pin_entry *entry = &usage->first->entry;
  size_t most = (size_t)entry->lists[PIN_LIST_PINS].count + entry->lists[PIN_LIST_BACKUP_PINS].count;
  if (entry->kind == PIN_NAME_WILDCARD || entry->include_subdomains || !are_all_well(usage))
    return true;
  if (!find_ports(policy, usage))
    return false;
  if (!is_covered(usage))
    return true;
  struct unused *unused = must_alloc(most, sizeof *unused);
  size_t count = keep_one(usage, unused, find_in(usage, PIN_LIST_PINS, unused));
  count += find_in(usage, PIN_LIST_BACKUP_PINS, unused + count);
  add_steps(usage, unused, count, rotation);
  free(unused);
  return true;
}

bool rotation_find_unused(const struct watch *watch, const struct pin_policy *policy,
                          const struct rotation_settings *settings, struct rotation *rotation) {
  bool good = true;
  for (size_t i = 0; good && i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    struct usage usage = {
        .watch = watch, .settings = settings, .first = host, .since = watch->now - settings->retire_seconds};
    if (!host->covered || !is_first(watch, host))
      continue;
    good = find_unused_of(policy, &usage, rotation);
    free(usage.ports);
  }
  return good;
}

/* ---- Steps that only change the history ---- */

static bool propose(struct rotation_step *step, const struct rotation_doing *doing) {
  AUTO_TEXT host = must_copy(step->host->host);
  bool is_new = false;
  struct proposal proposal = {.host = host,
                              .port = step->host->port,
                              .list = step->list,
                              .key = step->key,
                              .subject = step->text,
                              .verified = step->verified};
  step->done = proposal_make(doing->history, &proposal, &is_new);
  return step->done;
}

static bool settle(struct rotation_step *step, const struct rotation_doing *doing) {
  AUTO_TEXT host = must_copy(step->host->host);
  struct proposal proposal = {.host = host, .port = step->host->port, .list = step->list, .key = step->key};
  step->done = proposal_decide(doing->history, &proposal, PROPOSAL_APPROVED);
  return step->done;
}

/* ---- Steps that change the policy ---- */

/* Servers that are accepted now must still be accepted with the new policy. */
static int check_servers(const struct change *change, const struct watch *watch) {
  struct loaded_policy loaded;
  int status = EXIT_DONE;
  change_check(change, &loaded);
  for (size_t i = 0; loaded.status == PIN_OK && status == EXIT_DONE && i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    struct pin_verdict verdict;
    if (!host->seen || host->outcome != PIN_ACCEPTED)
      continue;
    watch_judge(&loaded.policy, host, watch->now, &verdict);
    if (verdict.outcome == PIN_ACCEPTED)
      continue;
    AUTO_TEXT place = watch_host_name(host);
    say_error("%s: would no longer be accepted: %s; nothing was changed", place,
              pin_reason_text(verdict.reason));
    status = EXIT_FAILED;
  }
  policy_clear(&loaded);
  return status;
}

static int refuse_by_hand(const struct rotation_step *step, const struct existing_entry *item,
                          const char *pin) {
  const char *from = pin_list_name(step->list);
  AUTO_TEXT what = step->kind == ROTATION_PROMOTE
                       ? must_format("move \"%s\" there from its backup_pins to its pins", pin)
                       : must_format("take \"%s\" there out of its %s", pin, from);
  return refuse_foreign_saying(item, what);
}

/* The policy may have changed since the step was worked out. */
static int change_entry(const struct rotation_step *step, struct existing_entry *item) {
  char pin[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&step->key, pin);
  if (item->dropin == NULL)
    return refuse_by_hand(step, item, pin);
  if (!dropin_drop_pin(item->dropin, step->list, pin))
    return say_failure("%s:%u: %s is not, or no longer, among its %s; does it come from a pin set?",
                       item->path, (unsigned)item->entry.line, pin, pin_list_name(step->list));
  if (step->kind == ROTATION_PROMOTE)
    dropin_put_pin(item->dropin, PIN_LIST_PINS, pin);
  if (step->kind == ROTATION_RETIRE && step->list == PIN_LIST_PINS &&
      item->dropin->lists[PIN_LIST_PINS].count == 0)
    return say_failure("%s:%u: %s is its last pin; nothing was changed", item->path,
                       (unsigned)item->entry.line, pin);
  return EXIT_DONE;
}

static int change_policy(const struct rotation_step *step, const struct rotation_doing *doing) {
  struct edit edit;
  struct existing_entry *item = NULL;
  const struct watch_host *host = step->host;
  int status = edit_begin(doing->policy, doing->dry_run, host->host, &edit);
  if (status == EXIT_DONE)
    status = existing_entries_covering(edit.change, &edit.existing, host->host, host->port, &item);
  if (status == EXIT_DONE)
    status = change_entry(step, item);
  if (status == EXIT_DONE) {
    edit_stage(&edit);
    status = check_servers(edit.change, doing->watch);
  }
  if (status == EXIT_DONE)
    status = change_commit(edit.change);
  if (status == EXIT_DONE && step->kind == ROTATION_PROMOTE)
    warn_without_backup(item);
  edit_end(&edit);
  return status;
}

static bool agreed(const struct rotation_step *step, const struct rotation_doing *doing) {
  static const char *const words[] = {"yes", "no", NULL};
  char pin[PIN_DIGEST_TEXT_SIZE];
  if (doing->yes || doing->dry_run)
    return true;
  if (!question_possible())
    return false;
  pin_digest_format(&step->key, pin);
  AUTO_TEXT place = watch_host_name(step->host);
  put(stderr, PLAIN, "%s: %s\n", place, pin);
  put(stderr, PLAIN, "  %s\n", step->text);
  return question_ask(step->kind == ROTATION_PROMOTE ? "Make it one of the pins:"
                                                     : "Take it out of the policy:",
                      words) == 0;
}

static int change_if_agreed(struct rotation_step *step, const struct rotation_doing *doing) {
  const struct watch_host *host = step->host;
  bool promoting = step->kind == ROTATION_PROMOTE;
  char pin[PIN_DIGEST_TEXT_SIZE];
  if (!agreed(step, doing))
    return EXIT_DONE;
  int status = change_policy(step, doing);
  if (status != EXIT_DONE || doing->dry_run)
    return status;
  step->done = true;
  pin_digest_format(&step->key, pin);
  if (promoting)
    say_note("%s: %s is one of its pins now; the old ones stay until they are retired", host->host, pin);
  else
    say_note("%s: %s is no longer in its %s", host->host, pin, pin_list_name(step->list));
  bool noted = decision_note(doing->history, host->host, host->port, step->list, &step->key,
                             promoting ? "promoted" : "retired");
  return noted ? EXIT_DONE : EXIT_FAILED;
}

int rotation_do(struct rotation *rotation, const struct rotation_doing *doing) {
  int worst = EXIT_DONE;
  for (size_t i = 0; i < rotation->count; i++) {
    struct rotation_step *step = &rotation->items[i];
    int status = EXIT_DONE;
    if (step->kind == ROTATION_PROMOTE || step->kind == ROTATION_RETIRE)
      status = change_if_agreed(step, doing);
    else if (step->kind == ROTATION_NEW && !doing->dry_run)
      status = propose(step, doing) ? EXIT_DONE : EXIT_FAILED;
    else if (step->kind == ROTATION_SETTLED && !doing->dry_run)
      status = settle(step, doing) ? EXIT_DONE : EXIT_FAILED;
    worst = status > worst ? status : worst;
  }
  return worst;
}
