/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/output.h"
#include "monitor/alarms.h"
#include "monitor/history.h"
#include "monitor/watch_targets.h"
#include "notify/notify.h"
#include "probe/probe_options.h"
#include "verbs/verbs.h"
#include "view/pauses.h"
#include "view/usable_policy.h"

static const struct option options[] = {
    OPTION(FORMAT, "format", "table|json|nagios|prometheus|html", "how to print it (default: table)",
           .one_of = true),
    OPTION(WARNING, "warning", "DAYS", "warn so many days before an expiry (default: 30)"),
    OPTION(CRITICAL, "critical", "DAYS", "call it critical so many days before (default: 7)"),
    WATCH_OPTION_PROBLEMS,
    WATCH_OPTION_SORT,
    SHARED_QUIET,
    HISTORY_OPTION,
    FLAG(NO_HISTORY, "no-history", "keep nothing, and compare with nothing"),
    OPTION(HOSTS, "hosts", "FILE",
           "also check these hosts, pinned or not: HOST[:PORT]\non each line, YAML or JSON"),
    OPTION(SCAN, "scan", "FILE", "with --format html: include this report of\n\"pinctl scan --json\""),
    NOTIFY_OPTIONS,
    PROBE_OPTIONS,
    PROBE_OPTION_JOBS,
    SHARED_POLICY,
    SHARED_JSON,
};

/* One run. */
struct monitor_run {
  struct watch watch;
  struct enforced_policy enforced;
  bool notifies; /* --notify */
  struct notify_settings notify;
  bool printed; /* the report was printed, or its replacement (print_nothing) */
};

static bool read_days(const struct arguments *arguments, struct watch *watch) {
  long warning_days = 30;
  long critical_days = 7;
  if (!arguments_number(arguments, OPTION_WARNING, "days", 0, 3650, &warning_days) ||
      !arguments_number(arguments, OPTION_CRITICAL, "days", 0, 3650, &critical_days))
    return false;
  if (arguments_has(arguments, OPTION_WARNING) && arguments_has(arguments, OPTION_CRITICAL) &&
      critical_days > warning_days)
    return wrong_usage(arguments->verb,
                       "--warning %ld and --critical %ld: expected to be warned before it is critical",
                       warning_days, critical_days);
  watch->warning_days = (int)warning_days;
  watch->critical_days = (int)(critical_days < warning_days ? critical_days : warning_days);
  return true;
}

/* policy: NULL where there is none. */
static bool record_and_tell(struct history *history, struct monitor_run *run_state,
                            const struct pin_policy *policy) {
  if (!run_state->notifies)
    return history_record(history, &run_state->watch);
  return alarms_record(history, &run_state->watch, &run_state->notify) &&
         alarms_tell(history, &run_state->watch, &run_state->notify, policy);
}

/* Draws the history for the HTML report. Where that fails the report is complete without it. */
static void draw(const struct arguments *arguments, struct history *history, struct watch *watch) {
  if (history != NULL && arguments_is(arguments, OPTION_FORMAT, "html"))
    (void)history_draw(history, watch);
}

/*
 * Records what was seen, and notifies. The report is printed in any case. A default history that cannot be
 * written is only a warning, but an error with --notify, which needs it to tell of everything once.
 */
static int keep_history(const struct arguments *arguments, struct monitor_run *run_state,
                        const struct pin_policy *policy) {
  const char *path = arguments_value(arguments, OPTION_HISTORY);
  struct watch *watch = &run_state->watch;
  if (arguments_has(arguments, OPTION_NO_HISTORY))
    return EXIT_DONE;
  AUTO_TEXT usual = history_path(arguments_policy(arguments));
  struct history *history = history_open(path == NULL ? usual : path, false);
  bool good = history != NULL && record_and_tell(history, run_state, policy);
  draw(arguments, history, watch);
  history_close(history);
  watch->history_lost = !good;
  watch->not_told = watch->not_told || (!good && run_state->notifies);
  if (!good && watch->trouble == NULL)
    watch->trouble = "the history cannot be kept";
  if (!good && run_state->notifies)
    say_error("nobody was told of what is new: that needs the history");
  else if (!good && path == NULL)
    say_warning("no history was kept; --history FILE keeps it elsewhere, --no-history keeps none");
  return good || (path == NULL && !run_state->notifies) ? EXIT_DONE : EXIT_FAILED;
}

static int print(const struct arguments *arguments, const struct watch *watch) {
  enum severity severity = watch_severity(watch);
  int status = severity == SEVERITY_OK ? EXIT_DONE : EXIT_FINDING;
  if (arguments_has(arguments, OPTION_JSON) || arguments_is(arguments, OPTION_FORMAT, "json")) {
    watch_print_json(watch);
  } else if (arguments_is(arguments, OPTION_FORMAT, "nagios")) {
    watch_print_nagios(watch);
    /* The exit status of monitoring plug-ins, not pinctl's own. */
    status = (int)severity;
  } else if (arguments_is(arguments, OPTION_FORMAT, "prometheus")) {
    watch_print_prometheus(watch);
    status = EXIT_DONE;
  } else if (arguments_is(arguments, OPTION_FORMAT, "html")) {
    watch_print_html(watch);
  } else if (arguments_has(arguments, OPTION_QUIET)) {
    watch_print_brief(watch);
  } else {
    watch_print_table(watch);
  }
  return status;
}

/* The output where nothing could be looked at. A monitoring system that expects a line, or metrics, gets
 * them, since no output would look as if all were well. */
static int print_nothing(const struct arguments *arguments, struct monitor_run *run_state) {
  const char *trouble = run_state->watch.trouble;
  if (run_state->printed)
    return EXIT_FAILED;
  run_state->printed = true;
  if (arguments_is(arguments, OPTION_FORMAT, "nagios"))
    put(stdout, PLAIN, "PINNING UNKNOWN: %s\n",
        trouble == NULL ? "nothing could be looked at; what is on standard error says why" : trouble);
  if (!arguments_is(arguments, OPTION_FORMAT, "prometheus") || !run_state->watch.policy_broken)
    return EXIT_FAILED;
  watch_print_prometheus(&run_state->watch);
  return EXIT_DONE;
}

static void count_pauses(const struct arguments *arguments, struct watch *watch) {
  struct pauses pauses;
  pauses_of(arguments_policy(arguments), watch->now, &pauses);
  watch->paused = pauses.count;
  pauses_clear(&pauses);
}

/* Opens the policy. With --hosts it may be missing, since the list can be watched without one. */
static bool open_policy(const struct arguments *arguments, struct enforced_policy *enforced) {
  const char *policy = arguments_policy(arguments);
  if (!arguments_has(arguments, OPTION_HOSTS) || access(policy, F_OK) == 0 || errno != ENOENT)
    return enforced_policy_show(policy, enforced);
  if (enforced_policy_open(policy, enforced)) {
    enforced_policy_close(enforced);
    return enforced_policy_show(policy, enforced);
  }
  enforced_policy_close(enforced);
  say_note("%s: there is no policy; nothing is compared with it", policy);
  return enforced_policy_empty(enforced);
}

/* Reads the hosts before anything else is done, so that a mistake in the list shows at once. */
static int read_targets(const struct arguments *arguments, struct watch *watch) {
  const char *list = arguments_value(arguments, OPTION_HOSTS);
  const char *scan = arguments_value(arguments, OPTION_SCAN);
  if (list != NULL && !targets_from_list(arguments, list, watch))
    return EXIT_FAILED;
  if (scan != NULL && !arguments_is(arguments, OPTION_FORMAT, "html"))
    return usage_status(arguments->verb, "--scan goes with --format html");
  if (scan != NULL && !scan_report_read(scan, watch))
    return EXIT_FAILED;
  return targets_from_operands(arguments, true, watch) ? EXIT_DONE : EXIT_USAGE;
}

static int monitor(const struct arguments *arguments, const struct probe_settings *settings,
                   struct monitor_run *run_state) {
  struct watch *watch = &run_state->watch;
  bool usable = open_policy(arguments, &run_state->enforced);
  watch->policy_broken = run_state->enforced.loaded.status != PIN_OK;
  count_pauses(arguments, watch);
  if (watch->policy_broken)
    watch->trouble = usable ? "the policy has errors, the last good one is enforced"
                            : "the policy has errors, and there is no last good one";
  if (!usable) {
    if (run_state->notifies)
      keep_history(arguments, run_state, NULL);
    return print_nothing(arguments, run_state);
  }
  watch->policy_path = arguments_policy(arguments);
  watch->policy = &run_state->enforced.policy;
  watch->whole = arguments->operand_count == 0;
  bool named = watch->whole ? targets_from_policy(arguments, &run_state->enforced.policy, watch)
                            : targets_by_patterns(arguments, &run_state->enforced.policy, watch);
  if (!named || (!targets_look(watch, &run_state->enforced.policy, settings) && watch->interrupted_of == 0))
    return EXIT_FAILED;
  watch_group_issuers(watch);
  int kept = keep_history(arguments, run_state, &run_state->enforced.policy);
  watch_select(arguments, watch);
  int status = print(arguments, watch);
  run_state->printed = true;
  if (watch->interrupted_of > 0)
    return EXIT_FAILED;
  return kept == EXIT_DONE || arguments_is(arguments, OPTION_FORMAT, "nagios") ||
                 arguments_is(arguments, OPTION_FORMAT, "prometheus")
             ? status
             : kept;
}

static int read_notify(const struct arguments *arguments, struct monitor_run *run_state) {
  run_state->notifies = notify_is_wanted(arguments);
  if (!run_state->notifies && arguments_has(arguments, OPTION_RENOTIFY))
    return usage_status(arguments->verb, "--renotify goes with --notify");
  if (!run_state->notifies)
    return EXIT_DONE;
  if (arguments_has(arguments, OPTION_NO_HISTORY))
    return usage_status(arguments->verb, "--notify needs the history, to tell of everything once");
  return notify_settings_read(arguments, &run_state->notify);
}

static int run(const struct arguments *arguments) {
  struct monitor_run run_state = {.watch = {.now = time(NULL)}};
  struct probe_settings settings;
  const char *format = arguments_value(arguments, OPTION_FORMAT);
  /* Of a monitoring plug-in EXIT_USAGE, 2, would mean "critical". */
  int status = format != NULL && strcmp(format, "nagios") == 0 ? EXIT_FAILED : EXIT_USAGE;
  if (probe_options_read(arguments, &settings) && read_days(arguments, &run_state.watch)) {
    int read = read_targets(arguments, &run_state.watch);
    if (read == EXIT_DONE)
      read = read_notify(arguments, &run_state);
    status = read == EXIT_DONE                              ? monitor(arguments, &settings, &run_state)
             : status == EXIT_FAILED || read == EXIT_FAILED ? EXIT_FAILED
                                                            : read;
  }
  if (status == EXIT_FAILED && arguments_is(arguments, OPTION_FORMAT, "nagios"))
    print_nothing(arguments, &run_state);
  probe_options_clear(&settings);
  watch_clear(&run_state.watch);
  notify_settings_clear(&run_state.notify);
  enforced_policy_close(&run_state.enforced);
  return status;
}

const struct verb verb_monitor = {
    .name = "monitor",
    .group = "Watch servers and keep up with their keys",
    .operands = "[HOST[:PORT]]...",
    .summary = "Check the servers themselves: keys, chains, expiry",
    .details = "Asks all servers that the policy names, or those given, at once: whether the key\n"
               "in use is pinned, what expires when, and what is wrong with the chain. Keeps a\n"
               "history of the keys that it saw, and sends notifications of changes (--notify).\n"
               "A pattern (\"*.eu.example.com\") stands for the hosts of the policy that match it.\n"
               "Exit status 0 if there is no problem, else 1; with --format nagios 0, 1, 2 or 3\n"
               "as for plug-ins, with --format prometheus 0.",
    .example = "pinctl monitor --history history.db --warning 14",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
