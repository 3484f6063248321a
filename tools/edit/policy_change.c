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

/* What could not be changed at `path`, and what to do. */
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

/* A policy without a main file is no policy; people own that file, so it is only ever made here. */
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
 * A folder that is not mounted, or was not restored, looks like a machine without a policy; but its hosts are
 * still enforced by the compiled form, and a first policy would end that for all but one.
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
  say_note("\"pinctl restore --enforced%s\" writes their text anew; to begin with nothing, remove %s first",
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
 * Asked before the lock, which lies in the folder: one that is away is not made only to refuse. Looked for
 * twice, since it may be made, and the form with it, in between.
 */
static bool folder_has_vanished(const char *policy) {
  AUTO_TEXT form = NULL;
  AUTO_TEXT folder = path_directory(policy);
  return access(folder, F_OK) != 0 && last_good_hosts(policy, &form) > 0 && access(folder, F_OK) != 0 &&
         policy_has_vanished(policy);
}

struct change *change_new(const char *policy, bool dry_run) {
  struct change *change = folder_has_vanished(policy) ? NULL : change_begin(policy, dry_run);
  if (change == NULL)
    return NULL;
  /* Under the lock: somebody's first change puts the compiled form in place a moment before the main file. */
  if (!policy_has_vanished(policy) && stage_main_file(change))
    return change;
  change_free(change);
  return NULL;
}

void change_free(struct change *change) {
  if (change == NULL)
    return;
  change_unlock(change);
  for (size_t i = 0; i < change->count; i++) {
    free(change->files[i].path);
    free(change->files[i].old_text);
    free(change->files[i].new_text);
  }
  free(change->files);
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
  char *beside; /* NULL: the file is to go */
  int fd;       /* open on it; -1 */
};

/* A change while it is made. */
struct making {
  const struct change *change;
  struct waiting *waiting;
  struct form_beside form;
  bool form_was_current;
  size_t applied; /* so many of the files, the first ones, are in place */
};

/* Where the file itself lies: a link at its path, into a checkout say, leads there, and stays.
 * For free(3). */
static char *place_of(const char *path) {
  struct stat status;
  bool is_link = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
  char *real = is_link ? realpath(path, NULL) : NULL;
  return real == NULL ? must_copy(path) : real;
}

/*
 * Where a file waits for its place: beside the main file, since a new name in policy.d, or policy.d itself,
 * would make every process look at the policy before there is anything to see; where that is another file
 * system, in policy.d all the same. For free(3).
 */
static char *waiting_place(const struct change *change, const char *path) {
  AUTO_TEXT place = place_of(path);
  AUTO_TEXT directory = path_directory(place);
  struct stat here, there;
  bool is_beside = stat(change->directory, &here) == 0 &&
                   (stat(directory, &there) == 0 ? here.st_dev == there.st_dev : errno == ENOENT);
  return is_beside ? must_format("%s/%s", change->directory, path_base(path)) : text_take(&place);
}

static int wait_beside(struct making *making) {
  const struct change *change = making->change;
  for (size_t i = 0; i < change->count; i++) {
    if (change->files[i].new_text == NULL)
      continue;
    AUTO_TEXT place = waiting_place(change, change->files[i].path);
    struct waiting *waiting = &making->waiting[i];
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

/* What somebody else has written since it was read is not to be lost: only pinctl heeds the lock. */
static bool is_as_it_was(const struct file_change *file) {
  AUTO_TEXT present = NULL;
  if (!present_text_read(file->path, &present))
    return false;
  if (present_text_is(present, file->old_text))
    return true;
  return say_error("%s: was changed meanwhile by somebody else; nothing was changed", file->path);
}

static int apply_files(struct making *making) {
  const struct change *change = making->change;
  for (size_t i = 0; i < change->count; i++)
    if (!is_as_it_was(&change->files[i]))
      return EXIT_FAILED;
  /* Not before: the compiled form of a policy without policy.d would no longer be current, and all of the
   * text be read only to check the change. */
  int error = directory_make(change->dropins);
  if (error != 0) {
    say_failed(change, change->dropins, error);
    return EXIT_FAILED;
  }
  for (size_t *at = &making->applied; *at < change->count; ++*at) {
    const struct file_change *file = &change->files[*at];
    error = apply(file, &making->waiting[*at]);
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

/* 0 or an errno value. */
static int put_back(const struct change *change, const struct file_change *file) {
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

/* The last first. Stops at one that cannot be put back. */
static void put_back_files(struct making *making) {
  for (; making->applied > 0; making->applied--) {
    const struct file_change *file = &making->change->files[making->applied - 1];
    int error = put_back(making->change, file);
    if (error != 0) {
      say_error("%s: cannot be put back: %s%s", file->path, strerror(error), root_remedy(error));
      return;
    }
  }
}

/* The folders that links lead to: what waited there goes, or what was put there stays for good. 0 or an errno
 * value. */
static int each_link(const struct change *change, int (*act)(const char *directory)) {
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

/* policy.d may be missing still, where nothing was put into it. */
static int sync_directories(const struct change *change) {
  int error = each_link(change, directory_sync);
  if (error == 0)
    error = directory_sync(change->dropins);
  if (error == 0 || error == ENOENT)
    error = directory_sync(change->directory);
  if (error == 0)
    return EXIT_DONE;
  say_failed(change, change->dropins, error);
  return EXIT_FAILED;
}

/* What follows is no harm to the text, which is the truth. */
static void warn_of_form(const char *path, int error) {
  say_warning("%s: not renewed: %s; \"pinctl compile%s\" makes it", path, strerror(error), same_policy());
}

static void prepare_form(struct making *making, const struct loaded_policy *loaded) {
  struct form_beside *form = &making->form;
  if (form->path == NULL)
    return;
  int error = form_begin(form->path, loaded, &form->beside, &form->fd);
  if (error != 0)
    warn_of_form(form->path, error);
}

static void put_form(struct making *making) {
  struct form_beside *form = &making->form;
  if (form->beside == NULL)
    return;
  int error = pin_compiled_put(form->path, form->beside, form->fd);
  form->beside = NULL;
  if (error != 0)
    warn_of_form(form->path, error);
}

/* The form of what lies there, files that were put back being others for it. One that was not made from the
 * text is none of a change's that failed. */
static void renew_form(struct making *making) {
  struct loaded_policy loaded;
  if (!making->form_was_current)
    return;
  if (making->form.beside != NULL)
    pin_compiled_drop(making->form.beside, making->form.fd);
  making->form.beside = NULL;
  AUTO_TEXT named = form_policy(making->change->policy);
  policy_load_text(named, &loaded);
  if (loaded.status == PIN_OK) {
    prepare_form(making, &loaded);
    put_form(making);
  }
  policy_clear(&loaded);
}

/* All files or none. */
static void take_back(struct making *making) {
  const struct change *change = making->change;
  if (making->applied == 0)
    return;
  put_back_files(making);
  renew_form(making);
  if (making->applied == 0)
    say_note("what was in place already was put back; nothing was changed");
  else
    say_error("%zu of %zu files %s changed; \"pinctl undo%s\" takes that back", making->applied,
              change->count, making->applied == 1 ? "was" : "were", same_policy());
}

/* From here on no more than a few renames and stats: processes that look now see a text that is newer than
 * its compiled form. */
static int put_in_place(struct making *making) {
  int status = say_if_ended(making->change->policy) ? EXIT_FAILED : apply_files(making);
  if (status == EXIT_DONE)
    put_form(making);
  else
    take_back(making);
  int synced = sync_directories(making->change);
  return status == EXIT_DONE ? synced : status;
}

/* By its number, since "pinctl undo" without one passes over what took another change back. */
static char *way_back(const struct change *change, int64_t id) {
  AUTO_TEXT where = policy_option(change->policy);
  return id == 0 ? NULL : must_format("undo %lld%s", (long long)id, where);
}

/* What was only begun is no change of that description. */
static void record(const struct making *making) {
  const struct change *change = making->change;
  if (making->applied == 0)
    return;
  AUTO_TEXT back =
      way_back(change, change_record(change->policy, making->applied == change->count ? change->what : NULL,
                                     change->files, making->applied));
  say_if_late(change->policy, back);
}

static void end_making(struct making *making) {
  for (size_t i = 0; i < making->change->count; i++) {
    struct waiting *waiting = &making->waiting[i];
    if (waiting->beside != NULL)
      unlink(waiting->beside);
    if (waiting->fd >= 0)
      close(waiting->fd);
    free(waiting->beside);
  }
  if (making->form.beside != NULL)
    pin_compiled_drop(making->form.beside, making->form.fd);
  free(making->form.path);
  free(making->waiting);
}

static int review(const struct change *change, const struct loaded_policy *loaded) {
  return change->review == NULL ? EXIT_DONE : change->review(loaded, change->review_arg);
}

/* The policy as it will be is asked through the form that waits. */
static int review_form(const struct making *making) {
  struct loaded_policy loaded = {.status = PIN_OK, .by_form = true};
  if (making->change->review == NULL)
    return EXIT_DONE;
  if (pin_compiled_open(making->form.beside, &loaded.form) != PIN_OK)
    return say_failure("%s: cannot be read", making->form.beside);
  loaded.policy = loaded.form.policy;
  int status = review(making->change, &loaded);
  policy_clear(&loaded);
  return status;
}

/* Reads all of the text. */
static int check_all(struct making *making, const int *fds) {
  struct loaded_policy loaded = {0};
  int status = change_judge(making->change, fds, &loaded);
  if (status == EXIT_DONE)
    status = review(making->change, &loaded);
  if (status == EXIT_DONE)
    prepare_form(making, &loaded);
  policy_clear(&loaded);
  return status;
}

/* Checks the change, and writes the compiled form as it will be. */
static int check_waiting(struct making *making) {
  int *fds = must_alloc(making->change->count + 1, sizeof *fds);
  for (size_t i = 0; i < making->change->count; i++)
    fds[i] = making->waiting[i].fd;
  AUTO_TEXT named = form_policy(making->change->policy);
  making->form.path = form_path(named);
  enum pin_status by_form =
      making->form.path == NULL ? PIN_TOO_LARGE : change_by_form(making->change, fds, &making->form);
  int status = EXIT_DONE;
  making->form_was_current = by_form == PIN_OK;
  if (by_form == PIN_INVALID)
    status = EXIT_FINDING;
  else if (by_form == PIN_OK && making->form.beside != NULL)
    status = review_form(making);
  else
    status = check_all(making, fds);
  free(fds);
  return status;
}

/* A folder that cannot be made durable is known of before anything has changed. */
static int prepare_directories(const struct change *change) {
  int error = directory_sync(change->directory);
  if (error != 0) {
    say_failed(change, change->directory, error);
    return EXIT_FAILED;
  }
  sweep_beside(change->directory);
  sweep_beside(change->dropins);
  (void)!each_link(change, sweep_beside);
  return EXIT_DONE;
}

static int make(const struct change *change) {
  struct making making = {
      .change = change, .waiting = must_alloc(change->count + 1, sizeof *making.waiting), .form = {.fd = -1}};
  for (size_t i = 0; i < change->count; i++)
    making.waiting[i].fd = -1;
  int status = prepare_directories(change);
  if (status == EXIT_DONE)
    status = wait_beside(&making);
  if (status == EXIT_DONE)
    status = check_waiting(&making);
  if (status == EXIT_DONE)
    status = put_in_place(&making);
  record(&making);
  end_making(&making);
  return status;
}

/* Drop-ins are short, and shown with all of their lines. */
#define LARGE ((size_t)1 << 16)

static void show(const struct file_change *file) {
  bool large = file->old_text != NULL && file->new_text != NULL && strlen(file->old_text) > LARGE;
  diff_print(file->path, file->old_text, file->new_text, large ? DIFF_AROUND : DIFF_WHOLE);
}

/*
 * A dry run writes nothing where the policy is: the form as it would be lies among temporary files while it
 * is asked. False: it cannot be made.
 */
static bool check_dry_by_form(const struct change *change, bool *ret_valid, int *ret_status) {
  const char *parent = secure_getenv("TMPDIR");
  AUTO_TEXT folder = must_format("%s/pinctl-XXXXXX", parent == NULL || *parent == '\0' ? "/tmp" : parent);
  struct making making = {.change = change, .form = {.fd = -1}};
  if (change->review != NULL && mkdtemp(folder) == NULL)
    return false;
  AUTO_TEXT path = must_format("%s/policy.db", folder);
  making.form.path = change->review == NULL ? NULL : path;
  enum pin_status by_form = change_by_form(change, NULL, change->review == NULL ? NULL : &making.form);
  bool asked = change->review == NULL || making.form.beside != NULL;
  *ret_valid = by_form == PIN_OK && asked;
  *ret_status = by_form == PIN_INVALID ? EXIT_FINDING : *ret_valid ? review_form(&making) : EXIT_FAILED;
  if (making.form.beside != NULL)
    pin_compiled_drop(making.form.beside, making.form.fd);
  if (change->review != NULL)
    rmdir(folder);
  return *ret_valid || by_form == PIN_INVALID;
}

/* valid: the policy would be in order, whatever a review says. */
static int check_dry(const struct change *change, bool *ret_valid) {
  struct loaded_policy loaded = {0};
  int by_form;
  if (check_dry_by_form(change, ret_valid, &by_form))
    return by_form;
  int status = change_judge(change, NULL, &loaded);
  *ret_valid = status == EXIT_DONE;
  if (*ret_valid)
    status = review(change, &loaded);
  policy_clear(&loaded);
  return status;
}

/* What a link leads to may only not be mounted; whoever made the link did not mean a file in its place. */
static bool refuse_dangling(const struct change *change) {
  for (size_t i = 0; i < change->count; i++) {
    if (!link_is_dangling(change->files[i].path))
      continue;
    say_error(
        "%s: is a symbolic link to nothing: bring back what it leads to, or remove the link; nothing was "
        "changed",
        change->files[i].path);
    return true;
  }
  return false;
}

int change_commit(struct change *change) {
  bool valid = false;
  if (refuse_dangling(change))
    return EXIT_FAILED;
  if (!change->dry_run)
    return make(change);
  int status = check_dry(change, &valid);
  for (size_t i = 0; i < change->count && valid; i++)
    show(&change->files[i]);
  return status;
}
