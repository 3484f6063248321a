/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/pause_edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lock_file.h"
#include "base/memory.h"
#include "cli/invocation.h"
#include "cli/lock_wait.h"
#include "cli/output.h"
#include "cli/result.h"
#include "view/compiled_form.h"

static char *render(const struct pauses *pauses) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  fputs("pinning-pause 1\n", stream);
  for (size_t i = 0; i < pauses->count; i++) {
    const struct pin_pause *pause = &pauses->items[i];
    fprintf(stream, "%lld %lld %s%s\n", (long long)pause->since, (long long)pause->until, pause->name,
            pause->include_subdomains ? " subdomains" : "");
  }
  fputs("end\n", stream);
  memory_close(stream);
  return text;
}

/* unlink(2) on a read-only disk fails with EROFS even where the file is missing, which is asked first. */
static int remove_file(const char *path) {
  if (access(path, F_OK) != 0 && errno == ENOENT)
    return ENOENT;
  return unlink(path) == 0 ? 0 : errno;
}

static const struct pin_pause *find_pause(const struct pauses *pauses, const char *name) {
  for (size_t i = 0; i < pauses->count; i++)
    if (strcmp(pauses->items[i].name, name) == 0)
      return &pauses->items[i];
  return NULL;
}

/* Writes the file, or removes it where no pause is left. Returns 0 or an errno value. */
static int write_file(const char *path, const struct pauses *pauses) {
  bool was_there = access(path, F_OK) == 0;
  AUTO_TEXT folder = path_directory(path);
  AUTO_TEXT text = render(pauses);
  bool removes = pauses->count == 0;
  int error = strlen(text) > PIN_PAUSE_FILE_SIZE ? EFBIG
              : removes                          ? remove_file(path)
                                                 : directory_make(folder);
  if (error == 0 && !removes)
    error = file_replace(path, text);
  if (error == ENOENT && removes)
    return 0;
  if (error == 0)
    result_file(path, !was_there ? "made" : removes ? "removed" : "changed");
  return error == 0 ? directory_sync(folder) : error;
}

/* The file, not on a disk, for pauses that cannot be written at `path`; NULL: there is none for this policy.
 */
static const char *diskless_place(const char *path) {
  return strcmp(path, PIN_DEFAULT_PAUSE) == 0 ? PIN_DISKLESS_PAUSE : NULL;
}

/*
 * After a restart the pauses on the disk are in force again. Warns of those that now end earlier or are gone.
 * Returns how many.
 */
static size_t warn_of_pauses_on_disk(const char *path, const struct pauses *pauses, int64_t now) {
  AUTO_TEXT folder = path_directory(path);
  /* Spelled in another way, so that this file is read and not PIN_DISKLESS_PAUSE in its place. */
  AUTO_TEXT on_disk = must_format("%s/./%s", folder, path_base(path));
  struct pauses old;
  size_t warned = 0;
  pauses_read(on_disk, now, &old);
  for (size_t i = 0; i < old.count; i++) {
    const struct pin_pause *pause = &old.items[i];
    const struct pin_pause *kept = find_pause(pauses, pause->name);
    if (kept != NULL && kept->until >= pause->until && kept->include_subdomains >= pause->include_subdomains)
      continue;
    AUTO_TEXT subject = pause_subject(pause);
    AUTO_TEXT rest = pause_rest(pause->until, now);
    say_warning("%s still has the pause of %s %s; if the machine restarts before that, it is in force again",
                path, subject, rest);
    warned++;
  }
  pauses_clear(&old);
  return warned;
}

/* Written even where no pause is left: while this file exists, the one on the disk is ignored. */
static int write_diskless(const char *path, const struct pauses *pauses, int64_t now, int why_not_on_disk) {
  const char *place = diskless_place(path);
  AUTO_TEXT folder = path_directory(place);
  AUTO_TEXT text = render(pauses);
  int error = directory_make(folder);
  if (error == 0)
    error = file_replace(place, text);
  if (error != 0)
    return error;
  result_file(place, "made");
  if (warn_of_pauses_on_disk(path, pauses, now) == 0 && pauses->count == 0)
    return 0;
  say_warning(
      "%s: cannot be written: %s; this change is in %s instead, which is lost when the machine restarts",
      path, strerror(why_not_on_disk), place);
  return 0;
}

/* Where the disk is full or read-only, the pauses are written where no disk is needed. */
static int write_pauses(const char *path, const struct pauses *pauses, int64_t now) {
  const char *diskless = diskless_place(path);
  const char *failed = path;
  int error = write_file(path, pauses);
  if (diskless != NULL && error == 0) {
    failed = diskless;
    error = write_file(diskless, &(struct pauses){0});
  } else if (diskless != NULL && error != EFBIG && write_diskless(path, pauses, now, error) == 0)
    error = 0;
  if (error == 0)
    return EXIT_DONE;
  return say_failure("%s: %s%s", failed, strerror(error),
                     error == EACCES || error == EPERM ? root_remedy(error) : "");
}

const char *pause_hint(const char *policy, int error) {
  AUTO_TEXT named = form_policy(policy);
  if (strcmp(named, PIN_DEFAULT_POLICY) != 0)
    return "";
  return error == ENOSPC || error == EDQUOT ? " (\"pinctl pause\" needs none)"
         : error == EROFS                   ? " (\"pinctl pause\" works as it is)"
                                            : "";
}

static char *lock_path_of(const char *path) {
  AUTO_TEXT folder = path_directory(path);
  return must_format("%s/.pinctl-pause.lock", folder);
}

/* Enough, since nobody holds this lock while asking a question or looking up a user. */
#define PATIENCE_SECONDS 15

/* Takes a lock beside the file. Returns 0 or an errno value; *ret_lock_path is for free(3) in any case. */
static int try_lock(const char *path, int *ret_fd, char **ret_lock_path) {
  AUTO_TEXT folder = path_directory(path);
  /* Without a lookup of the user's name: a wrong pin may keep the directory server from answering. */
  AUTO_TEXT user = acting_user_unasked();
  *ret_lock_path = lock_path_of(path);
  int error = directory_make(folder);
  return error == 0 ? lock_wait(*ret_lock_path, PATIENCE_SECONDS, user, ret_fd) : error;
}

/*
 * Not the lock of the policy, whose directory may be missing and which may be held during a question. Not the
 * directory itself, which any user who can read it could lock for ever. Where the policy has a place that
 * needs no disk, the lock is there, so that its place does not depend on how full the disk is.
 */
static bool take_lock(const char *path, int *ret_fd, char **ret_lock_path) {
  const char *diskless = diskless_place(path);
  int error = diskless == NULL ? ENOENT : try_lock(diskless, ret_fd, ret_lock_path);
  if (error != 0 && error != EWOULDBLOCK) {
    free(*ret_lock_path);
    error = try_lock(path, ret_fd, ret_lock_path);
  }
  if (error == 0)
    return true;
  AUTO_TEXT why = lock_error_text(*ret_lock_path, error);
  return say_error("%s: cannot be locked (%s): %s", path, *ret_lock_path, why);
}

int pauses_edit(const char *path, int64_t now, pause_edit_fn *edit, void *arg) {
  AUTO_TEXT lock_path = NULL;
  struct pauses pauses;
  int lock = -1;
  if (!take_lock(path, &lock, &lock_path))
    return EXIT_FAILED;
  pauses_read(path, now, &pauses);
  int status = edit(&pauses, arg);
  if (status == EXIT_DONE)
    status = say_if_ended(path) ? EXIT_FAILED : write_pauses(path, &pauses, now);
  pauses_clear(&pauses);
  lock_file_remove(lock_path, lock);
  return status;
}

bool pauses_drop(struct pauses *pauses, const char *name) {
  for (size_t i = 0; i < pauses->count; i++) {
    if (strcmp(pauses->items[i].name, name) != 0)
      continue;
    pauses->items[i] = pauses->items[--pauses->count];
    return true;
  }
  return false;
}

void pauses_set(struct pauses *pauses, const struct pin_pause *pause) {
  pauses_drop(pauses, pause->name);
  pauses_add(pauses, pause);
}
