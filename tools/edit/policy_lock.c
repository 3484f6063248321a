/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/policy_lock.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/lock_file.h"
#include "base/memory.h"
#include "cli/output.h"

/* 0 or an errno value. */
static int wait_for_lock(int fd, const char *path) {
  if (flock(fd, LOCK_EX | LOCK_NB) == 0)
    return 0;
  if (errno != EWOULDBLOCK)
    return errno;
  say_note("waiting for another pinctl to finish (%s)", path);
  while (flock(fd, LOCK_EX) != 0)
    if (errno != EINTR)
      return errno;
  return 0;
}

/*
 * The lock is a file of its own: a drop-in that is renamed into place is a new file, on which no lock holds.
 * It stays behind, since removing it would let two hold "the" lock at once.
 */
int lock_take(const char *directory) {
  AUTO_TEXT path = must_format("%s/.pinctl.lock", directory);
  int fd = -1;
  int error = lock_file_open(path, &fd);
  if (error == 0)
    error = wait_for_lock(fd, path);
  if (error == 0)
    return fd;
  say_error("%s: %s%s", path, strerror(error), root_remedy(error));
  if (fd >= 0)
    close(fd);
  return -1;
}
