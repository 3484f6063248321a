/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/policy_change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "edit/change_log.h"
#include "edit/diff.h"
#include "edit/pause_edit.h"
#include "edit/policy_lock.h"
#include "edit/present_text.h"
#include "view/compiled_form.h"
#include "view/enforced_policy.h"
#include "view/usable_policy.h"

#define FIRST_POLICY                                                                                         \
  "# Which keys may stand behind which host: see pinning-policy(5).\n"                                       \
  "# Hosts added by pinctl are in policy.d; this file is yours.\n"                                           \
  "version = 1;\n"

/* Says that `path` could not be changed, and what to do. */
static void say_failed(const struct change *change, const char *path, int error) {
  say_error("%s: %s%s%s", path, strerror(error), root_remedy(error), pause_hint(change->policy, error));
}

bool change_lock(struct change *change) {
  if (!change->dry_run && !change->defers) {
    end_defer();
    change->defers = true;
  }
  int error = change->dry_run ? 0 : directory_make(change->directory);
  if (error != 0)
    say_failed(change, change->directory, error);
  else if (!change->dry_run)
    change->lock = lock_take(change->directory, change->policy);
  return error == 0 && (change->dry_run || change->lock >= 0);
}

void change_unlock(struct change *change) {
  if (change->lock >= 0)
    lock_release(change->lock);
  change->lock = -1;
  if (change->defers)
    end_deliver();
  change->defers = false;
}

/* Stages a main file where there is none, since there is no policy without one. The file is the user's, so
 * pinctl only ever makes it. */
static bool stage_main_file(struct change *change) {
  struct stat status;
  if (stat(change->policy, &status) == 0)
    return true;
  if (errno != ENOENT) {
    say_failed(change, change->policy, errno);
    return false;
  }
  change_stage(change, must_copy(change->policy), NULL, must_copy(FIRST_POLICY));
  return true;
}

/*
 * A directory that is not mounted, or was not restored, looks like a machine without a policy. Its hosts are
 * still enforced by the compiled form, and a new policy would end that for all hosts but the new one.
 */
bool policy_has_vanished(const char *policy) {
  AUTO_TEXT form = NULL;
  uint32_t hosts = access(policy, F_OK) != 0 && errno == ENOENT ? last_good_hosts(policy, &form) : 0;
  if (hosts == 0)
    return false;
  say_error(
      "%s: is missing, but %u host%s still enforced by %s: is a file system not mounted, or a backup not "
      "restored? Nothing was changed",
      policy, (unsigned)hosts, hosts == 1 ? " is" : "s are", form);
  say_note(
      "\"pinctl restore --enforced%s\" writes their text anew; to start an empty policy, remove %s first",
      same_policy(), form);
  return true;
}

struct change *change_prepare(const char *policy, bool dry_run) {
  struct change *change = must_alloc(1, sizeof *change);
  change->policy = must_copy(policy);
  change->directory = path_directory(policy);
  change->dropins = must_format("%s/policy.d", change->directory);
  change->dry_run = dry_run;
  change->lock = -1;
  return change;
}

struct change *change_begin(const char *policy, bool dry_run) {
  struct change *change = change_prepare(policy, dry_run);
  if (change_lock(change))
    return change;
  change_free(change);
  return NULL;
}

/*
 * Whether even the directory of such a policy is missing. Checked before the lock is taken, which would make
 * the directory. Checked twice, since another pinctl may make the directory and the form in between.
 */
static bool directory_has_vanished(const char *policy) {
  AUTO_TEXT form = NULL;
  AUTO_TEXT folder = path_directory(policy);
  return access(folder, F_OK) != 0 && last_good_hosts(policy, &form) > 0 && access(folder, F_OK) != 0 &&
         policy_has_vanished(policy);
}

struct change *change_new(const char *policy, bool dry_run) {
  struct change *change = directory_has_vanished(policy) ? NULL : change_begin(policy, dry_run);
  if (change == NULL)
    return NULL;
  /* Under the lock, since another pinctl may be about to put a first policy in place. */
  if (!policy_has_vanished(policy) && stage_main_file(change))
    return change;
  change_free(change);
  return NULL;
}

void change_files_free(struct file_change *files, size_t count) {
  for (size_t i = 0; i < count; i++) {
    free(files[i].path);
    free(files[i].old_text);
    free(files[i].new_text);
  }
  free(files);
}

void change_free(struct change *change) {
  if (change == NULL)
    return;
  change_unlock(change);
  change_files_free(change->files, change->count);
  free(change->policy);
  free(change->directory);
  free(change->dropins);
  free(change->what);
  free(change);
}

void change_stage(struct change *change, char *path, char *old_text, char *new_text) {
  change->files = must_room(change->files, change->count, sizeof *change->files);
  change->files[change->count++] = (struct file_change){path, old_text, new_text};
}

/* A file that waits beside its place. */
struct waiting {
  char *beside; /* its path; NULL: the file is removed, or is in place */
  int fd;       /* open on it; -1: there is none */
};

/* The state of change_commit. */
struct commit {
  const struct change *change;
  struct waiting *waiting; /* one for each file of the change */
  struct form_beside form;
  bool form_was_current; /* before the change */
  size_t applied;        /* how many of the files, the first ones, are in place */
};

/* The path of the file itself where `path` is a symbolic link, into a git checkout for example, which stays.
 * For free(3). */
static char *place_of(const char *path) {
  struct stat status;
  bool is_link = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
  char *real = is_link ? realpath(path, NULL) : NULL;
  return real == NULL ? must_copy(path) : real;
}

/*
 * The path beside which a file waits. That is the directory of the main file: a new name in policy.d, or a
 * new policy.d, would make every process read the policy too early. Where the file's place is on another file
 * system it waits there all the same, since it is renamed. For free(3).
 */
static char *waiting_place(const struct change *change, const char *path) {
  AUTO_TEXT place = place_of(path);
  AUTO_TEXT directory = path_directory(place);
  struct stat here, there;
  bool is_beside = stat(change->directory, &here) == 0 &&
                   (stat(directory, &there) == 0 ? here.st_dev == there.st_dev : errno == ENOENT);
  return is_beside ? must_format("%s/%s", change->directory, path_base(path)) : text_take(&place);
}

static int write_files_beside(struct commit *commit) {
  const struct change *change = commit->change;
  for (size_t i = 0; i < change->count; i++) {
    if (change->files[i].new_text == NULL)
      continue;
    AUTO_TEXT place = waiting_place(change, change->files[i].path);
    struct waiting *waiting = &commit->waiting[i];
    int error = file_write_beside(place, change->files[i].new_text, &waiting->beside);
    if (error == 0 && (waiting->fd = open(waiting->beside, O_RDONLY | O_CLOEXEC)) < 0)
      error = errno;
    if (error != 0) {
      say_failed(change, change->files[i].path, error);
      return EXIT_FAILED;
    }
  }
  return EXIT_DONE;
}

/* Puts one file in its place. 0 or an errno value. */
static int apply(const struct file_change *file, struct waiting *waiting) {
  if (file->new_text == NULL)
    return unlink(file->path) != 0 ? errno : 0;
  AUTO_TEXT place = place_of(file->path);
  if (rename(waiting->beside, place) != 0)
    return errno;
  free(waiting->beside);
  waiting->beside = NULL;
  return 0;
}

/* Whether a file still has the text that was read. Other programs do not heed the lock, and their changes
 * must not be lost. */
static bool is_unchanged(const struct file_change *file) {
  AUTO_TEXT present = NULL;
  if (!present_text_read(file->path, &present))
    return false;
  if (present_text_is(present, file->old_text))
    return true;
  return say_error("%s: was changed meanwhile by somebody else; nothing was changed", file->path);
}

static int apply_files(struct commit *commit) {
  const struct change *change = commit->change;
  for (size_t i = 0; i < change->count; i++)
    if (!is_unchanged(&change->files[i]))
      return EXIT_FAILED;
  /* policy.d is not made earlier: the compiled form would be stale then, and the check would have to read
   * all of the text.
   */
  int error = directory_make(change->dropins);
  if (error != 0) {
    say_failed(change, change->dropins, error);
    return EXIT_FAILED;
  }
  for (size_t *at = &commit->applied; *at < change->count; ++*at) {
    const struct file_change *file = &change->files[*at];
    error = apply(file, &commit->waiting[*at]);
    if (error != 0) {
      say_failed(change, file->path, error);
      return EXIT_FAILED;
    }
  }
  for (size_t i = 0; i < change->count; i++)
    if (strcmp(change->files[i].path, change->policy) == 0 && change->files[i].old_text == NULL)
      say_note("%s did not exist; it was made", change->policy);
  return EXIT_DONE;
}

/* Restores the old text of a file. Returns 0 or an errno value. */
static int restore_file(const struct change *change, const struct file_change *file) {
  if (file->old_text == NULL)
    return unlink(file->path) != 0 ? errno : 0;
  AUTO_TEXT waiting = waiting_place(change, file->path);
  AUTO_TEXT place = place_of(file->path);
  AUTO_TEXT beside = NULL;
  int error = file_write_beside(waiting, file->old_text, &beside);
  if (error == 0 && rename(beside, place) != 0) {
    error = errno;
    unlink(beside);
  }
  return error;
}

/* Restores the files in place, the last first. Stops at one that cannot be restored. */
static void restore_files(struct commit *commit) {
  for (; commit->applied > 0; commit->applied--) {
    const struct file_change *file = &commit->change->files[commit->applied - 1];
    int error = restore_file(commit->change, file);
    if (error != 0) {
      say_error("%s: cannot be put back: %s%s", file->path, strerror(error), root_remedy(error));
      return;
    }
  }
}

/* Calls a function, which returns 0 or an errno value, for each directory to which a symbolic link leads, up
 * to the first error. */
static int each_link_target(const struct change *change, int (*act)(const char *directory)) {
  int error = 0;
  for (size_t i = 0; error == 0 && i < change->count; i++) {
    AUTO_TEXT place = place_of(change->files[i].path);
    AUTO_TEXT directory = path_directory(place);
    if (strcmp(place, change->files[i].path) != 0)
      error = act(directory);
  }
  return error;
}

static int sweep_beside(const char *directory) {
  file_sweep(directory, FILE_BESIDE_PREFIX);
  return 0;
}

/* policy.d may still be missing where no file was put there. */
static int sync_directories(const struct change *change) {
  int error = each_link_target(change, directory_sync);
  if (error == 0)
    error = directory_sync(change->dropins);
  if (error == 0 || error == ENOENT)
    error = directory_sync(change->directory);
  if (error == 0)
    return EXIT_DONE;
  say_failed(change, change->dropins, error);
  return EXIT_FAILED;
}

/* Only a warning, since the text is in force without the compiled form too. */
static void warn_of_form(const char *path, int error) {
  say_warning("%s: not renewed: %s; \"pinctl compile%s\" makes it", path, strerror(error), same_policy());
}

static void prepare_form(struct commit *commit, const struct loaded_policy *loaded) {
  struct form_beside *form = &commit->form;
  if (form->path == NULL)
    return;
  int error = form_begin(form->path, loaded, &form->beside, &form->fd);
  if (error != 0)
    warn_of_form(form->path, error);
}

static void put_form(struct commit *commit) {
  struct form_beside *form = &commit->form;
  if (form->beside == NULL)
    return;
  int error = pin_compiled_put(form->path, form->beside, form->fd);
  form->beside = NULL;
  if (error != 0)
    warn_of_form(form->path, error);
}

/* Compiles the restored files: to the form they are other files than before. A form that was stale before the
 * change is left alone. */
static void renew_form(struct commit *commit) {
  struct loaded_policy loaded;
  if (!commit->form_was_current)
    return;
  if (commit->form.beside != NULL)
    pin_compiled_drop(commit->form.beside, commit->form.fd);
  commit->form.beside = NULL;
  AUTO_TEXT named = form_policy(commit->change->policy);
  policy_load_text(named, &loaded);
  if (loaded.status == PIN_OK) {
    prepare_form(commit, &loaded);
    put_form(commit);
  }
  policy_clear(&loaded);
}

/* Restores the policy after a failure. */
static void roll_back(struct commit *commit) {
  const struct change *change = commit->change;
  if (commit->applied == 0)
    return;
  restore_files(commit);
  renew_form(commit);
  if (commit->applied == 0)
    say_note("the files that were changed already were restored; nothing was changed");
  else
    say_error("%zu of %zu files %s changed; \"pinctl undo%s\" takes that back", commit->applied,
              change->count, commit->applied == 1 ? "was" : "were", same_policy());
}

/* Only a few renames and stats: during that time processes see a text that is newer than its compiled form.
 */
static int put_in_place(struct commit *commit) {
  int status = say_if_ended(commit->change->policy) ? EXIT_FAILED : apply_files(commit);
  if (status == EXIT_DONE)
    put_form(commit);
  else
    roll_back(commit);
  int synced = sync_directories(commit->change);
  return status == EXIT_DONE ? synced : status;
}

/* The command that undoes a change, with its number, since "pinctl undo" without a number skips some changes.
 * For free(3); NULL: there is none. */
static char *undo_command(const struct change *change, int64_t id) {
  AUTO_TEXT where = policy_option(change->policy);
  return id == 0 ? NULL : must_format("undo %lld%s", (long long)id, where);
}

/* Records the change; its description only where all of it was made. */
static void record(const struct commit *commit) {
  const struct change *change = commit->change;
  if (commit->applied == 0)
    return;
  const char *what = commit->applied == change->count ? change->what : NULL;
  int64_t id = change_record(change->policy, what, change->files, commit->applied);
  AUTO_TEXT undo = undo_command(change, id);
  say_if_late(change->policy, undo);
}

/* Removes what still waits, and frees everything. */
static void commit_clear(struct commit *commit) {
  for (size_t i = 0; i < commit->change->count; i++) {
    struct waiting *waiting = &commit->waiting[i];
    if (waiting->beside != NULL)
      unlink(waiting->beside);
    if (waiting->fd >= 0)
      close(waiting->fd);
    free(waiting->beside);
  }
  if (commit->form.beside != NULL)
    pin_compiled_drop(commit->form.beside, commit->form.fd);
  free(commit->form.path);
  free(commit->waiting);
}

static int review(const struct change *change, const struct loaded_policy *loaded) {
  return change->review == NULL ? EXIT_DONE : change->review(loaded, change->review_arg);
}

/* Reviews the policy as it will be, in the compiled form that waits. */
static int review_form(const struct commit *commit) {
  struct loaded_policy loaded = {.status = PIN_OK, .by_form = true};
  if (commit->change->review == NULL)
    return EXIT_DONE;
  if (pin_compiled_open(commit->form.beside, &loaded.form) != PIN_OK)
    return say_failure("%s: cannot be read", commit->form.beside);
  loaded.policy = loaded.form.policy;
  int status = review(commit->change, &loaded);
  policy_clear(&loaded);
  return status;
}

/* Checks the change by reading all of the text. */
static int check_by_text(struct commit *commit, const int *fds) {
  struct loaded_policy loaded = {0};
  int status = change_check_waiting(commit->change, fds, &loaded);
  if (status == EXIT_DONE)
    status = review(commit->change, &loaded);
  if (status == EXIT_DONE)
    prepare_form(commit, &loaded);
  policy_clear(&loaded);
  return status;
}

/* Checks and reviews the change, and writes the new compiled form beside its place. */
static int check_waiting(struct commit *commit) {
  int *fds = must_alloc(commit->change->count + 1, sizeof *fds);
  for (size_t i = 0; i < commit->change->count; i++)
    fds[i] = commit->waiting[i].fd;
  AUTO_TEXT named = form_policy(commit->change->policy);
  commit->form.path = form_path(named);
  enum pin_status by_form =
      commit->form.path == NULL ? PIN_TOO_LARGE : change_by_form(commit->change, fds, &commit->form);
  int status = EXIT_DONE;
  commit->form_was_current = by_form == PIN_OK;
  if (by_form == PIN_INVALID)
    status = EXIT_FINDING;
  else if (by_form == PIN_OK && commit->form.beside != NULL)
    status = review_form(commit);
  else
    status = check_by_text(commit, fds);
  free(fds);
  return status;
}

/* Syncs the directory once before anything changes, so that an error shows now. */
static int prepare_directories(const struct change *change) {
  int error = directory_sync(change->directory);
  if (error != 0) {
    say_failed(change, change->directory, error);
    return EXIT_FAILED;
  }
  sweep_beside(change->directory);
  sweep_beside(change->dropins);
  (void)!each_link_target(change, sweep_beside);
  return EXIT_DONE;
}

static int commit_files(const struct change *change) {
  struct commit commit = {
      .change = change, .waiting = must_alloc(change->count + 1, sizeof *commit.waiting), .form = {.fd = -1}};
  for (size_t i = 0; i < change->count; i++)
    commit.waiting[i].fd = -1;
  int status = prepare_directories(change);
  if (status == EXIT_DONE)
    status = write_files_beside(&commit);
  if (status == EXIT_DONE)
    status = check_waiting(&commit);
  if (status == EXIT_DONE)
    status = put_in_place(&commit);
  record(&commit);
  commit_clear(&commit);
  return status;
}

/* A diff shows all lines of a file up to this size, as drop-ins are; of a larger one only the context. */
#define LARGE ((size_t)1 << 16)

static void show(const struct file_change *file) {
  bool large = file->old_text != NULL && file->new_text != NULL && strlen(file->old_text) > LARGE;
  diff_print(file->path, file->old_text, file->new_text, large ? DIFF_AROUND : DIFF_WHOLE);
}

/*
 * Checks a dry run from the compiled form. The new form, which only a review needs, is a temporary file,
 * since a dry run writes nothing beside the policy. False: the check cannot be made in this way.
 */
static bool check_dry_run_by_form(const struct change *change, bool *ret_valid, int *ret_status) {
  const char *parent = secure_getenv("TMPDIR");
  AUTO_TEXT folder = must_format("%s/pinctl-XXXXXX", parent == NULL || *parent == '\0' ? "/tmp" : parent);
  struct commit commit = {.change = change, .form = {.fd = -1}};
  if (change->review != NULL && mkdtemp(folder) == NULL)
    return false;
  AUTO_TEXT path = must_format("%s/policy.db", folder);
  commit.form.path = change->review == NULL ? NULL : path;
  enum pin_status by_form = change_by_form(change, NULL, change->review == NULL ? NULL : &commit.form);
  bool can_be_reviewed = change->review == NULL || commit.form.beside != NULL;
  *ret_valid = by_form == PIN_OK && can_be_reviewed;
  *ret_status = by_form == PIN_INVALID ? EXIT_FINDING : *ret_valid ? review_form(&commit) : EXIT_FAILED;
  if (commit.form.beside != NULL)
    pin_compiled_drop(commit.form.beside, commit.form.fd);
  if (change->review != NULL)
    rmdir(folder);
  return *ret_valid || by_form == PIN_INVALID;
}

/* *ret_valid: the policy would have no errors, whatever the review says. */
static int check_dry_run(const struct change *change, bool *ret_valid) {
  struct loaded_policy loaded = {0};
  int by_form;
  if (check_dry_run_by_form(change, ret_valid, &by_form))
    return by_form;
  int status = change_check_waiting(change, NULL, &loaded);
  *ret_valid = status == EXIT_DONE;
  if (*ret_valid)
    status = review(change, &loaded);
  policy_clear(&loaded);
  return status;
}

/* Refuses to write to a symbolic link without a target, which may only be unmounted: a file must not replace
 * the link. */
static bool refuse_dangling_link(const struct change *change) {
  for (size_t i = 0; i < change->count; i++) {
    if (!link_is_dangling(change->files[i].path))
      continue;
    say_error(
        "%s: is a symbolic link to nothing: bring back its target, or remove the link; nothing was changed",
        change->files[i].path);
    return true;
  }
  return false;
}

int change_commit(struct change *change) {
  bool valid = false;
  if (refuse_dangling_link(change))
    return EXIT_FAILED;
  if (!change->dry_run)
    return commit_files(change);
  int status = check_dry_run(change, &valid);
  for (size_t i = 0; i < change->count && valid; i++)
    show(&change->files[i]);
  return status;
}
