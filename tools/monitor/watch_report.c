/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/watch.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "cli/table.h"
#include "view/entry_text.h"

/* ---- For people ---- */

static char *left_text(const struct watch *watch, const struct watch_host *host) {
  int64_t expires = watch_expires(host);
  int64_t days = days_until(watch->now, expires);
  if (expires == 0)
    return must_copy("-");
  return days < 0 ? must_copy("expired") : must_format("%lld d", (long long)days);
}

/* One row for each finding; only the first has the columns of the host. */
static void add_rows(const struct watch *watch, const struct watch_host *host, struct table *table) {
  AUTO_TEXT name = watch_host_name(host);
  AUTO_TEXT left = left_text(watch, host);
  const char *version = *host->version == '\0' ? "-" : host->version;
  const char *texts[] = {severity_word(host->severity), name, version, left, NULL};
  for (size_t i = 0; i <= host->finding_count; i++) {
    texts[4] = watch_text(host, i);
    if (texts[4] == NULL)
      continue;
    table_add(table, texts);
    texts[0] = texts[1] = texts[2] = texts[3] = "";
  }
}

/* The findings about no server. */
static void add_machine_rows(const struct watch *watch, struct table *table) {
  for (size_t i = 0; i < watch->machine.finding_count; i++) {
    const struct finding *finding = &watch->machine.findings[i];
    const char *const texts[] = {severity_word(finding->severity), "-", "-", "-", finding->text};
    table_add(table, texts);
  }
}

/* What the table does not show, for its last line. */
static char *left_out_text(const struct watch *watch) {
  AUTO_TEXT well = watch->well_left_out == 0 ? must_copy("")
                                             : must_format("; %zu well and not shown", watch->well_left_out);
  AUTO_TEXT unasked =
      watch->interrupted_of == 0
          ? must_copy("")
          : must_format("; interrupted: only these of %zu were checked", watch->interrupted_of);
  return watch->wildcards == 0
             ? must_format("%s%s", well, unasked)
             : must_format("%s%s; %zu wildcard%s name%s no server", well, unasked, watch->wildcards,
                           watch->wildcards == 1 ? "" : "s", watch->wildcards == 1 ? "s" : "");
}

void watch_print_table(const struct watch *watch) {
  static const char *const headings[] = {"STATE", "HOST", "TLS", "LEFT", "FINDINGS", NULL};
  static const struct table_form form = {
      .headings = headings, .wrapping = 1U << 1, .dispensable = "23", .below = true, .obvious = "all well"};
  struct table *table = table_new(&form);
  size_t count = watch->count + watch->well_left_out;
  AUTO_TEXT left_out = left_out_text(watch);
  for (size_t i = 0; i < watch->count; i++)
    add_rows(watch, &watch->hosts[i], table);
  add_machine_rows(watch, table);
  table_print(table);
  AUTO_TEXT summary =
      must_format("%zu host%s: %zu ok, %zu warning, %zu critical, in %.1f s%s", count, count == 1 ? "" : "s",
                  watch_count(watch, SEVERITY_OK), watch_count(watch, SEVERITY_WARNING),
                  watch_count(watch, SEVERITY_CRITICAL), watch->seconds, left_out);
  put_fitted(PLAIN, "", summary);
}

/* ---- JSON ---- */

static json_object *keys_json(const struct watch_host *host) {
  json_object *array = json_object_new_array();
  for (size_t i = 0; i < host->key_count; i++) {
    const struct watch_key *key = &host->keys[i];
    AUTO_TEXT expires = expiry_text(key->expires);
    json_object *json = json_object_new_object();
    json_object_object_add(json, "depth", json_object_new_int64((int64_t)i));
    json_object_object_add(json, "role", json_text(role_word(key->role)));
    json_object_object_add(json, "subject", json_text(key->subject));
    json_object_object_add(json, "pin", json_digest(&key->key));
    json_object_object_add(json, "proven", json_object_new_boolean(key->proven));
    json_object_object_add(json, "list", *key->entry_list == '\0' ? NULL : json_text(key->entry_list));
    json_object_object_add(json, "expires", json_text(expires));
    json_object_array_add(array, json);
  }
  return array;
}

static json_object *findings_json(const struct watch_host *host) {
  json_object *array = json_object_new_array();
  for (size_t i = 0; i < host->finding_count; i++) {
    const struct finding *finding = &host->findings[i];
    json_object *json = json_object_new_object();
    json_object_object_add(json, "severity", json_text(severity_word(finding->severity)));
    json_object_object_add(json, "code", json_text(finding->code));
    json_object_object_add(json, "text", json_text(finding->text));
    json_object_array_add(array, json);
  }
  return array;
}

static json_object *host_json(const struct watch *watch, const struct watch_host *host) {
  json_object *json = json_object_new_object();
  int64_t first = watch_expires(host);
  AUTO_TEXT expires = first == 0 ? NULL : expiry_text(first);
  AUTO_TEXT backup = host->backup_seen == 0 ? NULL : expiry_text(host->backup_seen);
  json_object_object_add(json, "host", json_text(host->host));
  json_object_object_add(json, "port", json_object_new_int(host->port));
  json_object_object_add(json, "state", json_text(severity_word(host->severity)));
  json_object_object_add(json, "findings", findings_json(host));
  json_object_object_add(json, "seen", json_object_new_boolean(host->seen));
  json_object_object_add(json, "verified", json_object_new_boolean(host->verified));
  json_object_object_add(json, "verdict", host->seen ? json_text(pin_outcome_word(host->outcome)) : NULL);
  json_object_object_add(json, "tls", *host->version == '\0' ? NULL : json_text(host->version));
  json_object_object_add(json, "cipher", *host->cipher == '\0' ? NULL : json_text(host->cipher));
  json_object_object_add(json, "ocsp_response", json_object_new_boolean(host->staple));
  json_object_object_add(json, "expires", json_text_or_null(expires));
  json_object_object_add(json, "days_left",
                         first == 0 ? NULL : json_object_new_int64(days_until(watch->now, first)));
  json_object_object_add(json, "backup_pins",
                         json_object_new_int64(host->entry.lists[PIN_LIST_BACKUP_PINS].count));
  json_object_object_add(json, "backup_last_seen", json_text_or_null(backup));
  json_object_object_add(json, "seconds", json_seconds(host->seconds));
  json_object_object_add(json, "keys", keys_json(host));
  return json;
}

void watch_print_json(const struct watch *watch) {
  json_object *json = json_object_new_object();
  json_object *hosts = json_object_new_array();
  for (size_t i = 0; i < watch->count; i++)
    json_object_array_add(hosts, host_json(watch, &watch->hosts[i]));
  json_object_object_add(json, "state", json_text(severity_word(watch_severity(watch))));
  json_object_object_add(json, "seconds", json_seconds(watch->seconds));
  json_object_object_add(json, "findings", findings_json(&watch->machine));
  json_object_object_add(json, "hosts", hosts);
  json_print(json);
}

/* ---- Nagios: one line, with performance data behind a bar ---- */

static int64_t least_days(const struct watch *watch) {
  int64_t first = 0;
  for (size_t i = 0; i < watch->count; i++) {
    int64_t expires = watch_expires(&watch->hosts[i]);
    if (expires != 0 && (first == 0 || expires < first))
      first = expires;
  }
  return first == 0 ? 0 : days_until(watch->now, first);
}

/* A bar in a text would begin the performance data. */
static char *without_bars(const char *text) {
  char *copy = must_copy(text);
  for (char *at = copy; *at != '\0'; at++)
    *at = *at == '|' ? '/' : *at;
  return copy;
}

/* A problem that the numbers of hosts do not show. Often only the first line is sent on. NULL: none. */
static const char *problem_of_machine(const struct watch *watch) {
  const struct watch_host *machine = &watch->machine;
  bool is_worse = watch_count(watch, SEVERITY_CRITICAL) == 0 &&
                  (machine->severity == SEVERITY_CRITICAL || watch_count(watch, SEVERITY_WARNING) == 0);
  for (size_t i = 0; is_worse && i < machine->finding_count; i++)
    if (machine->findings[i].severity == machine->severity)
      return machine->findings[i].text;
  return watch->trouble;
}

void watch_print_nagios(const struct watch *watch) {
  static const char *const words[] = {"OK", "WARNING", "CRITICAL"};
  size_t warnings = watch_count(watch, SEVERITY_WARNING);
  size_t criticals = watch_count(watch, SEVERITY_CRITICAL);
  size_t count = watch->count + watch->well_left_out;
  const char *problem = problem_of_machine(watch);
  AUTO_TEXT reason = without_bars(problem == NULL ? "" : problem);
  put(stdout, PLAIN, "PINNING %s: %s%s%zu host%s, %zu warning, %zu critical", words[watch_severity(watch)],
      reason, problem == NULL ? "" : "; ", count, count == 1 ? "" : "s", warnings, criticals);
  put(stdout, PLAIN, " | hosts=%zu warning=%zu critical=%zu least_days=%lld;%d:;%d: time=%.3fs\n", count,
      warnings, criticals, (long long)least_days(watch), watch->warning_days, watch->critical_days,
      watch->seconds);
  for (size_t i = 0; i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    AUTO_TEXT name = watch_host_name(host);
    AUTO_TEXT findings = watch_findings_text(host);
    AUTO_TEXT plain = without_bars(findings);
    if (host->severity != SEVERITY_OK && !watch_is_reported_once(host))
      put(stdout, PLAIN, "%s: %s: %s\n", words[host->severity], name, plain);
  }
  for (size_t i = 0; i < watch->machine.finding_count; i++) {
    AUTO_TEXT plain = without_bars(watch->machine.findings[i].text);
    put(stdout, PLAIN, "%s: %s\n", words[watch->machine.findings[i].severity], plain);
  }
}

/* ---- Prometheus: a file for the textfile collector of node_exporter ---- */

static void print_metric(const struct watch *watch, const char *name, const char *help,
                         double (*value)(const struct watch_host *)) {
  printf("# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
  for (size_t i = 0; i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    /* A label need not be escaped: canonical names and addresses have no such characters. */
    printf("%s{host=\"%s\",port=\"%u\"} %.15g\n", name, host->host, host->port, value(host));
  }
}

static double up_of(const struct watch_host *host) {
  return host->seen ? 1 : 0;
}

static double pinned_of(const struct watch_host *host) {
  return host->seen && host->outcome == PIN_ACCEPTED ? 1 : 0;
}

static double verified_of(const struct watch_host *host) {
  return host->verified ? 1 : 0;
}

static double state_of(const struct watch_host *host) {
  return host->severity;
}

static double expires_of(const struct watch_host *host) {
  return (double)watch_expires(host);
}

static double seconds_of(const struct watch_host *host) {
  return host->seconds;
}

void watch_print_prometheus(const struct watch *watch) {
  put_metric("pinning_policy_ok", "Whether the text of the policy has no errors.", !watch->policy_broken);
  put_metric("pinning_history_ok", "Whether the history could be kept.", !watch->history_lost);
  put_metric("pinning_notify_ok", "Whether all that had to be told was told.", !watch->not_told);
  put_metric("pinning_pauses", "How many pauses hold.", (int64_t)watch->paused);
  put_metric("pinning_last_run_seconds", "When this was found out, since the epoch.", watch->now);
  print_metric(watch, "pinning_up", "Whether the server showed a certificate chain.", up_of);
  print_metric(watch, "pinning_pinned", "Whether the policy accepts its key.", pinned_of);
  print_metric(watch, "pinning_verified", "Whether its chain verified.", verified_of);
  print_metric(watch, "pinning_state", "0 ok, 1 warning, 2 critical.", state_of);
  print_metric(watch, "pinning_expires_seconds",
               "When the first certificate of the chain expires, since the epoch; 0 not seen.", expires_of);
  print_metric(watch, "pinning_probe_seconds", "How long the server took.", seconds_of);
}
