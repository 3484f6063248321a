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

/* Below this the looks that cover the time would be too few (HISTORY_LONGEST_GAP). */
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
struct rotating {
  const struct arguments *arguments;
  bool writes; /* the history, and perhaps the policy */
  struct watch watch;
  struct loaded_policy loaded;
  struct rotation_settings settings;
  struct rotation rotation;
};

static bool read_usage(const struct arguments *arguments, struct rotating *rotating) {
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
  rotating->writes = !report && !dry_run;
  rotating->settings.retire_seconds = (int64_t)days * SECONDS_PER_DAY;
  rotating->settings.trust_unverified = arguments_has(arguments, OPTION_TRUST_UNVERIFIED);
  return true;
}

/* A report is worth something without the past; proposals have to be kept somewhere. */
static bool open_history(struct rotating *rotating) {
  const char *given = arguments_value(rotating->arguments, OPTION_HISTORY);
  AUTO_TEXT usual = history_path(arguments_policy(rotating->arguments));
  const char *path = given == NULL ? usual : given;
  if (!rotating->writes && given == NULL && access(path, F_OK) != 0) {
    if (!arguments_has(rotating->arguments, OPTION_QUIET))
      say_note("%s: there is no history yet, so nothing is known of the past", path);
    return true;
  }
  rotating->settings.history = history_open(path, !rotating->writes);
  return rotating->settings.history != NULL;
}

static void print(const struct rotating *rotating) {
  if (arguments_has(rotating->arguments, OPTION_JSON))
    rotation_print_json(&rotating->watch, &rotating->rotation);
  else if (arguments_has(rotating->arguments, OPTION_QUIET))
    rotation_print_brief(&rotating->rotation);
  else
    rotation_print(&rotating->watch, &rotating->rotation);
}

static int look_and_do(struct rotating *rotating) {
  const struct arguments *arguments = rotating->arguments;
  struct rotation_doing doing = {.policy = arguments_policy(arguments),
                                 .history = rotating->settings.history,
                                 .watch = &rotating->watch,
                                 .yes = arguments_has(arguments, OPTION_YES),
                                 .dry_run = arguments_has(arguments, OPTION_DRY_RUN)};
  int status = EXIT_DONE;
  if (rotating->writes && !history_record(rotating->settings.history, &rotating->watch))
    return EXIT_FAILED;
  if (!rotation_plan(&rotating->watch, &rotating->loaded.policy, &rotating->settings, &rotating->rotation))
    return EXIT_FAILED;
  if (!arguments_has(arguments, OPTION_REPORT))
    status = rotation_do(&rotating->rotation, &doing);
  if (!doing.dry_run)
    print(rotating);
  int open = rotation_status(&rotating->rotation);
  return status > open ? status : open;
}

static int rotate(struct rotating *rotating, const struct probe_settings *settings) {
  const struct arguments *arguments = rotating->arguments;
  if (!policy_load_sound(arguments_policy(arguments), &rotating->loaded))
    return EXIT_FAILED;
  const struct pin_policy *policy = &rotating->loaded.policy;
  bool good = arguments_has(arguments, OPTION_ALL) ? targets_from_policy(arguments, policy, &rotating->watch)
                                                   : targets_of_hosts(arguments, policy, &rotating->watch);
  if (!good)
    return EXIT_FAILED;
  good = open_history(rotating) && targets_look(&rotating->watch, &rotating->loaded.policy, settings);
  return good ? look_and_do(rotating) : EXIT_FAILED;
}

static int run(const struct arguments *arguments) {
  struct rotating rotating = {.arguments = arguments, .watch = {.now = time(NULL)}};
  struct probe_settings settings;
  int status = EXIT_USAGE;
  if (probe_options_read(arguments, &settings) && read_usage(arguments, &rotating) &&
      operands_can_be_asked(arguments))
    status = rotate(&rotating, &settings);
  rotation_clear(&rotating.rotation);
  history_close(rotating.settings.history);
  probe_options_clear(&settings);
  watch_clear(&rotating.watch);
  policy_clear(&rotating.loaded);
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
