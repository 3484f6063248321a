/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <time.h>

#include "base/number.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "monitor/watch_targets.h"
#include "probe/probe_options.h"
#include "scan/scan.h"
#include "verbs/verbs.h"
#include "view/loaded_policy.h"

static const struct option options[] = {
    {.id = OPTION_ALL, .name = "all", .help = "scan every server that the policy names"},
    {.id = OPTION_RATE,
     .name = "rate",
     .argument = "N",
     .help = "connections per second to each host\n(default: 10; 0: no limit)"},
    {.id = OPTION_WARNING,
     .name = "warning",
     .argument = "DAYS",
     .help = "warn so long before an expiry (default: 30)"},
    {.id = OPTION_FAIL_BELOW,
     .name = "fail-below",
     .argument = "A+|A|A-|B|C|D|E|F",
     .one_of = true,
     .help = "exit with 1 only below this grade, or where a\nhost was not reached"},
    {.id = OPTION_BASELINE,
     .name = "baseline",
     .argument = "FILE",
     .help = "leave out what this report has already: a file\nthat --json made"},
    PROBE_OPTION_CA,
    PROBE_OPTION_STARTTLS,
    PROBE_OPTION_CONNECT,
    PROBE_OPTION_TIMEOUT,
    PROBE_OPTION_JOBS,
    SHARED_POLICY,
    SHARED_JSON,
};

static bool read_numbers(const struct arguments *arguments, struct scan *scan) {
  const char *rate = arguments_value(arguments, OPTION_RATE);
  const char *warning = arguments_value(arguments, OPTION_WARNING);
  long days = 30;
  scan->rate = 10;
  if (rate != NULL && !number_read(rate, 0, 1000, &scan->rate))
    return wrong_usage(arguments->verb, "--rate \"%s\": expected a number from 0 to 1000", rate);
  if (warning != NULL && !number_read(warning, 0, 3650, &days))
    return wrong_usage(arguments->verb, "--warning \"%s\": expected days from 0 to 3650", warning);
  scan->warning_days = (int)days;
  return true;
}

/* A host is scanned once, however often it was named. */
static void take_targets(const struct watch *watch, struct scan *scan) {
  for (size_t i = 0; i < watch->count; i++)
    scan_add(scan, watch->hosts[i].host, watch->hosts[i].port, watch->hosts[i].protocol);
}

static int read_targets(const struct arguments *arguments, struct scan *scan) {
  struct watch watch = {.now = scan->now};
  struct loaded_policy loaded = {0};
  bool all = arguments_has(arguments, OPTION_ALL);
  int status = EXIT_DONE;
  if (all == (arguments->operand_count > 0)) {
    wrong_usage(arguments->verb, "expected hosts, or --all");
    return EXIT_USAGE;
  }
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

static int scan_all(const struct arguments *arguments, const struct probe_settings *settings,
                    struct scan *scan) {
  int status = read_targets(arguments, scan);
  if (status != EXIT_DONE)
    return status;
  const char *baseline = arguments_value(arguments, OPTION_BASELINE);
  if (!scan_run(scan, settings) || (baseline != NULL && !scan_compare(scan, baseline)))
    return EXIT_FAILED;
  if (arguments_has(arguments, OPTION_JSON))
    scan_print_json(scan);
  else
    scan_print_table(scan);
  return status_of(arguments, scan);
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
    .summary = "Look at all that servers accept, before pinning them",
    .details = "Asks the hosts, or with --all every server that the policy names, for each\n"
               "version, suite, group and signature algorithm, and says what is wrong with\n"
               "these, with the certificates and with HTTP, and what to do. Nothing is enforced\n"
               "and nothing kept. Exit status 1 when there is more than notes.",
    .example = "pinctl scan api.example.com",
    .options = options,
    .option_count = COUNT_OF(options),
    .least_operands = 0,
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
