/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "bytes.h"
#include "image.h"
#include "read_at.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPILED_NAME "policy.db"

/* The length of the folder in a path, with the slash. */
static size_t folder_size(const char *path) {
  size_t size = 0;

  for (size_t i = 0; path[i] != '\0'; i++)
    size = path[i] == '/' ? i + 1 : size;
  return size;
}

bool pin_compiled_path(const char *path, char *ret_path, size_t size) {
  size_t folder = folder_size(path);

  if (pin_is_same_text(path, PIN_DEFAULT_POLICY)) {
    path = PIN_DEFAULT_COMPILED;
    folder = sizeof PIN_DEFAULT_COMPILED - sizeof COMPILED_NAME;
  }
  if (folder + sizeof COMPILED_NAME > size)
    return false;
  pin_copy_bytes(ret_path, path, folder);
  pin_copy_bytes(ret_path + folder, COMPILED_NAME, sizeof COMPILED_NAME);
  return true;
}

static struct pin_file_identity identify(const struct stat *status) {
  return (struct pin_file_identity){.device = (uint64_t)status->st_dev,
                                    .inode = (uint64_t)status->st_ino,
                                    .changed_seconds = status->st_ctim.tv_sec,
                                    .changed_nanoseconds = status->st_ctim.tv_nsec};
}

static enum pin_status open_in_memory(int fd, size_t size, struct pin_compiled *ret_compiled) {
  enum pin_status status = PIN_DAMAGED;

  ret_compiled->fd = -1;
  ret_compiled->mapped = NULL;
  ret_compiled->memory = malloc(size);
  if (ret_compiled->memory == NULL)
    return PIN_NO_MEMORY;
  if (pin_read_at(fd, ret_compiled->memory, size, 0) == (ssize_t)size)
    status = pin_policy_open(ret_compiled->memory, size, &ret_compiled->policy);
  if (status != PIN_OK)
    free(ret_compiled->memory);
  return status;
}

/* Larger files are not mapped, because address space may be scarce. */
#define MOST_MAPPED (UINT64_C(256) << 20)

/* Maps the file, so that it can still be read if the program closes the descriptor. NULL: it cannot be
 * mapped. */
static void *map(int fd, uint64_t size) {
  void *mapped = size <= MOST_MAPPED ? mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;

  return mapped != MAP_FAILED ? mapped : NULL;
}

static struct pin_blocks *new_blocks(int fd, const struct pin_compiled *compiled) {
  return pin_blocks_new(fd, compiled->mapped, compiled->mapped_size);
}

static void unmap(const struct pin_compiled *compiled) {
  if (compiled->mapped != NULL)
    munmap(compiled->mapped, compiled->mapped_size);
}

static enum pin_status open_mapped(int fd, uint64_t size, struct pin_compiled *ret_compiled) {
  struct pin_blocks *blocks = new_blocks(fd, ret_compiled);
  enum pin_status status;

  if (blocks == NULL)
    return PIN_NO_MEMORY;
  ret_compiled->fd = fd;
  status = pin_image_open_file(blocks, size, &ret_compiled->policy, &ret_compiled->memory);
  if (status != PIN_OK)
    pin_blocks_free(blocks);
  return status;
}

static enum pin_status open_in_file(int fd, uint64_t size, struct pin_compiled *ret_compiled) {
  int saved_errno = errno;
  enum pin_status status;

  ret_compiled->mapped = map(fd, size);
  ret_compiled->mapped_size = ret_compiled->mapped != NULL ? (size_t)size : 0;
  errno = saved_errno;
  status = open_mapped(fd, size, ret_compiled);
  if (status != PIN_OK)
    unmap(ret_compiled);
  return status;
}

/* Reads the beginning of an image, which is the same in every version. */
static bool is_of_other_version(int fd) {
  struct pin_image_head head;
  const size_t size = offsetof(struct pin_image_head, size);

  return pin_read_at(fd, &head, size, 0) == (ssize_t)size &&
         memcmp(head.magic, PIN_IMAGE_MAGIC, sizeof head.magic) == 0 &&
         (head.byte_order != PIN_IMAGE_BYTE_ORDER || head.version != PIN_IMAGE_VERSION);
}

/* O_NONBLOCK, so that a FIFO in its place does not block the process. */
static int open_file(const char *path) {
  return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* Programs may close their first descriptors by number, or expect that the lowest number is free. */
#define FIRST_DESCRIPTOR 100

static int move_up(int fd) {
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);

  if (moved < 0)
    return fd;
  close(fd);
  return moved;
}

enum pin_status pin_compiled_open(const char *path, struct pin_compiled *ret_compiled) {
  int fd = open_file(path);
  enum pin_status result = PIN_UNREADABLE;
  struct stat status;

  if (fd < 0)
    return PIN_UNREADABLE;
  if (fstat(fd, &status) == 0 && pin_file_is_trusted(fd, &status)) {
    ret_compiled->identity = identify(&status);
    ret_compiled->written_seconds = status.st_mtim.tv_sec;
    ret_compiled->written_nanoseconds = status.st_mtim.tv_nsec;
    if (status.st_size <= 0) {
      result = PIN_DAMAGED;
    } else if (status.st_size <= PIN_COMPILED_IN_MEMORY) {
      result = open_in_memory(fd, (size_t)status.st_size, ret_compiled);
    } else {
      fd = move_up(fd);
      result = open_in_file(fd, (uint64_t)status.st_size, ret_compiled);
      if (result == PIN_OK)
        return result;
    }
    if (result == PIN_DAMAGED && is_of_other_version(fd))
      result = PIN_OTHER_VERSION;
  }
  close(fd);
  return result;
}

bool pin_compiled_look(const char *path, struct pin_file_identity *ret_identity) {
  const int saved_errno = errno;
  char compiled_path[PATH_MAX];
  struct stat status;
  bool found =
      pin_compiled_path(path, compiled_path, sizeof compiled_path) && stat(compiled_path, &status) == 0;

  if (found)
    *ret_identity = identify(&status);
  errno = saved_errno;
  return found;
}

static bool is_on(int fd, const struct pin_compiled *compiled) {
  struct stat status;

  return fstat(fd, &status) == 0 && (uint64_t)status.st_dev == compiled->identity.device &&
         (uint64_t)status.st_ino == compiled->identity.inode;
}

void pin_compiled_identify(struct pin_compiled *compiled) {
  struct stat status;

  if (compiled->fd >= 0 && fstat(compiled->fd, &status) == 0)
    compiled->identity = identify(&status);
}

/* -1: the file is not there any more. */
static int open_again(const struct pin_compiled *compiled, const char *path) {
  int fd = open_file(path);

  if (fd < 0)
    return -1;
  fd = move_up(fd);
  if (is_on(fd, compiled))
    return fd;
  close(fd);
  return -1;
}

bool pin_compiled_keep_open(struct pin_compiled *compiled, const char *path) {
  struct pin_blocks *blocks, *lost;
  int fd;

  if (compiled->fd < 0 || is_on(compiled->fd, compiled))
    return true;
  fd = open_again(compiled, path);
  if (fd < 0 && compiled->mapped == NULL)
    return false;
  if (fd < 0)
    fd = PIN_COMPILED_MAPPED;
  blocks = new_blocks(fd, compiled);
  if (blocks == NULL) {
    if (fd >= 0)
      close(fd);
    return false;
  }
  /* The old number belongs to another file by now, or to none. */
  lost = compiled->policy.blocks;
  compiled->policy.blocks = blocks;
  compiled->fd = fd;
  /* This comes last, so that a child that is forked meanwhile does not free it again. */
  pin_blocks_free(lost);
  return true;
}

void pin_compiled_close(struct pin_compiled *compiled) {
  pin_blocks_free(compiled->policy.blocks);
  free(compiled->memory);
  unmap(compiled);
  if (compiled->fd >= 0 && is_on(compiled->fd, compiled))
    close(compiled->fd);
}
