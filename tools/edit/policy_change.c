/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/policy_change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "edit/change_log.h"
#include "edit/diff.h"
#include "edit/policy_lock.h"
#include "view/compiled_form.h"
#include "view/enforced_policy.h"

#define FIRST_POLICY                                                                                         \
  "# Which keys may stand behind which host: see pinning-policy(5).\n"                                       \
  "# Hosts added by pinctl are in policy.d; this file is yours.\n"                                           \
  "version = 1;\n"

static bool take_lock(struct change *change) {
  int error = directory_make(change->directory);
  if (error != 0)
    say_error("%s: %s", change->directory, strerror(error));
  else
    change->lock = lock_take(change->directory);
  return change->lock >= 0;
}

/* A policy without a main file is no policy; people own that file, so it is only ever made here. */
static bool stage_main_file(struct change *change) {
  struct stat status;
  if (stat(change->policy, &status) == 0)
    return true;
  if (errno != ENOENT) {
    say_error("%s: %s", change->policy, strerror(errno));
    return false;
  }
  change_stage(change, must_copy(change->policy), NULL, must_copy(FIRST_POLICY));
  return true;
}

/*
 * A folder that is not mounted, or was not restored, looks like a machine without a policy; but its hosts are
 * still enforced by the compiled form, and a first policy would end that for all but one.
 */
static bool policy_has_vanished(const char *policy) {
  AUTO_TEXT form = NULL;
  uint32_t hosts = access(policy, F_OK) != 0 && errno == ENOENT ? last_good_hosts(policy, &form) : 0;
  if (hosts == 0)
    return false;
  say_error(
      "%s: is missing, but %u host%s still enforced by %s: is a file system not mounted, or a backup not "
      "restored? Nothing was changed",
      policy, (unsigned)hosts, hosts == 1 ? " is" : "s are", form);
  say_note("\"pinctl restore --enforced\" writes their text anew; to begin with nothing, remove %s first",
           form);
  return true;
}

struct change *change_begin(const char *policy, bool dry_run) {
  struct change *change = must_alloc(1, sizeof *change);
  change->policy = must_copy(policy);
  change->directory = path_directory(policy);
  change->dropins = must_format("%s/policy.d", change->directory);
  change->dry_run = dry_run;
  change->lock = -1;
  if (dry_run || take_lock(change))
    return change;
  change_free(change);
  return NULL;
}

struct change *change_new(const char *policy, bool dry_run) {
  struct change *change = policy_has_vanished(policy) ? NULL : change_begin(policy, dry_run);
  if (change == NULL || stage_main_file(change))
    return change;
  change_free(change);
  return NULL;
}

void change_free(struct change *change) {
  if (change == NULL)
    return;
  if (change->lock >= 0)
    close(change->lock);
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
  change->files = must_grow(change->files, change->count + 1, sizeof *change->files);
  change->files[change->count++] = (struct file_change){path, old_text, new_text};
}

/* Puts one file in place for good. 0 or an errno value. */
static int apply(const struct file_change *file) {
  AUTO_TEXT directory = path_directory(file->path);
  if (file->new_text == NULL)
    return unlink(file->path) != 0 ? errno : directory_sync(directory);
  AUTO_TEXT beside = NULL;
  int error = file_write_beside(file->path, file->new_text, &beside);
  if (error != 0)
    return error;
  if (rename(beside, file->path) == 0)
    return directory_sync(directory);
  error = errno;
  unlink(beside);
  return error;
}

static int apply_all(const struct change *change) {
  int error = directory_make(change->dropins);
  if (error == 0)
    error = directory_sync(change->directory);
  if (error != 0) {
    say_error("%s: %s", change->dropins, strerror(error));
    return EXIT_FAILED;
  }
  file_sweep(change->directory, FILE_BESIDE_PREFIX);
  file_sweep(change->dropins, FILE_BESIDE_PREFIX);
  for (size_t i = 0; i < change->count; i++) {
    error = apply(&change->files[i]);
    if (error != 0) {
      say_error("%s: %s", change->files[i].path, strerror(error));
      return EXIT_FAILED;
    }
    if (strcmp(change->files[i].path, change->policy) == 0 && change->files[i].old_text == NULL)
      say_note("%s did not exist; it was made", change->policy);
  }
  form_renew(change->policy);
  change_record(change->policy, change->what, change->files, change->count);
  return EXIT_DONE;
}

/* The shortest difference takes time and memory for every pair of lines. */
#define LARGE ((size_t)1 << 16)

static void show(const struct file_change *file) {
  if (file->old_text != NULL && file->new_text != NULL && strlen(file->old_text) > LARGE)
    diff_print_large(file->path, file->old_text, file->new_text);
  else
    diff_print(file->path, file->old_text, file->new_text);
}

int change_commit(struct change *change) {
  struct loaded_policy loaded;
  if (!change_check(change, &loaded))
    return EXIT_FAILED;
  enum pin_status status = loaded.status;
  if (status != PIN_OK)
    diagnostics_print(stderr, &loaded.diagnostics);
  policy_clear(&loaded);
  if (status != PIN_OK) {
    say_error("%s: the policy would have errors; nothing was changed", change->policy);
    return EXIT_FINDING;
  }
  if (!change->dry_run)
    return apply_all(change);
  for (size_t i = 0; i < change->count; i++)
    show(&change->files[i]);
  return EXIT_DONE;
}
