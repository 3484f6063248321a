/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "path_base.h"
#include "pinpolicy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPILED_NAME "policy.db"

bool pin_compiled_path(const char *path, char *ret_path, size_t size) {
  size_t folder = (size_t)(pin_path_base(path) - path);

  if (strcmp(path, PIN_DEFAULT_POLICY) == 0) {
    path = PIN_DEFAULT_COMPILED;
    folder = sizeof PIN_DEFAULT_COMPILED - sizeof COMPILED_NAME;
  }
  if (folder + sizeof COMPILED_NAME > size)
    return false;
  memcpy(ret_path, path, folder);
  memcpy(ret_path + folder, COMPILED_NAME, sizeof COMPILED_NAME);
  return true;
}

static bool is_trusted(const struct stat *status) {
  return S_ISREG(status->st_mode) && (status->st_uid == 0 || status->st_uid == geteuid()) &&
         (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static enum pin_status map(int fd, struct pin_compiled *ret_compiled) {
  struct stat status;
  void *image;

  if (fstat(fd, &status) != 0 || !is_trusted(&status))
    return PIN_UNREADABLE;
  if (status.st_size <= 0)
    return PIN_DAMAGED;
  image = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
  if (image == MAP_FAILED)
    return PIN_UNREADABLE;
  if (pin_policy_open(image, (size_t)status.st_size, &ret_compiled->policy) != PIN_OK) {
    munmap(image, (size_t)status.st_size);
    return PIN_DAMAGED;
  }
  ret_compiled->written_seconds = status.st_mtim.tv_sec;
  ret_compiled->written_nanoseconds = status.st_mtim.tv_nsec;
  return PIN_OK;
}

enum pin_status pin_compiled_open(const char *path, struct pin_compiled *ret_compiled) {
  /* O_NONBLOCK: a FIFO in its place must not hold a process up. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  enum pin_status status;

  if (fd < 0)
    return PIN_UNREADABLE;
  status = map(fd, ret_compiled);
  close(fd);
  return status;
}

void pin_compiled_close(struct pin_compiled *compiled) {
  union {
    const uint8_t *read_only;
    void *mapping;
  } image = {.read_only = compiled->policy.image};

  munmap(image.mapping, compiled->policy.size);
}
