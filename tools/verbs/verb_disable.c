/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/arguments.h"
#include "cli/output.h"
#include "enable/commit_confirm.h"
#include "enable/ld_preload.h"
#include "enable/switch_options.h"
#include "enable/switching.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    SHARED_POLICY,
    SWITCH_OPENSSL_CONF,
    SWITCH_PRELOAD,
    SWITCH_SYSTEMD,
    SWITCH_ROOT,
    {.id = OPTION_UNCONFIRMED,
     .name = "unconfirmed",
     .help = "only undo a change by \"enable --confirm\" that was\nnot confirmed"},
    SHARED_DRY_RUN,
};

/* Ends the wait for a confirmation. If pinctl is killed right after that, the change counts as confirmed. */
static int take_out(const struct switching *switching, const struct target *target,
                    const struct block *block) {
  if (block->state == BLOCK_DAMAGED)
    return switch_refuse_damaged(target);
  if (!switching->dry_run)
    confirm_forget(target);
  if (block->state == BLOCK_ABSENT) {
    say_note("%s: pinning is not enabled here", target->path);
    return EXIT_DONE;
  }
  int status = switch_put(switching, target, block->rest);
  if (status == EXIT_DONE && !switching->dry_run && !switching->in_image)
    say_note("running programs go on enforcing until they are restarted");
  return status;
}

static int switch_off(const struct switching *switching) {
  struct target target;
  struct block block = {0};
  bool preload = switching->place == PLACE_PRELOAD;
  bool unconfirmed = arguments_has(switching->arguments, OPTION_UNCONFIRMED);
  enum target_use change = unconfirmed ? TARGET_UNDO : TARGET_CHANGE;
  int status = EXIT_FAILED;
  if (target_open(switching->path, switching->dry_run ? TARGET_READ : change, &target)) {
    if (preload)
      preload_line_find(target.text, &block);
    else
      block_find(target.text, &block);
    status = unconfirmed ? confirm_undo(&target, preload) : take_out(switching, &target, &block);
  }
  block_clear(&block);
  target_close(&target);
  return status;
}

static int run(const struct arguments *arguments) {
  struct switching switching;
  int status = switch_begin(arguments, false, &switching);
  if (status == EXIT_DONE)
    status = switching.place == PLACE_UNIT ? switch_unit_off(&switching) : switch_off(&switching);
  if (status == EXIT_DONE && switching.place == PLACE_UNIT)
    switch_record(&switching, switching.unit);
  switch_clear(&switching);
  return status;
}

const struct verb verb_disable = {
    .name = "disable",
    .operands = "",
    .summary = "Disable enforcement: remove what \"enable\" has added",
    .details = "Removes what \"enable\" has added, so that the file is byte for byte what it was.\n"
               "Lines about pinning that were written by hand stay. Running programs go on\n"
               "enforcing until they are restarted.",
    .example = "pinctl disable --openssl-conf openssl.cnf",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
