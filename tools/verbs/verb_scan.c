/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/output.h"
#include "monitor/history.h"
#include "monitor/watch_targets.h"
#include "probe/probe_options.h"
#include "scan/log_list.h"
#include "scan/scan.h"
#include "verbs/verbs.h"
#include "view/usable_policy.h"

static const struct option options[] = {
    FLAG(ALL, "all", "scan every server that the policy names"),
    OPTION(RATE, "rate", "N",
           "at most so many connections per second to each\nhost (default: 10; 0: no limit)"),
    OPTION(WARNING, "warning", "DAYS", "warn so many days before an expiry (default: 30)"),
    OPTION(FAIL_BELOW, "fail-below", "A+|A|A-|B|C|D|E|F",
           "exit with 1 only if a grade is below this, or a\nhost was not reached", .one_of = true),
    OPTION(BASELINE, "baseline", "FILE",
           "leave out findings that are in this report of an\nearlier run with --json"),
    OPTION(CT_LOGS, "ct-logs", "FILE",
           "verify timestamps of Certificate Transparency by\nthis list of logs (log_list.json)"),
    FLAG(HEADERS, "headers", "report HTTP security headers that are missing"),
    HISTORY_OPTION,
    PROBE_OPTIONS,
    PROBE_OPTION_JOBS,
    SHARED_POLICY,
    SHARED_JSON,
};

static bool read_numbers(const struct arguments *arguments, struct scan *scan) {
  long days = 30;
  scan->rate = 10;
  if (!arguments_number(arguments, OPTION_RATE, "a number", 0, 1000, &scan->rate) ||
      !arguments_number(arguments, OPTION_WARNING, "days", 0, 3650, &days))
    return false;
  scan->warning_days = (int)days;
  return true;
}

static void take_targets(const struct watch *watch, struct scan *scan) {
  for (size_t i = 0; i < watch->count; i++)
    scan_add(scan, watch->hosts[i].host, watch->hosts[i].port, watch->hosts[i].protocol);
}

static int read_targets(const struct arguments *arguments, struct scan *scan) {
  struct watch watch = {.now = scan->now};
  struct loaded_policy loaded = {0};
  bool all = arguments_has(arguments, OPTION_ALL);
  int status = EXIT_DONE;
  if (all == (arguments->operand_count > 0))
    return usage_status(arguments->verb, "expected hosts, or --all");
  if (!all && !targets_from_operands(arguments, false, &watch))
    status = EXIT_USAGE;
  else if (all && (!policy_load_sound(arguments_policy(arguments), &loaded) ||
                   !targets_from_policy(arguments, &loaded.policy, &watch)))
    status = EXIT_FAILED;
  if (status == EXIT_DONE)
    take_targets(&watch, scan);
  watch_clear(&watch);
  policy_clear(&loaded);
  return status;
}

/* Notes are advice; a host that cannot be reached is a finding. */
static int status_of(const struct arguments *arguments, const struct scan *scan) {
  const char *word = arguments_value(arguments, OPTION_FAIL_BELOW);
  enum scan_grade worst = SCAN_GRADE_F;
  bool by_grade = word != NULL && scan_grade_read(word, &worst);
  int status = EXIT_DONE;
  for (size_t i = 0; i < scan->count; i++) {
    const struct scan_host *host = &scan->hosts[i];
    if (host->error != NULL || (by_grade ? host->grade > worst : scan_host_severity(host) != SCAN_NOTE))
      status = EXIT_FINDING;
  }
  return status;
}

/* For reading the history of a host. */
struct host_history {
  struct scan_host *host;
  char now[2][PIN_DIGEST_TEXT_SIZE]; /* the keys of its leaf and issuer, as just seen */
};

static void take_history_row(const struct history_row *row, void *arg) {
  struct host_history *past = arg;
  if (row->depth > 1)
    return;
  struct scan_past *key = &past->host->past[row->depth];
  key->keys++;
  if (strcmp(row->pin, past->now[row->depth]) == 0)
    key->since = row->first_seen;
}

static bool read_host_history(struct history *history, struct scan_host *host) {
  struct host_history past = {.host = host};
  const struct objects *path = &host->chain.path;
  for (size_t i = 0; i < 2 && i < path->count; i++)
    pin_digest_format(&path->items[i].key, past.now[i]);
  return history_each(history, host->host, host->port, take_history_row, &past);
}

/*
 * Reads when the keys of the hosts were first seen, where there is a history. False, having warned: a history
 * that --history names could not be read; the report is printed without it.
 */
static bool read_history(const struct arguments *arguments, struct scan *scan) {
  const char *given = arguments_value(arguments, OPTION_HISTORY);
  AUTO_TEXT usual = history_path(arguments_policy(arguments));
  if (given == NULL && access(usual, R_OK) != 0)
    return true;
  struct history *history = history_glance(given == NULL ? usual : given);
  bool good = history != NULL;
  for (size_t i = 0; good && i < scan->count; i++)
    good = read_host_history(history, &scan->hosts[i]);
  history_close(history);
  if (!good)
    say_warning("the report has nothing, or not everything, of what was seen before");
  return good || given == NULL;
}

static int scan_all(const struct arguments *arguments, const struct probe_settings *settings,
                    struct scan *scan) {
  int status = read_targets(arguments, scan);
  if (status != EXIT_DONE)
    return status;
  const char *baseline = arguments_value(arguments, OPTION_BASELINE);
  const char *logs = arguments_value(arguments, OPTION_CT_LOGS);
  scan->headers = arguments_has(arguments, OPTION_HEADERS);
  scan->logs = logs == NULL ? NULL : log_list_read(logs);
  if (logs != NULL && scan->logs == NULL)
    return EXIT_FAILED;
  if (baseline != NULL && !scan_read_baseline(scan, baseline))
    return EXIT_FAILED;
  if (!scan_run(scan, settings))
    return EXIT_FAILED;
  bool has_history = read_history(arguments, scan);
  if (arguments_has(arguments, OPTION_JSON))
    scan_print_json(scan);
  else
    scan_print_table(scan);
  return has_history && scan->interrupted_of == 0 ? status_of(arguments, scan) : EXIT_FAILED;
}

static int run(const struct arguments *arguments) {
  struct scan scan = {.now = time(NULL)};
  struct probe_settings settings;
  int status = EXIT_USAGE;
  if (probe_options_read(arguments, &settings) && read_numbers(arguments, &scan))
    status = scan_all(arguments, &settings, &scan);
  probe_options_clear(&settings);
  scan_clear(&scan);
  return status;
}

const struct verb verb_scan = {
    .name = "scan",
    .operands = "[HOST[:PORT]]...",
    .summary = "Test what TLS servers accept, before pinning them",
    .details = "Asks the hosts, or with --all every server that the policy names, for each\n"
               "version, suite, group and signature algorithm. Says what is wrong with these,\n"
               "with the certificates and with HTTP, and what to do. Nothing is enforced and\n"
               "nothing is kept. Exit status 1 if a host was not reached or has more than notes.",
    .example = "pinctl scan api.example.com",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
