/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "config/conf_lookup.h"
#include "enable/commit_confirm.h"
#include "enable/ld_preload.h"
#include "enable/switching.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    SHARED_POLICY,
    SWITCH_OPENSSL_CONF,
    SWITCH_PRELOAD,
    SWITCH_ALL,
    SWITCH_SYSTEMD,
    FLAG(OWN, "own", "leave a file alone if it names only libraries of\nanother installation"),
    SWITCH_ROOT,
    FLAG(UNCONFIRMED, "unconfirmed", "only undo a change by \"enable --confirm\" that was\nnot confirmed"),
    SHARED_DRY_RUN,
};

/* Where a line that was not written by pinctl loads the shim: "file:line". For free(3); NULL: nowhere. */
static char *place_of_shim(const char *path, const char *text) {
  const char *found = text == NULL ? NULL : strstr(text, PRELOAD_SHIM);
  unsigned line = 1;
  for (const char *at = text; found != NULL && at < found; at++)
    line += *at == '\n' ? 1 : 0;
  return found == NULL ? NULL : must_format("%s:%u", path, line);
}

/* Warns where lines that "enable" has not written still enable pinning. text: the file without pinctl's
 * lines. */
static void warn_of_other_lines(bool preload, const char *path, const char *text) {
  AUTO_TEXT place = preload ? place_of_shim(path, text) : conf_place_of_pinning(path, text);
  if (place != NULL)
    say_warning("%s: pinning is still active by lines that were written by hand; remove them to end it",
                place);
}

/* The same where pinctl's lines stay, too. In ld.so.preload that is the first line, which is counted. */
static void warn_of_lines_beside(bool preload, const char *path, const char *rest) {
  AUTO_TEXT text = rest == NULL ? NULL : must_format("%s%s", preload ? "\n" : "", rest);
  warn_of_other_lines(preload, path, text);
}

/* Removes pinctl's lines. Before that it ends the wait for a confirmation; if pinctl is killed in between,
 * the change counts as confirmed. */
static int take_out(const struct switching *switching, const struct target *target, const struct block *block,
                    bool *changed) {
  if (block->state == BLOCK_DAMAGED)
    return switch_refuse_damaged(target);
  if (!switching->dry_run)
    confirm_forget(target);
  if (block->state == BLOCK_ABSENT) {
    say_note("%s: pinning is not enabled here", target->path);
    warn_of_other_lines(switching->place == PLACE_PRELOAD, target->path, target->text);
    return EXIT_DONE;
  }
  int status = switch_put(switching, target, block->rest);
  *changed |= status == EXIT_DONE;
  if (status == EXIT_DONE)
    warn_of_other_lines(switching->place == PLACE_PRELOAD, target->path, block->rest);
  return status;
}

static int switch_file_off(const struct switching *switching, bool *changed) {
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
    const char *lines = block.body == NULL ? target.text : block.body;
    enum owner owner =
        block.state == BLOCK_ABSENT ? OWNER_THIS : switch_find_owner(switching, target.path, lines);
    if (owner == OWNER_ANOTHER) {
      warn_of_lines_beside(preload, target.path, block.rest);
      status = EXIT_DONE;
    } else if (owner == OWNER_THIS) {
      status = unconfirmed ? confirm_undo(&target, preload) : take_out(switching, &target, &block, changed);
    }
  }
  block_clear(&block);
  target_close(&target);
  return status;
}

static bool is_preloaded(void) {
  size_t length = 0;
  AUTO_TEXT text = NULL;
  struct block block = {0};
  if (file_read(PRELOAD_FILE, &text, &length) == 0)
    preload_line_find(text, &block);
  bool found = block.state == BLOCK_PRESENT || confirm_is_waiting(PRELOAD_FILE);
  block_clear(&block);
  if (!found)
    warn_of_other_lines(true, PRELOAD_FILE, text);
  return found;
}

/*
 * Removes the shim first, since it is in every program. Where that fails, openssl.cnf is changed all the
 * same. ld.so.preload is opened only where there is something to remove: a user with an openssl.cnf of his
 * own cannot even lock /etc.
 */
static int switch_both_off(const struct switching *switching, bool *changed) {
  struct switching openssl = *switching;
  struct switching preload = *switching;
  openssl.place = PLACE_OPENSSL;
  preload.place = PLACE_PRELOAD;
  preload.path = (char[]){PRELOAD_FILE};
  end_defer();
  int of_preload = is_preloaded() ? switch_file_off(&preload, changed) : EXIT_DONE;
  if (*changed)
    end_too_late();
  int of_openssl = switch_file_off(&openssl, changed);
  end_deliver();
  return of_openssl != EXIT_DONE ? of_openssl : of_preload;
}

static int switch_off(const struct switching *switching) {
  bool changed = false;
  int status = switching->place == PLACE_ALL ? switch_both_off(switching, &changed)
                                             : switch_file_off(switching, &changed);
  if (changed && !switching->dry_run && !switching->in_image)
    say_note("running programs go on enforcing until they are restarted");
  return status;
}

static int run(const struct arguments *arguments) {
  struct switching switching;
  int status = switch_begin(arguments, false, &switching);
  if (status == EXIT_DONE)
    status = switching.place == PLACE_UNIT ? switch_unit_off(&switching) : switch_off(&switching);
  return switch_end(&switching, status);
}

const struct verb verb_disable = {
    .name = "disable",
    .operands = "",
    .summary = "Switch enforcement off: remove what \"enable\" has added",
    .details = "Removes what \"enable\" has added, so that the file is byte for byte what it was.\n"
               "Works on openssl.cnf and on /etc/ld.so.preload, unless an option or OPENSSL_CONF\n"
               "names one file. Lines about pinning that people wrote by hand stay; a warning\n"
               "says where they are. Running programs go on enforcing until they are restarted.",
    .example = "pinctl disable --openssl-conf openssl.cnf",
    OPTIONS_IN(options),
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
