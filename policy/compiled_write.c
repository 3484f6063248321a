/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "pinpolicy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const uint8_t *bytes, size_t size) {
  while (size > 0) {
    ssize_t written = write(fd, bytes, size);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    bytes += written;
    size -= (size_t)written;
  }
  return 0;
}

/* Closes the descriptor too, because a write may fail as late as that. */
static int finish(int fd, int error) {
  if (error == 0 && (fchmod(fd, 0644) != 0 || fsync(fd) != 0))
    error = errno;
  if (close(fd) != 0 && error == 0)
    error = errno;
  return error;
}

/* -1: see errno. */
static int open_folder(const char *path) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');

  snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
           slash != NULL ? path : ".");
  return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int write_beside(char *beside, const char *path, const void *image, size_t size) {
  int fd = mkostemp(beside, O_CLOEXEC);
  int error;

  if (fd < 0)
    return errno;
  error = finish(fd, write_all(fd, image, size));
  if (error == 0 && rename(beside, path) != 0)
    error = errno;
  if (error != 0)
    unlink(beside);
  return error;
}

int pin_compiled_write(const char *path, const void *image, size_t size) {
  char beside[PATH_MAX];
  int folder, error;

  if ((size_t)snprintf(beside, sizeof beside, "%s" PIN_COMPILED_BESIDE "XXXXXX", path) >= sizeof beside)
    return ENAMETOOLONG;
  /* Opened first: what cannot be opened must be known before anything has changed. */
  folder = open_folder(path);
  if (folder < 0)
    return errno;
  error = write_beside(beside, path, image, size);
  /* Until the folder itself is on the disk, a crash could bring the old name back. */
  if (error == 0 && fsync(folder) != 0)
    error = errno;
  close(folder);
  return error;
}
