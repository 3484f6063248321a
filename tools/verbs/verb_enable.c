/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/arguments.h"
#include "cli/output.h"
#include "enable/commit_confirm.h"
#include "enable/switch_options.h"
#include "enable/switching.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    {.id = OPTION_POLICY,
     .name = "policy",
     .argument = "FILE",
     .help = "enforce this policy (default: what is set there\nalready, else /etc/pinning/policy.cfg)"},
    {.id = OPTION_ON_POLICY_ERROR,
     .name = "on-policy-error",
     .argument = "refuse|allow",
     .one_of = true,
     .help = "what programs do while there is no policy"},
    SWITCH_OPENSSL_CONF,
    SWITCH_PRELOAD,
    SWITCH_SYSTEMD,
    SWITCH_ROOT,
    {.id = OPTION_CONFIRM,
     .name = "confirm",
     .argument = "SECONDS",
     .help = "put it back by itself unless it is confirmed in\ntime"},
    {.id = OPTION_CONFIRMED, .name = "confirmed", .help = "confirm that: the change stays"},
    SHARED_DRY_RUN,
};

static int accept(const struct switching *switching) {
  struct target target;
  int status = target_open(switching->path, TARGET_CHANGE, &target) ? confirm_accept(&target) : EXIT_FAILED;
  target_close(&target);
  return status;
}

static int run(const struct arguments *arguments) {
  struct switching switching;
  int status = switch_begin(arguments, true, &switching);
  if (status == EXIT_DONE) {
    if (arguments_has(arguments, OPTION_CONFIRMED))
      status = accept(&switching);
    else if (switching.place == PLACE_UNIT)
      status = switch_unit_on(&switching);
    else
      status =
          switching.place == PLACE_PRELOAD ? switch_preload_on(&switching) : switch_openssl_on(&switching);
  }
  if (status == EXIT_DONE && switching.place == PLACE_UNIT)
    switch_record(&switching, switching.unit);
  switch_clear(&switching);
  return status;
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
               "instead, is enforced as well, or left out with a warning.",
    .example = "pinctl enable --openssl-conf openssl.cnf --policy policy.cfg",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
