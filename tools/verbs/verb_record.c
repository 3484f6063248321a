/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>

#include "base/file.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "monitor/recording.h"
#include "monitor/watch_targets.h"
#include "probe/probe_options.h"
#include "verbs/verbs.h"
#include "view/usable_policy.h"

static const struct option options[] = {
    OPTION(OUTPUT, "output", "DIR", "write the chains to this folder (default: chains)", .older = "to"),
    PROBE_OPTION_STARTTLS,
    PROBE_OPTION_CONNECT,
    PROBE_OPTION_TIMEOUT,
    PROBE_OPTION_JOBS,
    SHARED_POLICY,
};

struct record_run {
  struct watch watch;
  const char *directory;
  size_t done;
  bool failed;
};

static void take(size_t index, struct probe_result *result, void *arg) {
  struct record_run *run_state = arg;
  const struct watch_host *host = &run_state->watch.hosts[index];
  AUTO_TEXT place = watch_host_name(host);
  if (result->error != NULL)
    say_error("%s: %s", place, result->error);
  bool kept = result->error == NULL && recording_write(run_state->directory, host, &result->certificates);
  run_state->failed = run_state->failed || !kept;
  bar_show(++run_state->done, run_state->watch.count);
}

static int record(const struct arguments *arguments, const struct probe_settings *settings,
                  struct record_run *run_state) {
  struct loaded_policy loaded = {0};
  bool good = true;
  if (arguments->operand_count == 0)
    good = policy_load_sound(arguments_policy(arguments), &loaded) &&
           targets_from_policy(arguments, &loaded.policy, &run_state->watch);
  policy_clear(&loaded);
  if (!good)
    return EXIT_FAILED;
  int error = directory_make(run_state->directory);
  if (error != 0)
    return say_failure("%s: %s; --output DIR writes elsewhere", run_state->directory, strerror(error));
  good = targets_ask(&run_state->watch, settings, take, run_state) && !run_state->failed;
  return good ? EXIT_DONE : EXIT_FAILED;
}

static int run(const struct arguments *arguments) {
  const char *directory = arguments_value(arguments, OPTION_OUTPUT);
  struct record_run run_state = {.directory = directory == NULL ? "chains" : directory};
  struct probe_settings settings;
  int status = EXIT_USAGE;
  if (probe_options_read(arguments, &settings) && targets_from_operands(arguments, false, &run_state.watch))
    status = record(arguments, &settings, &run_state);
  probe_options_clear(&settings);
  watch_clear(&run_state.watch);
  return status;
}

const struct verb verb_record = {
    .name = "record",
    .operands = "[HOST[:PORT]]...",
    .summary = "Keep the chains that servers show, for \"pinctl test\"",
    .details = "Asks all servers that the policy names, or those given, and writes the chain of\n"
               "each to DIR/HOST_PORT.pem. Does not judge the chains: \"pinctl test\" does that.",
    .example = "pinctl record api.example.com --output chains",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
