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

/* Who owns the folder could replace the file anyway. */
static bool owns_folder(const char *path, uid_t user) {
  struct stat status;
  AUTO_TEXT folder = path_directory(path);
  return stat(folder, &status) == 0 && status.st_uid == user;
}

/* 0 or an errno value. A backup, say, may have given it another mode; then what stands in it is anybody's. */
static int make_private(const char *path, int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0)
    return errno;
  /* A second name would be that of a file elsewhere, whose mode is none of ours to change. */
  if (!S_ISREG(status.st_mode) || status.st_nlink > 1 ||
      (status.st_uid != geteuid() && !owns_folder(path, status.st_uid)))
    return EPERM;
  bool is_open_to_others = status.st_uid == geteuid() && (status.st_mode & 077) != 0;
  return is_open_to_others && (fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0) ? errno : 0;
}

/*
 * Makes the file, in the folder that is looked at, wherever the path leads a moment later. What root makes in
 * the folder of a user is that user's, or one "sudo" would keep him from his own policy. Where the file
 * system does not let it, the file stays root's.
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
    /* Another has made it meanwhile. */
    if (error != EEXIST)
      return error == ELOOP ? EPERM : error;
  }
}

/*
 * Opens the file, and makes it where there is none; a symbolic link is not followed. What root makes in the
 * folder of another user belongs to that user. EPERM: it is no regular file, or belongs neither to this user
 * nor to the owner of its folder. Returns 0 or an errno value.
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
