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

/* 0 or an errno value. A backup, say, may have given it another mode. */
static int make_private(const char *path, int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0)
    return errno;
  /* A second name would be that of a file elsewhere, whose mode is none of ours to change. */
  if (!S_ISREG(status.st_mode) || status.st_nlink > 1 ||
      (status.st_uid != geteuid() && !owns_folder(path, status.st_uid)))
    return EPERM;
  bool is_open_to_others = status.st_uid == geteuid() && (status.st_mode & 077) != 0;
  return is_open_to_others && fchmod(fd, 0600) != 0 ? errno : 0;
}

int lock_file_open(const char *path, int *ret_fd) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (fd < 0)
    return errno == ELOOP ? EPERM : errno;
  int error = make_private(path, fd);
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
