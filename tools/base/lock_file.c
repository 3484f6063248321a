/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

/* Whether the user owns the directory of the file, and so could replace the file anyway. */
static bool owns_folder(const char *path, uid_t user) {
  struct stat status;
  AUTO_TEXT folder = path_directory(path);
  return stat(folder, &status) == 0 && status.st_uid == user;
}

/* Makes this user's file private; a file of the folder's owner is accepted as it is. Where others could,
 * because a restored backup has another mode, say, its content is not to be trusted and is cleared. Returns 0
 * or an errno value. */
static int make_private(const char *path, int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0)
    return errno;
  /* A hard link: the file belongs elsewhere too, so its mode must not be changed. */
  if (!S_ISREG(status.st_mode) || status.st_nlink > 1 ||
      (status.st_uid != geteuid() && !owns_folder(path, status.st_uid)))
    return EPERM;
  bool is_open_to_others = status.st_uid == geteuid() && (status.st_mode & 077) != 0;
  return is_open_to_others && (fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0) ? errno : 0;
}

/*
 * Makes the file. The directory is opened first, so that the file is made in the directory whose owner is
 * checked. A file that root makes in a user's directory is given to that user: otherwise a single "sudo"
 * would lock him out of his own policy. Where the file system refuses that, the file stays root's.
 */
static int make(const char *path, int *ret_fd) {
  struct stat status;
  AUTO_TEXT folder = path_directory(path);
  int place = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (place < 0)
    return errno;
  int fd =
      openat(place, path_base(path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  int error = fd < 0 ? errno : 0;
  if (error == 0 && geteuid() == 0 && fstat(place, &status) == 0 && status.st_uid != 0)
    (void)!fchown(fd, status.st_uid, status.st_gid);
  close(place);
  *ret_fd = fd;
  return error;
}

static int open_or_make(const char *path, int *ret_fd) {
  for (;;) {
    *ret_fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (*ret_fd >= 0)
      return 0;
    int error = errno == ENOENT ? make(path, ret_fd) : errno;
    /* EEXIST: another process has made the file meanwhile; try again. */
    if (error != EEXIST)
      return error == ELOOP ? EPERM : error;
  }
}

/*
 * Opens the file, or makes it; does not follow a symbolic link. EPERM: it is no regular file, or belongs
 * neither to this user nor to the owner of its directory. Returns 0 or an errno value.
 */
static int lock_file_open(const char *path, int *ret_fd) {
  int fd = -1;
  int error = open_or_make(path, &fd);
  if (error != 0)
    return error;
  error = make_private(path, fd);
  if (error != 0)
    close(fd);
  else
    *ret_fd = fd;
  return error;
}

static bool is_still_there(const char *path, int fd) {
  struct stat now;
  struct stat locked;
  return lstat(path, &now) == 0 && fstat(fd, &locked) == 0 && now.st_dev == locked.st_dev &&
         now.st_ino == locked.st_ino;
}

int lock_file_try(const char *path, int *ret_fd) {
  for (;;) {
    int fd = -1;
    int error = lock_file_open(path, &fd);
    if (error != 0)
      return error;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
      error = errno;
    if (error == 0 && is_still_there(path, fd)) {
      *ret_fd = fd;
      return 0;
    }
    close(fd);
    if (error != 0 && error != EINTR)
      return error;
  }
}

void lock_file_remove(const char *path, int fd) {
  unlink(path);
  close(fd);
}
