/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/result.h"
#include "edit/change_log.h"
#include "edit/dropin.h"
#include "edit/present_text.h"
#include "verbs/verbs.h"
#include "view/compiled_form.h"
#include "view/enforced_policy.h"

static const struct option undo_options[] = {SHARED_POLICY, SHARED_DRY_RUN};

static const struct option restore_options[] = {
    FLAG(ENFORCED, "enforced", "write the policy that is enforced as text, if the\nmain file is lost"),
    OPTION(OUTPUT, "output", "FILE", "with --enforced: write to this file, or - for\nstandard output"),
    SHARED_POLICY,
    SHARED_DRY_RUN,
};

/* One run of the verb. */
struct undo {
  struct database *log;
  struct change *change;
  int64_t id;           /* the change to take back; 0: the latest */
  bool and_later;       /* all later changes, too */
  bool main_file_stays; /* though the change has made it */
};

static bool read_number(const struct arguments *arguments, int64_t *ret_id) {
  long id = 0;
  if (arguments->operand_count == 0)
    return true;
  if (!number_read(arguments->operands[0], 1, INT32_MAX, &id))
    return wrong_usage(arguments->verb,
                       "\"%s\": expected the number of a change; \"pinctl changes%s\" lists them",
                       arguments->operands[0], same_policy());
  *ret_id = id;
  return true;
}

/* Stages a file. The files come latest first; where one was changed several times, its first old text and its
 * last new text are used. */
static bool stage_file(struct undo *undo, const struct file_change *files, size_t count, size_t index) {
  const struct file_change *last = &files[index];
  const struct file_change *first = last;
  AUTO_TEXT present = NULL;
  for (size_t i = 0; i < index; i++)
    if (strcmp(files[i].path, last->path) == 0)
      return true;
  for (size_t i = index; i < count; i++)
    if (strcmp(files[i].path, last->path) == 0)
      first = &files[i];
  if (!present_text_read(last->path, &present))
    return false;
  /* The main file is not removed: without it there is no policy. */
  bool stays = first->old_text == NULL && strcmp(last->path, undo->change->policy) == 0;
  undo->main_file_stays |= stays;
  if (!present_text_is(present, last->new_text) && !stays)
    return say_error(
        "%s: was changed since; nothing was changed. \"pinctl changes %lld%s\" shows what was there before",
        last->path, (long long)undo->id, same_policy());
  if (!stays && !present_text_is(present, first->old_text))
    change_stage(undo->change, must_copy(last->path), text_take(&present),
                 first->old_text == NULL ? NULL : must_copy(first->old_text));
  return true;
}

static int stage(struct undo *undo) {
  struct file_change *files = NULL;
  size_t count = 0;
  if (!change_log_files(undo->log, undo->id, undo->and_later, &files, &count))
    return EXIT_FAILED;
  int status = count > 0 ? EXIT_DONE : EXIT_FAILED;
  if (count == 0)
    change_log_say_no_files(undo->log, undo->id);
  for (size_t i = 0; i < count && status == EXIT_DONE; i++)
    status = stage_file(undo, files, count, i) ? EXIT_DONE : EXIT_FAILED;
  change_files_free(files, count);
  return status;
}

static int undo_change(struct undo *undo, bool dry_run) {
  int status = stage(undo);
  if (status == EXIT_DONE && undo->change->count == 0 && undo->main_file_stays)
    return say_failure("%s: stays, since there is no policy without it; nothing was changed",
                       undo->change->policy);
  if (status == EXIT_DONE && undo->change->count == 0) {
    say_note("the files are as they were then; nothing was changed");
    return EXIT_DONE;
  }
  undo->change->what =
      must_format(undo->and_later ? "put back what was before change %lld" : "took back change %lld",
                  (long long)undo->id);
  if (status == EXIT_DONE)
    status = change_commit(undo->change);
  if (status != EXIT_DONE || dry_run)
    return status;
  say_note("%s", undo->change->what);
  if (!change_log_mark(undo->log, undo->id, undo->and_later))
    say_warning(
        "it was not recorded that the change was taken back; the next \"pinctl undo\" needs a number");
  return EXIT_DONE;
}

/*
 * The latest recorded change that was not taken back; 0, having said why. Refuses where the files have
 * changed without a record, by hand or because the disk was full: then that change is not the last one.
 */
static int64_t latest(struct database *log, const char *policy) {
  int64_t id = change_log_latest(log), last = 0;
  if (id == 0)
    say_error("there is no change to take back; \"pinctl changes%s\" lists them", same_policy());
  if (id <= 0 || change_log_is_current(log, policy, &last))
    return id < 0 ? 0 : id;
  if (last > 0)
    say_error(
        "the files of the policy are not as change %lld left them: something was changed by hand, or "
        "without being recorded; nothing was changed. \"pinctl undo %lld%s\" takes back change %lld all the "
        "same",
        (long long)last, (long long)id, same_policy(), (long long)id);
  return 0;
}

/* Takes the lock before it reads the record, so that two runs do not take back the same change. */
static int undo_locked(const struct arguments *arguments, struct undo *undo) {
  AUTO_TEXT policy = form_policy(arguments_policy(arguments));
  bool dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  bool absent = false;
  int status = EXIT_FAILED;
  undo->change = change_begin(policy, dry_run);
  if (undo->change == NULL)
    return EXIT_FAILED;
  undo->log = change_log_open(policy, &absent);
  if (absent)
    say_error("no change was recorded yet");
  if (undo->log != NULL && undo->id == 0)
    undo->id = latest(undo->log, policy);
  if (undo->log != NULL && undo->id > 0)
    status = undo_change(undo, dry_run);
  database_close(undo->log);
  change_free(undo->change);
  return status;
}

static int run_undo(const struct arguments *arguments) {
  struct undo undo = {0};
  if (!read_number(arguments, &undo.id))
    return EXIT_USAGE;
  return undo_locked(arguments, &undo);
}

const struct verb verb_undo = {
    .name = "undo",
    .operands = "[N]",
    .summary = "Take back the last change that pinctl made, or change N",
    .details = "The files of the change get their former text, and are checked and compiled as\n"
               "in every change. Nothing is taken back if one of them was changed again since,\n"
               "or, without N, if any file of the policy was. Several runs take back one change\n"
               "after the other, the latest first.",
    .example = "pinctl undo --dry-run",
    OPTIONS_IN(undo_options),
    .most_operands = 1,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run_undo,
};

/* ---- restore ---- */

/* Removes the entries of drop-ins that still exist. */
static void leave_out_dropins(const char *policy, struct entries *entries) {
  AUTO_TEXT folder = path_directory(policy);
  AUTO_TEXT dropins = must_format("%s/policy.d", folder);
  size_t kept = 0;
  for (size_t i = 0; i < entries->count; i++) {
    AUTO_TEXT place = path_directory(entries->items[i].file);
    if (strcmp(place, dropins) != 0 || access(entries->items[i].file, F_OK) != 0)
      entries->items[kept++] = entries->items[i];
  }
  entries->count = kept;
}

/* The text of the enforced policy, for free(3); NULL, having said why. is_whole: all of it; else without the
 * drop-ins that still exist, for the main file. */
static char *enforced_text(const char *policy, bool is_whole) {
  struct enforced_policy enforced;
  struct entries entries = {0};
  char *text = NULL;
  if (!enforced_policy_open(policy, &enforced))
    say_error("%s: there is neither a valid policy nor a compiled form of it", policy);
  else if (entries_read(&enforced.policy, &entries)) {
    entries_sort_by_name(&entries);
    if (!is_whole)
      leave_out_dropins(policy, &entries);
    text = policy_text(&enforced.policy, &entries);
  }
  entries_clear(&entries);
  enforced_policy_close(&enforced);
  return text;
}

static int write_output(const char *path, const char *text) {
  if (strcmp(path, "-") == 0) {
    fputs(text, stdout);
    return EXIT_DONE;
  }
  return result_write_file(path, text) ? EXIT_DONE : EXIT_FAILED;
}

static int write_policy(const char *policy, char *text, bool dry_run) {
  struct change *change = change_begin(policy, dry_run);
  if (change == NULL) {
    free(text);
    return EXIT_FAILED;
  }
  change_stage(change, must_copy(policy), NULL, text);
  change->what = must_copy("wrote the text of what was enforced");
  int status = change_commit(change);
  change_free(change);
  return status;
}

static int restore_enforced(const struct arguments *arguments) {
  AUTO_TEXT policy = form_policy(arguments_policy(arguments));
  const char *output = arguments_value(arguments, OPTION_OUTPUT);
  if (output == NULL && access(policy, F_OK) == 0)
    return say_failure(
        "%s: exists, and is yours; \"--output FILE\" writes the text of what is enforced elsewhere", policy);
  char *text = enforced_text(policy, output != NULL);
  if (text == NULL)
    return EXIT_FAILED;
  if (output == NULL)
    return write_policy(policy, text, arguments_has(arguments, OPTION_DRY_RUN));
  int status = write_output(output, text);
  free(text);
  return status;
}

static int run_restore(const struct arguments *arguments) {
  struct undo undo = {.and_later = true};
  bool enforced = arguments_has(arguments, OPTION_ENFORCED);
  if (enforced == (arguments->operand_count == 1) ||
      (!enforced && arguments_value(arguments, OPTION_OUTPUT) != NULL))
    return usage_status(arguments->verb, "expected the number of a change, or --enforced");
  if (enforced)
    return restore_enforced(arguments);
  return read_number(arguments, &undo.id) ? undo_locked(arguments, &undo) : EXIT_USAGE;
}

const struct verb verb_restore = {
    .name = "restore",
    .operands = "[N]",
    .summary = "Put back the policy as it was before change N",
    .details = "Takes back change N and all later ones. With --enforced, recovers the text of\n"
               "the policy from its compiled form, if the policy is lost or broken.",
    .example = "pinctl restore --enforced --output -",
    OPTIONS_IN(restore_options),
    .most_operands = 1,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run_restore,
};
