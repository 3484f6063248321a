/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <time.h>
#include <unistd.h>

#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "monitor/watch_targets.h"
#include "probe/probe_options.h"
#include "rotate/rotation_plan.h"
#include "verbs/verbs.h"
#include "view/usable_policy.h"

/* In a shorter time "monitor" looks at the servers too rarely (HISTORY_LONGEST_GAP). */
#define LEAST_RETIRE_DAYS 14

static const struct option options[] = {
    FLAG(ALL, "all", "ask every server that the policy names"),
    FLAG(REPORT, "report",
         "for cron: only ask the servers and say what there\nis to do; change nothing, and ask no question"),
    SHARED_QUIET,
    FLAG(YES, "yes", "promote and retire without asking"),
    OPTION(RETIRE, "retire", "DAYS", "retire pins not seen for so many days (default:\n90)"),
    FLAG(TRUST_UNVERIFIED, "trust-unverified", "propose a key even if its chain does not verify"),
    OPTION(HISTORY, "history", "FILE",
           "the history of seen keys and proposals (default:" HISTORY_DEFAULTS ")"),
    PROBE_OPTIONS,
    PROBE_OPTION_JOBS,
    SHARED_POLICY,
    SHARED_DRY_RUN,
    SHARED_JSON,
};

/* One run. */
struct rotate_run {
  const struct arguments *arguments;
  bool writes; /* may write the history and the policy */
  struct watch watch;
  struct loaded_policy loaded;
  struct rotation_settings settings;
  struct rotation rotation;
};

static bool read_usage(const struct arguments *arguments, struct rotate_run *run_state) {
  bool report = arguments_has(arguments, OPTION_REPORT);
  bool dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  long days = DEFAULT_RETIRE_DAYS;
  if (arguments_has(arguments, OPTION_ALL) == (arguments->operand_count > 0))
    return wrong_usage(arguments->verb, "expected HOST[:PORT], or --all");
  if (report && (dry_run || arguments_has(arguments, OPTION_YES)))
    return wrong_usage(arguments->verb, "--report changes nothing: not with --yes or --dry-run");
  if (dry_run && arguments_has(arguments, OPTION_JSON))
    return wrong_usage(arguments->verb, "--dry-run prints a diff, which is no JSON; --report does");
  if (!arguments_number(arguments, OPTION_RETIRE, "days", LEAST_RETIRE_DAYS, 3650, &days))
    return false;
  run_state->writes = !report && !dry_run;
  run_state->settings.retire_seconds = (int64_t)days * SECONDS_PER_DAY;
  run_state->settings.trust_unverified = arguments_has(arguments, OPTION_TRUST_UNVERIFIED);
  return true;
}

/* Opens the history, which a run that only reports can do without. */
static bool open_history(struct rotate_run *run_state) {
  const char *given = arguments_value(run_state->arguments, OPTION_HISTORY);
  AUTO_TEXT usual = history_path(arguments_policy(run_state->arguments));
  const char *path = given == NULL ? usual : given;
  if (!run_state->writes && given == NULL && access(path, F_OK) != 0) {
    if (!arguments_has(run_state->arguments, OPTION_QUIET))
      say_note("%s: there is no history yet, so nothing is known about earlier keys", path);
    return true;
  }
  run_state->settings.history = history_open(path, !run_state->writes);
  return run_state->settings.history != NULL;
}

static void print(const struct rotate_run *run_state) {
  if (arguments_has(run_state->arguments, OPTION_JSON))
    rotation_print_json(&run_state->watch, &run_state->rotation);
  else if (arguments_has(run_state->arguments, OPTION_QUIET))
    rotation_print_brief(&run_state->rotation);
  else
    rotation_print(&run_state->watch, &run_state->rotation);
}

static int plan_and_apply(struct rotate_run *run_state) {
  const struct arguments *arguments = run_state->arguments;
  struct rotation_doing doing = {.policy = arguments_policy(arguments),
                                 .history = run_state->settings.history,
                                 .watch = &run_state->watch,
                                 .yes = arguments_has(arguments, OPTION_YES),
                                 .dry_run = arguments_has(arguments, OPTION_DRY_RUN)};
  int status = EXIT_DONE;
  if (run_state->writes && !history_record(run_state->settings.history, &run_state->watch))
    return EXIT_FAILED;
  if (!rotation_plan(&run_state->watch, &run_state->loaded.policy, &run_state->settings,
                     &run_state->rotation))
    return EXIT_FAILED;
  if (!arguments_has(arguments, OPTION_REPORT))
    status = rotation_do(&run_state->rotation, &doing);
  if (!doing.dry_run)
    print(run_state);
  int open = rotation_status(&run_state->rotation);
  return status > open ? status : open;
}

static int rotate(struct rotate_run *run_state, const struct probe_settings *settings) {
  const struct arguments *arguments = run_state->arguments;
  if (!policy_load_sound(arguments_policy(arguments), &run_state->loaded))
    return EXIT_FAILED;
  const struct pin_policy *policy = &run_state->loaded.policy;
  bool good = arguments_has(arguments, OPTION_ALL) ? targets_from_policy(arguments, policy, &run_state->watch)
                                                   : targets_of_hosts(arguments, policy, &run_state->watch);
  if (!good)
    return EXIT_FAILED;
  good = open_history(run_state) && targets_look(&run_state->watch, &run_state->loaded.policy, settings);
  return good ? plan_and_apply(run_state) : EXIT_FAILED;
}

static int run(const struct arguments *arguments) {
  struct rotate_run run_state = {.arguments = arguments, .watch = {.now = time(NULL)}};
  struct probe_settings settings;
  int status = EXIT_USAGE;
  if (probe_options_read(arguments, &settings) && read_usage(arguments, &run_state) &&
      operands_can_be_asked(arguments))
    status = rotate(&run_state, &settings);
  rotation_clear(&run_state.rotation);
  history_close(run_state.settings.history);
  probe_options_clear(&settings);
  watch_clear(&run_state.watch);
  policy_clear(&run_state.loaded);
  return status;
}

const struct verb verb_rotate = {
    .name = "rotate",
    .operands = "[HOST[:PORT]]...",
    .summary = "Update the policy when servers change their keys",
    .details = "Asks the servers. A key that the policy does not contain is proposed, for\n"
               "\"pinctl approve\" or \"pinctl reject\", and never added automatically. After asking\n"
               "you, turns a backup pin that has come into use into a pin, and retires pins that\n"
               "were not seen for long, if the history of \"pinctl monitor\" covers that time.\n"
               "Exit status 0: nothing is left to do; 1: something is; 3: a server could not be\n"
               "asked.",
    .example = "pinctl rotate api.example.com --yes --history history.db",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
