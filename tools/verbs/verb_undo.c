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

/* What is to be taken back. */
struct taking_back {
  struct database *log;
  struct change *change;
  int64_t id;
  bool and_later;
  bool main_file_stays; /* though it was not there before */
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

/* The files come latest first; of one that was changed several times the first text and the last count. */
static bool stage_file(struct taking_back *taking, const struct file_change *files, size_t count,
                       size_t index) {
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
  /* A policy without its main file would be none. */
  bool stays = first->old_text == NULL && strcmp(last->path, taking->change->policy) == 0;
  taking->main_file_stays |= stays;
  if (!present_text_is(present, last->new_text) && !stays)
    return say_error(
        "%s: was changed since; nothing was changed. \"pinctl changes %lld%s\" shows what was there before",
        last->path, (long long)taking->id, same_policy());
  if (!stays && !present_text_is(present, first->old_text))
    change_stage(taking->change, must_copy(last->path), text_take(&present),
                 first->old_text == NULL ? NULL : must_copy(first->old_text));
  return true;
}

static int stage(struct taking_back *taking) {
  struct file_change *files = NULL;
  size_t count = 0;
  if (!change_log_files(taking->log, taking->id, taking->and_later, &files, &count))
    return EXIT_FAILED;
  int status = count > 0 ? EXIT_DONE : EXIT_FAILED;
  if (count == 0)
    change_log_say_no_files(taking->log, taking->id);
  for (size_t i = 0; i < count && status == EXIT_DONE; i++)
    status = stage_file(taking, files, count, i) ? EXIT_DONE : EXIT_FAILED;
  change_files_free(files, count);
  return status;
}

static int take_back(struct taking_back *taking, bool dry_run) {
  int status = stage(taking);
  if (status == EXIT_DONE && taking->change->count == 0 && taking->main_file_stays)
    return say_failure("%s: stays, since there is no policy without it; nothing was changed",
                       taking->change->policy);
  if (status == EXIT_DONE && taking->change->count == 0) {
    say_note("the files are as they were then; nothing was changed");
    return EXIT_DONE;
  }
  taking->change->what =
      must_format(taking->and_later ? "put back what was before change %lld" : "took back change %lld",
                  (long long)taking->id);
  if (status == EXIT_DONE)
    status = change_commit(taking->change);
  if (status != EXIT_DONE || dry_run)
    return status;
  say_note("%s", taking->change->what);
  if (!change_log_mark(taking->log, taking->id, taking->and_later))
    say_warning("that it was taken back is not recorded: the next \"pinctl undo\" needs a number");
  return EXIT_DONE;
}

/*
 * The latest change of the record. 0, having said why. Where something happened to the files that is not in
 * the record, because the disk was full, say, the last change is another one than the record has.
 */
static int64_t latest(struct database *log, const char *policy) {
  int64_t id = change_log_latest(log), last = 0;
  if (id == 0)
    say_error("there is no change to take back; \"pinctl changes%s\" lists them", same_policy());
  if (id <= 0 || change_log_is_left(log, policy, &last))
    return id < 0 ? 0 : id;
  if (last > 0)
    say_error(
        "the files of the policy are not as change %lld left them: something was changed by hand, or "
        "without being recorded; nothing was changed. \"pinctl undo %lld%s\" takes back change %lld all the "
        "same",
        (long long)last, (long long)id, same_policy(), (long long)id);
  return 0;
}

/* Under the lock from the first look at the record on: two must not take back the same. */
static int take_back_locked(const struct arguments *arguments, struct taking_back *taking) {
  AUTO_TEXT policy = form_policy(arguments_policy(arguments));
  bool dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  bool absent = false;
  int status = EXIT_FAILED;
  taking->change = change_begin(policy, dry_run);
  if (taking->change == NULL)
    return EXIT_FAILED;
  taking->log = change_log_open(policy, &absent);
  if (absent)
    say_error("no change was recorded yet");
  if (taking->log != NULL && taking->id == 0)
    taking->id = latest(taking->log, policy);
  if (taking->log != NULL && taking->id > 0)
    status = take_back(taking, dry_run);
  database_close(taking->log);
  change_free(taking->change);
  return status;
}

static int run_undo(const struct arguments *arguments) {
  struct taking_back taking = {0};
  if (!read_number(arguments, &taking.id))
    return EXIT_USAGE;
  return take_back_locked(arguments, &taking);
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

/* Leaves out what stands in drop-ins that are still there. */
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

/* The text of what is enforced, or of what of it is to go into the main file; NULL, having said why. */
static char *enforced_text(const char *policy, bool is_whole) {
  struct enforced_policy enforced;
  struct entries entries = {0};
  char *text = NULL;
  if (!enforced_policy_open(policy, &enforced))
    say_error("%s: there is neither a policy in order nor a compiled form of it", policy);
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
  bool was_there = access(path, F_OK) == 0;
  int error = file_replace(path, text);
  if (error != 0)
    say_error("%s: %s%s", path, strerror(error), root_remedy(error));
  else
    result_file(path, was_there ? "changed" : "made");
  return error == 0 ? EXIT_DONE : EXIT_FAILED;
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
  struct taking_back taking = {.and_later = true};
  bool enforced = arguments_has(arguments, OPTION_ENFORCED);
  if (enforced == (arguments->operand_count == 1) ||
      (!enforced && arguments_value(arguments, OPTION_OUTPUT) != NULL))
    return usage_status(arguments->verb, "expected the number of a change, or --enforced");
  if (enforced)
    return restore_enforced(arguments);
  return read_number(arguments, &taking.id) ? take_back_locked(arguments, &taking) : EXIT_USAGE;
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
