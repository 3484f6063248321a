/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/memory.h"

/* The part of a name that mkstemp(3) replaces. */
#define RANDOM_PART "XXXXXX"

static int read_all(int fd, char **ret_bytes, size_t *ret_length) {
  size_t length = 0;
  size_t room = 65536;
  char *bytes = must_alloc(room + 1, 1);
  for (;;) {
    ssize_t got = read(fd, bytes + length, room - length);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 || length > LARGEST_FILE) {
      int error = got < 0 ? errno : EFBIG;
      free(bytes);
      return error;
    }
    length += (size_t)got;
    bytes[length] = '\0';
    if (got == 0)
      break;
    if (length == room) {
      room *= 2;
      bytes = must_grow(bytes, room + 1, 1);
    }
  }
  *ret_bytes = bytes;
  *ret_length = length;
  return 0;
}

int file_read(const char *path, char **ret_bytes, size_t *ret_length) {
  *ret_bytes = NULL;
  if (strcmp(path, "-") == 0)
    return read_all(STDIN_FILENO, ret_bytes, ret_length);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return errno;
  int error = read_all(fd, ret_bytes, ret_length);
  close(fd);
  return error;
}

int file_in_memory(const char *name, const char *text) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  size_t length = strlen(text);
  bool good = fd >= 0 && fchmod(fd, 0644) == 0;
  for (size_t done = 0; good && done < length;) {
    ssize_t wrote = write(fd, text + done, length - done);
    good = wrote > 0 || (wrote < 0 && errno == EINTR);
    done += wrote > 0 ? (size_t)wrote : 0;
  }
  if (good && lseek(fd, 0, SEEK_SET) == 0)
    return fd;
  int error = errno;
  if (fd >= 0)
    close(fd);
  errno = error;
  return -1;
}

bool file_read_at(int fd, void *bytes, size_t size, off_t offset) {
  for (size_t done = 0; done < size;) {
    ssize_t got = pread(fd, (char *)bytes + done, size - done, offset + (off_t)done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    done += (size_t)got;
  }
  return true;
}

/* Opens the path again for reading. ESTALE: another file is there now. */
static int reopen(const char *path, const struct stat *expected, int *ret_fd) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return errno;
  int error = fstat(fd, &status) != 0 ? errno : 0;
  if (error == 0 && (status.st_dev != expected->st_dev || status.st_ino != expected->st_ino))
    error = ESTALE;
  if (error != 0)
    close(fd);
  else
    *ret_fd = fd;
  return error;
}

int file_open_regular(const char *path, int *ret_fd) {
  struct stat status;
  int place = open(path, O_PATH | O_CLOEXEC);
  if (place < 0)
    return errno;
  int error = fstat(place, &status) != 0 ? errno : 0;
  if (error == 0 && !S_ISREG(status.st_mode))
    error = EINVAL;
  AUTO_TEXT same = must_format("/proc/self/fd/%d", place);
  if (error == 0 && (*ret_fd = open(same, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) < 0)
    error = errno;
  /* There is no /proc: with --root the root directory is an image. */
  if (error == ENOENT)
    error = reopen(path, &status, ret_fd);
  close(place);
  return error;
}

static int write_all(int fd, const char *text, size_t length) {
  while (length > 0) {
    ssize_t wrote = write(fd, text, length);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote <= 0)
      return wrote < 0 ? errno : EIO;
    text += wrote;
    length -= (size_t)wrote;
  }
  return 0;
}

/* Writes the text, sets the mode whatever the umask, flushes it to the disk and closes the descriptor. */
static int fill(int fd, const char *text, mode_t mode) {
  int error = write_all(fd, text, strlen(text));
  if (error == 0 && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
    error = errno;
  if (close(fd) != 0 && error == 0)
    error = errno;
  return error;
}

static int write_beside(const char *path, const char *prefix, const char *text, mode_t mode,
                        char **ret_beside) {
  AUTO_TEXT directory = path_directory(path);
  char *beside = must_format("%s/%s" RANDOM_PART, directory, prefix);
  int fd = mkostemp(beside, O_CLOEXEC);
  int error = fd < 0 ? errno : fill(fd, text, mode);
  if (error != 0) {
    if (fd >= 0)
      unlink(beside);
    free(beside);
    return error;
  }
  *ret_beside = beside;
  return 0;
}

/* Mode 0644, since every process on the system reads the policy. */
int file_write_beside(const char *path, const char *text, char **ret_beside) {
  return write_beside(path, FILE_BESIDE_PREFIX, text, 0644, ret_beside);
}

int file_replace(const char *path, const char *text) {
  AUTO_TEXT beside = NULL;
  end_defer();
  int error = file_write_beside(path, text, &beside);
  if (error == 0 && rename(beside, path) != 0) {
    error = errno;
    unlink(beside);
  }
  end_deliver();
  return error;
}

int file_write_hidden(const char *path, const char *prefix, const char *text, char **ret_beside) {
  return write_beside(path, prefix, text, 0600, ret_beside);
}

int file_write_new(const char *path, const char *text) {
  end_defer();
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  int error = fd < 0 ? errno : fill(fd, text, 0600);
  if (error != 0 && fd >= 0)
    unlink(path);
  end_deliver();
  return error;
}

void file_sweep(const char *directory, const char *prefix) {
  DIR *stream = opendir(directory);
  size_t length = strlen(prefix);
  if (stream == NULL)
    return;
  for (const struct dirent *entry; (entry = readdir(stream)) != NULL;)
    if (strncmp(entry->d_name, prefix, length) == 0 && strlen(entry->d_name + length) == strlen(RANDOM_PART))
      unlinkat(dirfd(stream), entry->d_name, 0);
  closedir(stream);
}

bool link_is_dangling(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 && S_ISLNK(status.st_mode) && stat(path, &status) != 0 && errno == ENOENT;
}

int directory_make(const char *path) {
  if (mkdir(path, 0755) != 0)
    return errno == EEXIST ? 0 : errno;
  /* The owner of the parent directory may have put a symbolic link there meanwhile. */
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int error = fd < 0 || fchmod(fd, 0755) != 0 ? errno : 0;
  if (fd >= 0)
    close(fd);
  return error;
}

int directory_sync(const char *directory) {
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return errno;
  int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return error;
}

char *path_directory(const char *path) {
  const char *slash = strrchr(path, '/');
  if (slash == NULL)
    return must_copy(".");
  return slash == path ? must_copy("/") : must_copy_bytes(path, (size_t)(slash - path));
}

const char *path_base(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}
