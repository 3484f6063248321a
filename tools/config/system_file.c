/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/system_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/lock_file.h"
#include "base/memory.h"
#include "cli/invocation.h"
#include "cli/lock_wait.h"
#include "cli/output.h"
#include "cli/result.h"

/* Differs from the prefix for policies, whose writers hold another lock. */
#define BESIDE_PREFIX ".pinctl-put-"

/*
 * Locks a file, since any user who can read the directory could lock that. Its name is not that of a drop-in,
 * a configuration, or the lock of a policy.
 */
static bool take_lock(struct target *target, bool for_ever) {
  target->lock_path = must_format("%s/.pinctl-switch.lock", target->directory);
  /* Without a lookup of the user's name: a wrong pin may block that, and switching off must still work. */
  AUTO_TEXT user = acting_user_unasked();
  int error = lock_wait(target->lock_path, for_ever ? LOCK_PATIENCE_ENDLESS : LOCK_PATIENCE_SECONDS, user,
                        &target->lock);
  if (error == 0)
    return true;
  target->lock = -1;
  AUTO_TEXT why = lock_error_text(target->lock_path, error);
  return say_error("%s: cannot be locked (%s): %s", target->path, target->lock_path, why);
}

/* The target of a symbolic link in a directory; NULL: it is not a link. */
static char *follow(const char *link, const char *directory) {
  char to[PATH_MAX];
  ssize_t length = readlink(link, to, sizeof to - 1);
  if (length < 0)
    return NULL;
  to[length] = '\0';
  return *to == '/' ? must_copy(to) : must_format("%s/%s", directory, to);
}

/*
 * The path of the file itself, or where a missing one would be: Debian's default configuration is a link to a
 * file that may have been removed. realpath finds loops of links.
 */
static char *resolve(const char *path) {
  char *real = realpath(path, NULL);
  if (real != NULL || errno != ENOENT)
    return real;
  AUTO_TEXT parent = path_directory(path);
  AUTO_TEXT directory = realpath(parent, NULL);
  if (directory == NULL)
    return NULL;
  AUTO_TEXT place = must_format("%s/%s", directory, path_base(path));
  AUTO_TEXT next = follow(place, directory);
  return next == NULL ? must_copy(place) : resolve(next);
}

static bool read_text(struct target *target) {
  size_t length = 0;
  if (stat(target->path, &target->status) != 0 && errno == ENOENT)
    return true;
  if (!S_ISREG(target->status.st_mode))
    return say_error("%s: not a regular file", target->path);
  int error = file_read(target->path, &target->text, &length);
  if (error == 0 && strlen(target->text) == length)
    return true;
  return say_error("%s: %s", target->path, error != 0 ? strerror(error) : "it contains a NUL byte");
}

bool target_open(const char *path, enum target_use use, struct target *ret_target) {
  *ret_target = (struct target){.lock = -1};
  ret_target->path = resolve(path);
  if (ret_target->path == NULL)
    return say_error("%s: %s%s", path, strerror(errno), root_remedy(errno));
  ret_target->directory = path_directory(ret_target->path);
  ret_target->defers = use != TARGET_READ;
  if (ret_target->defers)
    end_defer();
  if (use != TARGET_READ && !take_lock(ret_target, use == TARGET_UNDO))
    return false;
  /* Remove what an interrupted pinctl has left, even if nothing else is to be done. */
  if (use != TARGET_READ)
    file_sweep(ret_target->directory, BESIDE_PREFIX);
  return read_text(ret_target);
}

void target_close(struct target *target) {
  if (target->lock >= 0)
    lock_file_remove(target->lock_path, target->lock);
  free(target->lock_path);
  free(target->path);
  free(target->directory);
  free(target->text);
  if (target->defers)
    end_deliver();
  *target = (struct target){.lock = -1};
}

/* The length of all names of attributes, each with its NUL; *ret_names: for free(3). 0: there is none. */
static size_t list_attributes(int fd, char **ret_names) {
  ssize_t room = flistxattr(fd, NULL, 0);
  *ret_names = must_alloc(room < 0 ? 1 : (size_t)room + 1, 1);
  ssize_t length = room <= 0 ? 0 : flistxattr(fd, *ret_names, (size_t)room);
  return length < 0 ? 0 : (size_t)length;
}

static void copy_attribute(int from, int to, const char *name) {
  ssize_t room = fgetxattr(from, name, NULL, 0);
  AUTO_TEXT value = room < 0 ? NULL : must_alloc((size_t)room + 1, 1);
  ssize_t size = room < 0 ? -1 : fgetxattr(from, name, value, (size_t)room);
  if (size >= 0)
    fsetxattr(to, name, value, (size_t)size, 0);
}

/*
 * Copies access lists and security labels, and removes those that only the new file has, from its directory.
 * Ignores attributes that the file system refuses: the mode is set anyway.
 */
static void copy_attributes(int from, int to) {
  AUTO_TEXT extra = NULL;
  AUTO_TEXT names = NULL;
  size_t length = list_attributes(to, &extra);
  for (size_t at = 0; at < length; at += strlen(extra + at) + 1)
    if (fgetxattr(from, extra + at, NULL, 0) < 0 && errno == ENODATA)
      fremovexattr(to, extra + at);
  length = list_attributes(from, &names);
  for (size_t at = 0; at < length; at += strlen(names + at) + 1)
    copy_attribute(from, to, names + at);
}

/*
 * Copies owner, attributes and mode. 0 or an errno value. The mode is last, since a change of owner and a
 * default access list of the directory change it.
 */
static int copy_look(const struct target *target, int fd) {
  if (target->text == NULL)
    return fchmod(fd, 0644) == 0 ? 0 : errno;
  int from = open(target->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  int error = from < 0 || fchown(fd, target->status.st_uid, target->status.st_gid) != 0 ? errno : 0;
  if (error == 0)
    copy_attributes(from, fd);
  if (error == 0 && fchmod(fd, target->status.st_mode & 07777) != 0)
    error = errno;
  if (from >= 0)
    close(from);
  return error;
}

/* Checks the new file first: the owner of the folder may have replaced it by another file or a link. */
static int make_alike(const struct target *target, const char *path) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  int error = fd < 0 || fstat(fd, &status) != 0 ? errno : 0;
  if (error == ELOOP ||
      (error == 0 && (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_nlink != 1)))
    error = EPERM;
  if (error == 0)
    error = copy_look(target, fd);
  if (fd >= 0)
    close(fd);
  return error;
}

bool target_write_as(const struct target *target, const char *path, const char *text) {
  AUTO_TEXT beside = NULL;
  int error = file_write_hidden(target->path, BESIDE_PREFIX, text, &beside);
  if (error == 0)
    error = make_alike(target, beside);
  if (error == 0 && rename(beside, path) != 0)
    error = errno;
  if (error == 0)
    error = directory_sync(target->directory);
  else if (beside != NULL)
    unlink(beside);
  if (error != 0)
    say_error("%s: %s; nothing was changed%s", path, strerror(error), root_remedy(error));
  return error == 0;
}

static bool is_unchanged(const struct target *target) {
  size_t length = 0;
  AUTO_TEXT now = NULL;
  int error = file_read(target->path, &now, &length);
  bool same = target->text == NULL
                  ? error == ENOENT
                  : error == 0 && length == strlen(target->text) && memcmp(now, target->text, length) == 0;
  if (!same)
    say_error("%s: somebody else has just changed it; nothing was changed", target->path);
  return same;
}

static bool put_text(const struct target *target, const char *text) {
  if (text != NULL)
    return target_write_as(target, target->path, text);
  int error = unlink(target->path) == 0 ? directory_sync(target->directory) : errno;
  if (error != 0)
    say_error("%s: %s%s", target->path, strerror(error), root_remedy(error));
  return error == 0;
}

bool target_put(const struct target *target, const char *text) {
  if (!is_unchanged(target) || !put_text(target, text))
    return false;
  result_file(target->path, target->text == NULL ? "made" : text == NULL ? "removed" : "changed");
  return true;
}

bool enter_root(const char *root) {
  bool entered = chdir(root) == 0;
  if (entered && chroot(".") != 0)
    entered = unshare(CLONE_NEWUSER) == 0 && chroot(".") == 0;
  if (entered && chdir("/") == 0)
    return true;
  return say_error("%s: cannot be made the root directory: %s", root, strerror(errno));
}
