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
           "enforce this policy (default: what is set there\nalready, else /etc/pinning/policy.cfg)"),
    OPTION(ON_POLICY_ERROR, "on-policy-error", "refuse|allow", "what programs do while there is no policy",
           .one_of = true),
    SWITCH_OPENSSL_CONF,
    SWITCH_PRELOAD,
    SWITCH_ALL,
    SWITCH_SYSTEMD,
    SWITCH_ROOT,
    OPTION(CONFIRM, "confirm", "SECONDS", "put it back by itself unless it is confirmed in\ntime"),
    FLAG(CONFIRMED, "confirmed", "confirm that: the change stays"),
    SHARED_DRY_RUN,
};

static int accept_file(const char *path) {
  struct target target;
  int status = target_open(path, TARGET_CHANGE, &target) ? confirm_accept(&target) : EXIT_FAILED;
  target_close(&target);
  return status;
}

/* Of both places, also where only one has changed. */
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
    .details = "Adds a few marked lines at the end of the file (ld.so.preload: the path of the\n"
               "shim as its first line) and changes nothing else. The provider default stays\n"
               "active where it was, and so do all others. The new configuration is tried in a\n"
               "process of its own first: connections to a server with the right and with\n"
               "another key, and digests. Prints the change as a diff. Nothing is changed where\n"
               "the trial fails, or without a valid policy. nodejs, which reads nodejs_conf\n"
               "instead, is enforced as well, or left out with a warning. openssl.cnf reaches\n"
               "programs with OpenSSL, ld.so.preload those with GnuTLS and those that read no\n"
               "openssl.cnf; --all sets up both or none, and a terminal is asked.",
    .example = "pinctl enable --openssl-conf openssl.cnf --policy policy.cfg",
    OPTIONS_IN(options),
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
