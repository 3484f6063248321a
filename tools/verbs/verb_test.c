/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <time.h>

#include "cli/arguments.h"
#include "cli/output.h"
#include "monitor/recording.h"
#include "monitor/watch_targets.h"
#include "probe/probe_options.h"
#include "verbs/verbs.h"
#include "view/usable_policy.h"

static const struct option options[] = {
    OPTION(RECORDED, "recorded", "DIR",
           "ask no server: take the chains that \"pinctl\nrecord\" kept in this folder"),
    WATCH_OPTION_PROBLEMS,
    WATCH_OPTION_SORT,
    SHARED_QUIET,
    PROBE_OPTIONS,
    PROBE_OPTION_JOBS,
    SHARED_POLICY,
    SHARED_JSON,
};

struct test_run {
  struct watch watch;
  struct loaded_policy loaded;
};

static bool take_recorded(const char *directory, const char *ca_file, struct test_run *run_state) {
  X509_STORE *store = chain_store_new(ca_file);
  for (size_t i = 0; store != NULL && i < run_state->watch.count; i++) {
    struct probe_result result;
    recording_read(directory, &run_state->watch.hosts[i], store, &result);
    watch_examine(&run_state->watch, &run_state->loaded.policy, &result, &run_state->watch.hosts[i]);
    probe_result_clear(&result);
  }
  X509_STORE_free(store);
  return store != NULL;
}

static int test(const struct arguments *arguments, const struct probe_settings *settings,
                struct test_run *run_state) {
  const char *policy = arguments->operand_count > 0 ? arguments->operands[0] : arguments_policy(arguments);
  const char *directory = arguments_value(arguments, OPTION_RECORDED);
  if (!policy_load_sound(policy, &run_state->loaded) ||
      !targets_from_policy(arguments, &run_state->loaded.policy, &run_state->watch))
    return EXIT_FAILED;
  bool good = directory == NULL ? targets_look(&run_state->watch, &run_state->loaded.policy, settings)
                                : take_recorded(directory, settings->ca_file, run_state);
  bool interrupted = run_state->watch.interrupted_of > 0;
  if (!good && !interrupted)
    return EXIT_FAILED;
  watch_select(arguments, &run_state->watch);
  if (arguments_has(arguments, OPTION_JSON))
    watch_print_json(&run_state->watch);
  else if (arguments_has(arguments, OPTION_QUIET))
    watch_print_brief(&run_state->watch);
  else
    watch_print_table(&run_state->watch);
  if (interrupted)
    return EXIT_FAILED;
  return watch_severity(&run_state->watch) == SEVERITY_CRITICAL ? EXIT_FINDING : EXIT_DONE;
}

static int run(const struct arguments *arguments) {
  struct test_run run_state = {.watch = {.now = time(NULL)}};
  struct probe_settings settings;
  int status = EXIT_USAGE;
  if (probe_options_read(arguments, &settings))
    status = test(arguments, &settings, &run_state);
  probe_options_clear(&settings);
  watch_clear(&run_state.watch);
  policy_clear(&run_state.loaded);
  return status;
}

const struct verb verb_test = {
    .name = "test",
    .operands = "[FILE]",
    .summary = "Test a policy against the servers, or recorded chains",
    .details = "For pipelines: tests every entry of the policy FILE (default: that of --policy)\n"
               "against what its servers show, or what \"pinctl record\" has kept. Exit status 1\n"
               "if a server would be refused, cannot be verified or cannot be reached. Warnings\n"
               "are only shown.",
    .example = "pinctl test --recorded chains",
    OPTIONS_IN(options),
    .most_operands = 1,
    .run = run,
};
