/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/arguments.h"
#include "cli/output.h"
#include "enable/commit_confirm.h"
#include "enable/ld_preload.h"
#include "enable/switching.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    OPTION(POLICY, "policy", "FILE",
           "enforce this policy (default: the one that is set\nalready, else /etc/pinning/policy.cfg)"),
    OPTION(ON_POLICY_ERROR, "on-policy-error", "refuse|allow", "what programs do while no policy can be used",
           .one_of = true),
    SWITCH_OPENSSL_CONF,
    SWITCH_PRELOAD,
    SWITCH_ALL,
    SWITCH_SYSTEMD,
    SWITCH_ROOT,
    OPTION(CONFIRM, "confirm", "SECONDS",
           "put the old file back after this time unless the\nchange is confirmed"),
    FLAG(CONFIRMED, "confirmed", "keep the change that waits to be confirmed"),
    SHARED_DRY_RUN,
};

static int accept_file(const char *path) {
  struct target target;
  int status = target_open(path, TARGET_CHANGE, &target) ? confirm_accept(&target) : EXIT_FAILED;
  target_close(&target);
  return status;
}

/* Confirms the change in both places; only one of them may have changed. */
static int accept(const struct switching *switching) {
  bool all = switching->place == PLACE_ALL;
  if (all && !confirm_is_waiting(switching->path))
    return accept_file(PRELOAD_FILE);
  int status = accept_file(switching->path);
  return status == EXIT_DONE && all && confirm_is_waiting(PRELOAD_FILE) ? accept_file(PRELOAD_FILE) : status;
}

static int switch_on(const struct switching *switching) {
  switch (switching->place) {
  case PLACE_UNIT:
    return switch_unit_on(switching);
  case PLACE_PRELOAD:
    return switch_preload_on(switching);
  case PLACE_ALL:
    return switch_all_on(switching);
  case PLACE_OPENSSL:
    break;
  }
  return switch_openssl_on(switching);
}

static int run(const struct arguments *arguments) {
  struct switching switching;
  int status = switch_begin(arguments, true, &switching);
  if (status == EXIT_DONE) {
    switch_ask_for_both(&switching);
    status = arguments_has(arguments, OPTION_CONFIRMED) ? accept(&switching) : switch_on(&switching);
  }
  return switch_end(&switching, status);
}

const struct verb verb_enable = {
    .name = "enable",
    .operands = "",
    .summary = "Switch enforcement on, in openssl.cnf or elsewhere",
    .details = "openssl.cnf reaches programs that use OpenSSL and read it. /etc/ld.so.preload\n"
               "reaches programs that use GnuTLS, and those that do not read openssl.cnf. --all\n"
               "sets up both or neither; without an option, asks on a terminal whether to. Adds\n"
               "a few marked lines at the end of openssl.cnf (in ld.so.preload: the path of the\n"
               "shim as the first line), changes nothing else, and prints the change as a diff.\n"
               "All providers that are active stay active, the provider default among them.\n"
               "Tries the new configuration in a new process first: it computes digests and\n"
               "connects to a server with the right key and with another key. Nothing is changed\n"
               "if the trial fails or the policy is not valid. nodejs, which reads nodejs_conf\n"
               "instead, is enforced as well, or left out with a warning.",
    .example = "pinctl enable --openssl-conf openssl.cnf --policy policy.cfg",
    OPTIONS_IN(options),
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
