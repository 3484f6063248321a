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
#include "verbs/verbs.h"
#include "view/entry_text.h"
#include "view/name_match.h"
#include "view/pauses.h"
#include "view/usable_policy.h"

static const struct option options[] = {SHARED_POLICY, SHARED_JSON};

/* One run of the verb. */
struct show_report {
  const char *path;
  const char *host;
  uint16_t port;
  struct pin_verdict verdict; /* has the entries that cover the host */
  struct entries entries;     /* all that are related to it, sorted by name */
};

static bool is_winner(const struct show_report *report, const struct pin_entry *entry) {
  for (size_t i = 0; i < report->verdict.count; i++) {
    const struct pin_entry *winner = &report->verdict.findings[i].entry;
    if (winner->line == entry->line && winner->column == entry->column &&
        strcmp(winner->file, entry->file) == 0)
      return true;
  }
  return false;
}

static bool has_expired(const struct pin_entry *entry) {
  return (int64_t)time(NULL) > entry->expires;
}

static bool applies_to_port(const struct pin_entry *entry, uint16_t port) {
  return port == 0 || ports_overlap(entry->ports, entry->port_count, &port, 1);
}

/* Why a related entry does not cover the host. For free(3). */
static char *why_passed_over(const struct show_report *report, const struct pin_entry *entry) {
  enum relation relation = relation_of(entry, report->host);
  if (!relation_covers(relation))
    return must_copy(relation_text(relation));
  if (!applies_to_port(entry, report->port)) {
    AUTO_TEXT ports = ports_format(entry->ports, entry->port_count);
    return must_format("it is limited to ports %s", ports);
  }
  /* It covers the host, but a verdict has only so many entries. */
  if (report->verdict.count > 0 && strcmp(entry->name, report->verdict.findings[0].entry.name) == 0)
    return must_format("without a port, %d entries of this name are shown at most", PIN_MAX_FINDINGS);
  return must_copy("a more specific entry goes before it");
}

static void print_winner(const struct show_report *report, const struct pin_finding *finding) {
  const struct pin_entry *entry = &finding->entry;
  AUTO_TEXT place = entry_place(entry, report->path);
  put(stdout, BOLD, "%s", entry->name);
  put(stdout, PLAIN, "  %s\n", place);
  put(stdout, PLAIN, "  %-19s %s\n", "covers because", relation_text(relation_of(entry, report->host)));
  entry_print(entry);
  if (has_expired(entry))
    put(stdout, YELLOW, "  this entry has expired\n");
}

static bool is_passed_over(const struct show_report *report, const struct pin_entry *entry) {
  return !is_winner(report, entry) && relation_of(entry, report->host) != RELATION_NONE;
}

static void print_passed_over(const struct show_report *report) {
  bool first = true;
  for (size_t i = 0; i < report->entries.count; i++) {
    const struct pin_entry *entry = &report->entries.items[i];
    if (!is_passed_over(report, entry))
      continue;
    if (first)
      fputs("\nPassed over:\n", stdout);
    first = false;
    AUTO_TEXT place = entry_place(entry, report->path);
    AUTO_TEXT why = why_passed_over(report, entry);
    put(stdout, PLAIN, "  %s  %s\n", entry->name, place);
    put(stdout, PLAIN, "    %s\n", why);
  }
}

static void print_text(const struct show_report *report) {
  AUTO_TEXT unlisted = unlisted_text(report->verdict.policy);
  if (report->verdict.count == 0)
    put(stdout, PLAIN, "%s: %s\n", report->host, pin_reason_text(PIN_REASON_NOT_COVERED));
  if (report->verdict.count == 0 && unlisted != NULL)
    put(stdout, PLAIN, "  %s\n", unlisted);
  for (size_t i = 0; i < report->verdict.count; i++)
    print_winner(report, &report->verdict.findings[i]);
  print_passed_over(report);
}

static void print_json(const struct show_report *report) {
  json_object *json = json_object_new_object();
  json_object *winners = json_object_new_array();
  json_object *others = json_object_new_array();
  for (size_t i = 0; i < report->verdict.count; i++) {
    const struct pin_finding *finding = &report->verdict.findings[i];
    json_object *entry = entry_json(&finding->entry);
    json_object_object_add(entry, "why",
                           json_text(relation_text(relation_of(&finding->entry, report->host))));
    json_object_object_add(entry, "expired", json_object_new_boolean(has_expired(&finding->entry)));
    json_object_array_add(winners, entry);
  }
  for (size_t i = 0; i < report->entries.count; i++) {
    const struct pin_entry *other = &report->entries.items[i];
    if (!is_passed_over(report, other))
      continue;
    AUTO_TEXT why = why_passed_over(report, other);
    json_object *entry = entry_json(other);
    json_object_object_add(entry, "why", json_text(why));
    json_object_array_add(others, entry);
  }
  json_object_object_add(json, "host", json_text(report->host));
  json_object_object_add(json, "port", report->port == 0 ? NULL : json_object_new_int(report->port));
  json_object_object_add(json, "covered", json_object_new_boolean(report->verdict.count > 0));
  json_object_object_add(json, "unlisted", json_text(unlisted_word(report->verdict.policy->unlisted)));
  json_object_object_add(json, "entries", winners);
  json_object_object_add(json, "passed_over", others);
  json_print(json);
}

static void tell_pause(const struct show_report *report) {
  struct pauses pauses;
  int64_t now = time(NULL);
  pauses_of(report->path, now, &pauses);
  int64_t until = pauses_until(&pauses, report->host);
  AUTO_TEXT rest = pause_rest(until, now);
  if (until > 0)
    say_note("%s: paused %s: only logged, not refused", report->host, rest);
  pauses_clear(&pauses);
}

static int show(const struct arguments *arguments, struct show_report *report) {
  struct enforced_policy enforced;
  bool good = enforced_policy_show_one(report->path, &enforced);
  if (good && !entries_related(&enforced.policy, report->host, &report->entries)) {
    say_error("%s: its compiled form is damaged; \"pinctl compile%s\" writes it anew", report->path,
              same_policy());
    good = false;
  }
  if (!good) {
    enforced_policy_close(&enforced);
    return EXIT_FAILED;
  }
  struct pin_peer peer = {.names = &report->host, .name_count = 1, .port = report->port, .now = time(NULL)};
  tell_pause(report);
  pin_select(&enforced.policy, &peer, &report->verdict);
  entries_sort_by_name(&report->entries);
  if (arguments_has(arguments, OPTION_JSON))
    print_json(report);
  else
    print_text(report);
  enforced_policy_close(&enforced);
  return report->verdict.count > 0 ? EXIT_DONE : EXIT_FINDING;
}

static int run(const struct arguments *arguments) {
  AUTO_TEXT typed = NULL;
  struct show_report report = {.path = arguments_policy(arguments)};
  if (!arguments_host_and_port(arguments, arguments->operands[0], &typed, &report.port))
    return EXIT_USAGE;
  AUTO_TEXT host = host_as_covered(typed);
  report.host = host;
  int status = show(arguments, &report);
  entries_clear(&report.entries);
  return status;
}

const struct verb verb_show = {
    .name = "show",
    .operands = "HOST[:PORT]",
    .summary = "Show which entry covers a host, and why",
    .details = "Prints the entry that covers the host, what it expects, and every other entry\n"
               "that concerns the host, with the reason why it is not used. Exit status 0 if an\n"
               "entry covers the host, 1 if none does.",
    .example = "pinctl show api.example.com:443",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
