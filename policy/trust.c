/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <linux/magic.h>

#define MAP_SIZE 32768 /* the kernel's limit is 340 lines of three numbers */

/* Opens the root of the kernel's own /proc, in which nobody can create files; -1: there is none. */
static int open_proc(void) {
  int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct statfs system;
  struct stat status;

  if (fd < 0)
    return -1;
  /* The root of a procfs has inode 1. */
  if (fstatfs(fd, &system) == 0 && system.f_type == PROC_SUPER_MAGIC && fstat(fd, &status) == 0 &&
      status.st_ino == 1)
    return fd;
  close(fd);
  return -1;
}

/* Finds the user as whom this namespace sees the machine's root, who owns the files in /proc. False:
 * cannot be found out. */
static bool find_root(int proc, uid_t *ret_root) {
  int fd = openat(proc, "sys/kernel/overflowuid", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  struct stat status;
  bool found = fd >= 0 && fstat(fd, &status) == 0;

  if (found)
    *ret_root = status.st_uid;
  if (fd >= 0)
    close(fd);
  return found;
}

/* Whether a user of this namespace has this number by the map, whose lines are "first outside count". True
 * also if the map cannot be read. */
static bool map_has(const char *map, uid_t uid) {
  while (*map != '\0') {
    char *end;
    unsigned long first = strtoul(map, &end, 10), count;

    if (end == map)
      return true;
    strtoul(end, &end, 10);
    count = strtoul(end, &end, 10);
    if (uid >= first && uid - first < count)
      return true;
    map = end + strspn(end, " \n");
  }
  return false;
}

static bool is_mapped(int proc, uid_t uid) {
  char *map = malloc(MAP_SIZE);
  int fd = openat(proc, "self/uid_map", O_RDONLY | O_CLOEXEC);
  ssize_t size = map != NULL && fd >= 0 ? pread(fd, map, MAP_SIZE - 1, 0) : -1;
  bool mapped = true;

  if (size >= 0 && size < MAP_SIZE - 1) {
    map[size] = '\0';
    mapped = map_has(map, uid);
  }
  if (fd >= 0)
    close(fd);
  free(map);
  return mapped;
}

static bool is_mounted_read_only(int fd) {
  struct statfs system;

  return fstatfs(fd, &system) == 0 && ((unsigned long)system.f_flags & ST_RDONLY) != 0;
}

bool pin_owner_is_trusted(int fd, const struct stat *status) {
  const int saved_errno = errno;
  uid_t root = 0;
  int proc;
  bool trusted;

  if (status->st_uid == 0 || status->st_uid == geteuid())
    return true;
  proc = open_proc();
  trusted = proc >= 0 && find_root(proc, &root) && root != 0 && root == status->st_uid &&
            (!is_mapped(proc, root) || is_mounted_read_only(fd));
  if (proc >= 0)
    close(proc);
  errno = saved_errno;
  return trusted;
}

bool pin_file_is_trusted(int fd, const struct stat *status) {
  return S_ISREG(status->st_mode) && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
         pin_owner_is_trusted(fd, status);
}
