/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>

#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/prompt.h"
#include "learn/learning.h"
#include "logs/log_source.h"
#include "probe/probe_options.h"
#include "verbs/verbs.h"
#include "view/usable_policy.h"

#define USUAL_STABLE_DAYS 14

static const struct option options[] = {
    OPTION(FROM_HOSTS, "from-hosts", "FILE",
           "also learn these hosts: one HOST[:PORT] on each\nline, # begins a comment"),
    OPTION(STABLE, "stable", "DAYS", "how long a key must be known (default: 14)"),
    OPTION(PIN, "pin", "leaf|issuer|root", "pin this key of the chains (default: issuer)", .one_of = true),
    OPTION(MODE, "mode", "enforce|audit", "the mode of the new entries (default: the policy's)",
           .one_of = true),
    OPTION(SYSTEM_ANCHORS, "system-anchors", "DIR|FILE",
           "the roots that the distribution ships; chains to\nother roots are left out"),
    LOG_OPTION_FILE,
    LOG_OPTION_SINCE,
    HISTORY_OPTION,
    FLAG(NO_HISTORY, "no-history", "keep nothing, and use nothing from earlier runs"),
    FLAG(YES, "yes", "write without asking"),
    PROBE_OPTIONS,
    PROBE_OPTION_JOBS,
    SHARED_POLICY,
    SHARED_DRY_RUN,
    SHARED_JSON,
};

static enum probe_protocol protocol_of(uint16_t port, const void *arguments) {
  return probe_options_protocol(arguments, port);
}

static enum pin_choice read_choice(const struct arguments *arguments) {
  const char *word = arguments_value(arguments, OPTION_PIN);
  enum pin_choice choice = PIN_CHOICE_LEAF;
  while (word != NULL && choice < PIN_CHOICE_ROOT && strcmp(word, pin_choice_word(choice)) != 0)
    choice++;
  return word == NULL ? PIN_CHOICE_ISSUER : choice;
}

static bool read_usage(const struct arguments *arguments, struct candidates *candidates) {
  long days = USUAL_STABLE_DAYS;
  bool decided = arguments_has(arguments, OPTION_YES) || arguments_has(arguments, OPTION_DRY_RUN) ||
                 arguments_has(arguments, OPTION_JSON);
  if (!arguments_number(arguments, OPTION_STABLE, "days", 0, 3650, &days))
    return false;
  if (arguments_has(arguments, OPTION_YES) && arguments_has(arguments, OPTION_JSON))
    return wrong_usage(arguments->verb, "--json writes no policy: expected --yes or --json");
  if (!decided && !question_possible())
    return wrong_usage(arguments->verb, "there is no terminal to ask on: expected --yes or --dry-run");
  candidates->choice = read_choice(arguments);
  candidates->stable_seconds = (int64_t)days * SECONDS_PER_DAY;
  return true;
}

/* Reads the log, which may be missing where hosts are named. */
static int read_log(const struct arguments *arguments, const struct log_query *query,
                    struct candidates *candidates) {
  size_t damaged = 0;
  const char *hosts = arguments_value(arguments, OPTION_FROM_HOSTS);
  int status = log_each(query, candidates_take_record, candidates, &damaged);
  if (candidates->left_out > 0)
    say_warning(
        "%zu lines are about hosts beyond the first %d of the log, and were passed over; --from-hosts names "
        "those to look at, --since leaves out what is older",
        candidates->left_out, MOST_LOGGED_HOSTS);
  if (candidates->doubtful > 0)
    say_warning("%zu line%s passed over as doubtful: another process wrote %s", candidates->doubtful,
                candidates->doubtful == 1 ? " was" : "s were",
                candidates->doubtful == 1 ? "it than it says" : "them than they say");
  if (candidates->untimed > 0)
    say_warning("%zu line%s passed over: no time, or one in the future", candidates->untimed,
                candidates->untimed == 1 ? " was" : "s were");
  if (status != EXIT_DONE && hosts != NULL && query->files.count == 0) {
    say_note("only the hosts of %s are looked at", hosts);
    return EXIT_DONE;
  }
  return status;
}

static int gather(const struct arguments *arguments, const struct log_query *query,
                  const struct pin_policy *policy, struct candidates *candidates) {
  const char *hosts = arguments_value(arguments, OPTION_FROM_HOSTS);
  if (!anchors_read(arguments_value(arguments, OPTION_SYSTEM_ANCHORS), &candidates->anchors))
    return EXIT_FAILED;
  int status = hosts == NULL ? EXIT_DONE : learning_read_hosts(hosts, candidates);
  if (status == EXIT_DONE)
    status = read_log(arguments, query, candidates);
  candidates_arrange(candidates);
  if (status == EXIT_DONE)
    candidates_leave_covered(candidates, policy, arguments_policy(arguments));
  return status;
}

static int ask_servers(const struct arguments *arguments, const struct pin_policy *policy,
                       const struct probe_settings *settings, struct candidates *candidates) {
  const char *path = arguments_value(arguments, OPTION_HISTORY);
  AUTO_TEXT usual = history_path(arguments_policy(arguments));
  struct learning_history history = {.path = path == NULL ? usual : path,
                                     .keep = !arguments_has(arguments, OPTION_DRY_RUN),
                                     .is_default = path == NULL};
  if (arguments_has(arguments, OPTION_NO_HISTORY))
    history.path = NULL;
  return learning_ask(candidates, policy, settings, &history, protocol_of, arguments);
}

/* Warns where leaf keys are pinned: a renewal may make a new key. */
static void warn_of_lockout(const struct candidates *candidates) {
  if (candidates->choice == PIN_CHOICE_LEAF)
    say_warning("these entries have no backup pin: where a renewal makes a new key, the host is refused; add "
                "one with \"pinctl add HOST --backup FILE\", or pin the issuer");
}

static int approve(const struct arguments *arguments, const struct candidates *candidates) {
  static const char *const words[] = {"yes", "no", NULL};
  const char *policy = arguments_policy(arguments);
  const char *mode = arguments_value(arguments, OPTION_MODE);
  size_t count = learning_count(candidates, CANDIDATE_PROPOSED);
  if (count == 0) {
    say_note("there is nothing to propose");
    return EXIT_DONE;
  }
  int status = learning_write(candidates, policy, mode, true);
  warn_of_lockout(candidates);
  if (status != EXIT_DONE || arguments_has(arguments, OPTION_DRY_RUN))
    return status;
  fflush(stdout);
  AUTO_TEXT question = must_format("Add %zu to the policy:", count);
  if (!arguments_has(arguments, OPTION_YES) && question_ask(question, words) != 0) {
    say_note("nothing was changed");
    return EXIT_FINDING;
  }
  status = learning_write(candidates, policy, mode, false);
  if (status == EXIT_DONE)
    say_note("%zu added", count);
  return status;
}

static int learn(const struct arguments *arguments, const struct log_query *query,
                 const struct probe_settings *settings, struct candidates *candidates) {
  struct loaded_policy loaded;
  int status = policy_load_sound(arguments_policy(arguments), &loaded) ? EXIT_DONE : EXIT_FAILED;
  if (status == EXIT_DONE)
    status = gather(arguments, query, &loaded.policy, candidates);
  if (status == EXIT_DONE)
    status = ask_servers(arguments, &loaded.policy, settings, candidates);
  policy_clear(&loaded);
  if (status != EXIT_DONE)
    return status;
  learning_print(candidates, arguments_has(arguments, OPTION_JSON));
  return arguments_has(arguments, OPTION_JSON) ? EXIT_DONE : approve(arguments, candidates);
}

static int run(const struct arguments *arguments) {
  struct log_query query = {0};
  struct probe_settings settings = {0};
  struct candidates candidates = {0};
  int status = EXIT_USAGE;
  if (read_usage(arguments, &candidates) && log_query_read(arguments, &query) &&
      probe_options_read(arguments, &settings)) {
    candidates.now = query.now;
    status = learn(arguments, &query, &settings, &candidates);
  }
  probe_options_clear(&settings);
  log_query_clear(&query);
  candidates_clear(&candidates);
  return status;
}

const struct verb verb_learn = {
    .name = "learn",
    .operands = "[FILE]...",
    .summary = "Propose entries for hosts whose keys have proved stable",
    .details = "Takes hosts from audited lines of the log, and from a list. Asks each server,\n"
               "and proposes to pin a key if the server shows it in a chain that verifies and\n"
               "the log or the history has known it for long enough. Leaves out hosts that have\n"
               "an entry and chains to roots that were added on this machine. Shows the change,\n"
               "and asks.",
    .example = "pinctl learn --file auth.log --from-hosts hosts.txt --dry-run",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .reports = REPORTS_QUIETLY,
    .run = run,
};
