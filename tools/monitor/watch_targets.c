/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/watch_targets.h"

#include <stdlib.h>
#include <string.h>

#include "base/host_port.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "probe/probe_options.h"
#include "view/entry_text.h"
#include "view/name_match.h"

static bool read_operand(const struct arguments *arguments, size_t index, char **ret_host,
                         uint16_t *ret_port) {
  const char *text = arguments->operands[index];
  *ret_port = 0;
  return arguments_host_and_port(arguments, text, ret_host, ret_port) &&
         (host_can_be_asked(*ret_host) ||
          wrong_usage(arguments->verb, "\"%s\": expected HOST or HOST:PORT", text));
}

bool operands_can_be_asked(const struct arguments *arguments) {
  bool good = true;
  for (size_t i = 0; good && i < arguments->operand_count; i++) {
    AUTO_TEXT host = NULL;
    uint16_t port = 0;
    good = read_operand(arguments, i, &host, &port);
  }
  return good;
}

/* Adds a server, unless it comes from a list. Port 0: 443. */
static void add_server(const struct arguments *arguments, const char *host, uint16_t port,
                       struct watch *watch) {
  port = port == 0 ? HTTPS_PORT : port;
  if (!watch_is_listed(watch, host, port))
    watch_add(watch, host, port, probe_options_protocol(arguments, port));
}

bool targets_from_operands(const struct arguments *arguments, bool patterns, struct watch *watch) {
  for (size_t i = 0; i < arguments->operand_count; i++) {
    AUTO_TEXT host = NULL;
    uint16_t port = 0;
    if (patterns && is_name_pattern(arguments->operands[i]))
      continue;
    if (!read_operand(arguments, i, &host, &port))
      return false;
    add_server(arguments, host, port, watch);
  }
  return true;
}

/* Adds nothing for a wildcard, which names no server, or for an entry that is off. */
static void add_entry(const struct arguments *arguments, const struct pin_entry *entry, struct watch *watch) {
  static const uint16_t usual = HTTPS_PORT;
  const uint16_t *ports = entry->port_count == 0 ? &usual : entry->ports;
  uint32_t count = entry->port_count == 0 ? 1 : entry->port_count;
  watch->wildcards += entry->kind == PIN_NAME_WILDCARD ? 1 : 0;
  for (uint32_t i = 0; i < count && entry->mode != PIN_MODE_OFF && entry->kind != PIN_NAME_WILDCARD; i++)
    add_server(arguments, entry->name, ports[i], watch);
}

/* Adds the servers of all entries with this name. Returns how many. */
static size_t add_entries_of(const struct arguments *arguments, const struct entries *entries,
                             const char *host, struct watch *watch) {
  size_t before = watch->count;
  for (size_t i = 0; i < entries->count; i++)
    if (strcmp(entries->items[i].name, host) == 0)
      add_entry(arguments, &entries->items[i], watch);
  return watch->count - before;
}

bool targets_of_hosts(const struct arguments *arguments, const struct pin_policy *policy,
                      struct watch *watch) {
  struct entries entries;
  bool good = entries_read(policy, &entries);
  for (size_t i = 0; good && i < arguments->operand_count; i++) {
    AUTO_TEXT host = NULL;
    uint16_t port = 0;
    good = read_operand(arguments, i, &host, &port);
    if (good && (port != 0 || add_entries_of(arguments, &entries, host, watch) == 0))
      add_server(arguments, host, port, watch);
  }
  entries_clear(&entries);
  return good;
}

/* Whether one of the first `count` hosts has this name: an earlier operand has added it. */
static bool is_among(const struct watch *watch, size_t count, const char *host) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(watch->hosts[i].host, host) == 0)
      return true;
  return false;
}

static bool add_matching(const struct arguments *arguments, const struct entries *entries,
                         const char *pattern, struct watch *watch) {
  size_t before = watch->count;
  bool found = false;
  for (size_t i = 0; i < entries->count; i++) {
    if (!name_fits(pattern, entries->items[i].name))
      continue;
    found = true;
    if (!is_among(watch, before, entries->items[i].name))
      add_entry(arguments, &entries->items[i], watch);
  }
  if (!found)
    say_error("%s: no host of the policy matches this pattern", pattern);
  return found;
}

bool targets_by_patterns(const struct arguments *arguments, const struct pin_policy *policy,
                         struct watch *watch) {
  struct entries entries;
  bool good = entries_read(policy, &entries);
  if (good)
    entries_sort_by_name(&entries);
  for (size_t i = 0; good && i < arguments->operand_count; i++)
    if (is_name_pattern(arguments->operands[i]))
      good = add_matching(arguments, &entries, arguments->operands[i], watch);
  entries_clear(&entries);
  return good;
}

bool targets_from_policy(const struct arguments *arguments, const struct pin_policy *policy,
                         struct watch *watch) {
  struct entries entries;
  if (!entries_read(policy, &entries))
    return false;
  entries_sort_by_name(&entries);
  for (size_t i = 0; i < entries.count; i++)
    add_entry(arguments, &entries.items[i], watch);
  bool only_patterns = watch->count == 0 && entries.count > 0;
  entries_clear(&entries);
  /* A policy of wildcards alone is no error: there is only no server to ask. */
  if (only_patterns)
    return true;
  if (watch->count == 0)
    say_error("the policy names no server; give one as an operand");
  return watch->count > 0;
}

bool targets_ask(struct watch *watch, const struct probe_settings *settings, probe_result_fn *done,
                 void *arg) {
  struct probe_target *targets = must_alloc(watch->count, sizeof *targets);
  for (size_t i = 0; i < watch->count; i++)
    targets[i] = (struct probe_target){
        .host = watch->hosts[i].host, .port = watch->hosts[i].port, .protocol = watch->hosts[i].protocol};
  double begun = monotonic_seconds();
  bool good = probe_all(targets, watch->count, settings, done, arg);
  watch->asked = good;
  watch->seconds = monotonic_seconds() - begun;
  free(targets);
  return good;
}

struct run {
  struct watch *watch;
  const struct pin_policy *policy;
  size_t done;
};

static void take_result(size_t index, struct probe_result *result, void *arg) {
  struct run *run = arg;
  run->watch->hosts[index].asked = true;
  watch_examine(run->watch, run->policy, result, &run->watch->hosts[index]);
  bar_show(++run->done, run->watch->count);
}

/* Removes the hosts that were not asked: nothing is reported or recorded of them. */
static void keep_asked(struct watch *watch) {
  size_t kept = 0;
  watch->interrupted_of = watch->count;
  for (size_t i = 0; i < watch->count; i++) {
    if (watch->hosts[i].asked)
      watch->hosts[kept++] = watch->hosts[i];
    else
      free(watch->hosts[i].host);
  }
  watch->count = kept;
}

bool targets_look(struct watch *watch, const struct pin_policy *policy,
                  const struct probe_settings *settings) {
  struct run run = {.watch = watch, .policy = policy};
  struct probe_settings until = *settings;
  until.is_over = interrupt_noted;
  interrupt_hold();
  bool good = targets_ask(watch, &until, take_result, &run);
  interrupt_release();
  if (interrupt_noted() && run.done < watch->count) {
    bar_show(1, 1);
    keep_asked(watch);
    say_warning("interrupted: %zu of %zu hosts were checked", watch->count, watch->interrupted_of);
  }
  return good && watch->interrupted_of == 0;
}

static int compare_names(const void *a, const void *b) {
  const struct watch_host *left = a;
  const struct watch_host *right = b;
  int order = strcmp(left->host, right->host);
  return order != 0 ? order : left->port - right->port;
}

/* Of one state, hosts that the policy refuses come first. */
static int compare_states(const void *a, const void *b) {
  const struct watch_host *left = a;
  const struct watch_host *right = b;
  bool left_refused = left->seen && left->outcome == PIN_REFUSED;
  bool right_refused = right->seen && right->outcome == PIN_REFUSED;
  if (left->severity != right->severity)
    return left->severity > right->severity ? -1 : 1;
  if (left_refused != right_refused)
    return left_refused ? -1 : 1;
  return compare_names(a, b);
}

/* A host that showed no certificate has 0, and comes first. */
static int compare_expiries(const void *a, const void *b) {
  int64_t left = watch_expires(a);
  int64_t right = watch_expires(b);
  return left != right ? (left < right ? -1 : 1) : compare_names(a, b);
}

static int compare_seconds(const void *a, const void *b) {
  double left = ((const struct watch_host *)a)->seconds;
  double right = ((const struct watch_host *)b)->seconds;
  return left > right ? -1 : left < right ? 1 : compare_names(a, b);
}

static void keep_problems(struct watch *watch) {
  size_t kept = 0;
  for (size_t i = 0; i < watch->count; i++) {
    if (watch->hosts[i].severity == SEVERITY_OK)
      watch_host_clear(&watch->hosts[i]);
    else
      watch->hosts[kept++] = watch->hosts[i];
  }
  watch->well_left_out = watch->count - kept;
  watch->count = kept;
}

void watch_select(const struct arguments *arguments, struct watch *watch) {
  static const struct {
    const char *word;
    int (*compare)(const void *, const void *);
  } orders[] = {{"state", compare_states},
                {"name", compare_names},
                {"expiry", compare_expiries},
                {"time", compare_seconds}};
  const char *word = arguments_value(arguments, OPTION_SORT);
  if (arguments_has(arguments, OPTION_PROBLEMS))
    keep_problems(watch);
  for (size_t i = 0; i < COUNT_OF(orders) && watch->count > 0; i++)
    if (strcmp(orders[i].word, word == NULL ? "state" : word) == 0)
      qsort(watch->hosts, watch->count, sizeof *watch->hosts, orders[i].compare);
}

void watch_print_brief(const struct watch *watch) {
  for (size_t i = 0; i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    if (host->severity == SEVERITY_OK || watch_is_reported_once(host))
      continue;
    AUTO_TEXT name = watch_host_name(host);
    AUTO_TEXT findings = watch_findings_text(host);
    put(stdout, PLAIN, "%s %s: %s\n", severity_word(host->severity), name, findings);
  }
  for (size_t i = 0; i < watch->machine.finding_count; i++) {
    const struct finding *finding = &watch->machine.findings[i];
    put(stdout, PLAIN, "%s %s\n", severity_word(finding->severity), finding->text);
  }
}
