/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "basename.h"
#include "compiled_beside.h"
#include "image.h"
#include "read_at.h"

#include "source.h"

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

/* -1: see errno. */
static int open_folder(const char *path) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');

  snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
           slash != NULL ? path : ".");
  return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int pin_compiled_make_beside(const char *path, char **ret_beside, int *ret_fd) {
  *ret_fd = -1;
  if (asprintf(ret_beside, "%s" PIN_COMPILED_BESIDE "XXXXXX", path) < 0)
    return ENOMEM;
  *ret_fd = mkostemp(*ret_beside, O_CLOEXEC);
  if (*ret_fd >= 0)
    return 0;
  int error = errno;
  free(*ret_beside);
  *ret_beside = NULL;
  return error;
}

int pin_compiled_make_durable(int fd) {
  return fchmod(fd, 0644) != 0 || fsync(fd) != 0 ? errno : 0;
}

int pin_compiled_begin(const char *path, const void *image, size_t size, char **ret_beside, int *ret_fd) {
  char *beside;
  int fd;
  int error = pin_compiled_make_beside(path, &beside, &fd);
  if (error != 0)
    return error;
  error = write_all(fd, image, size);
  if (error == 0)
    error = pin_compiled_make_durable(fd);
  if (error == 0) {
    *ret_beside = beside;
    *ret_fd = fd;
    return 0;
  }
  pin_compiled_drop(beside, fd);
  return error;
}

void pin_compiled_drop(char *beside, int fd) {
  close(fd);
  unlink(beside);
  free(beside);
}

/* ---- The folder of the drop-ins, whose time stamp differs after each change ---- */

/* A section of the image in an open file, freed by free(3). NULL: it cannot be read. */
static uint8_t *read_section(int fd, const struct pin_image_section *section) {
  /* The image was written from memory, so its size fits. */
  const size_t size = (size_t)section->size;
  uint8_t *bytes = malloc(size + 1);
  if (bytes != NULL && pin_read_at(fd, bytes, size, (off_t)section->offset) == (ssize_t)size)
    return bytes;
  free(bytes);
  return NULL;
}

/* The names of the drop-ins that the image was made from, in byte order; they point into `section`. NULL:
 * no memory, or damaged. */
static const char **recorded_names(const struct pin_image_head *head, const uint8_t *section,
                                   uint32_t count) {
  const char **names = calloc(count + (size_t)1, sizeof names[0]);
  for (uint32_t i = 0; names != NULL && i < count; i++) {
    uint32_t offset;
    memcpy(&offset, section + i * sizeof offset, sizeof offset);
    const char *path = (const char *)section + (uint64_t)offset * PIN_IMAGE_UNIT;
    if ((uint64_t)offset * PIN_IMAGE_UNIT + sizeof(struct pin_image_dropin) > head->dropins.size) {
      free(names);
      return NULL;
    }
    names[i] = pin_basename(path + sizeof(struct pin_image_dropin));
  }
  if (names != NULL)
    qsort(names, count, sizeof names[0], pin_compare_texts);
  return names;
}

static bool are_same_names(const char *const *recorded, uint32_t recorded_count, struct dirent **names,
                           int count) {
  if ((uint32_t)count != recorded_count)
    return false;
  for (int i = 0; i < count; i++)
    if (strcmp(recorded[i], names[i]->d_name) != 0)
      return false;
  return true;
}

static bool dropins_stand(const char *beside) {
  struct pin_compiled compiled;
  if (pin_compiled_open(beside, &compiled) != PIN_OK)
    return false;
  bool stand = pin_image_dropins_stand(&compiled.policy);
  pin_compiled_close(&compiled);
  return stand;
}

/* Whether the folder contains exactly the image's drop-ins, and did so at the time of its time stamp. */
static bool folder_agrees(const char *beside, int fd, const struct pin_image_head *head,
                          uint32_t dropin_count, int folder, struct stat *ret_status) {
  struct dirent **names = NULL;
  struct stat after;
  pin_wait_out_tick(&ret_status->st_mtim);
  int count = pin_list_drop_ins(folder, &names);
  uint8_t *section = read_section(fd, &head->dropins);
  const char **recorded = section != NULL ? recorded_names(head, section, dropin_count) : NULL;
  bool agrees = count >= 0 && recorded != NULL && are_same_names(recorded, dropin_count, names, count) &&
                dropins_stand(beside) && fstat(folder, &after) == 0 &&
                after.st_mtim.tv_sec == ret_status->st_mtim.tv_sec &&
                after.st_mtim.tv_nsec == ret_status->st_mtim.tv_nsec;
  for (int i = 0; i < count; i++)
    free(names[i]);
  free(names);
  free(recorded);
  free(section);
  return agrees;
}

/* The record of the folder in the block of sources. NULL: there is none. */
static uint8_t *find_folder_record(uint8_t *block, uint64_t size, struct pin_image_source *ret_source) {
  uint64_t at = sizeof(struct pin_image_sources);
  while (size - at >= sizeof *ret_source) {
    memcpy(ret_source, block + at, sizeof *ret_source);
    if (ret_source->is_directory)
      return block + at;
    at += pin_image_round_up(sizeof *ret_source + (uint64_t)ret_source->path_length + 1);
    if (at > size)
      break;
  }
  return NULL;
}

static bool is_as_recorded(const struct pin_image_source *source, const struct stat *status) {
  return source->exists && source->inode == (uint64_t)status->st_ino &&
         source->mtime_seconds == status->st_mtim.tv_sec &&
         source->mtime_nanoseconds == (uint32_t)status->st_mtim.tv_nsec;
}

/* Writes the present state of the folder into an image that is not in its place yet. Returns 0 or an errno
 * value. */
static int note_folder(const char *beside, int fd) {
  struct pin_image_head head;
  struct pin_image_source source;
  struct pin_image_sources sources;
  struct stat status;
  if (pin_read_at(fd, &head, sizeof head, 0) != (ssize_t)sizeof head)
    return errno;
  uint8_t *block = read_section(fd, &head.sources);
  uint8_t *record = block != NULL ? find_folder_record(block, head.sources.size, &source) : NULL;
  int folder = record != NULL ? open((const char *)record + sizeof source,
                                     O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
                              : -1;
  int error = 0;
  if (folder >= 0) {
    memcpy(&sources, block, sizeof sources);
    if (fstat(folder, &status) == 0 && !is_as_recorded(&source, &status) &&
        folder_agrees(beside, fd, &head, sources.dropin_count, folder, &status)) {
      source.exists = 1;
      source.inode = (uint64_t)status.st_ino;
      source.mtime_seconds = status.st_mtim.tv_sec;
      source.mtime_nanoseconds = (uint32_t)status.st_mtim.tv_nsec;
      memcpy(record, &source, sizeof source);
      sources.checksum = pin_image_checksum(head.stamp, PIN_BLOCK_SOURCES, 0, block, head.sources.size);
      memcpy(block, &sources.checksum, sizeof sources.checksum);
      if (pwrite(fd, block, (size_t)head.sources.size, (off_t)head.sources.offset) !=
          (ssize_t)head.sources.size)
        error = errno;
    }
    close(folder);
  }
  free(block);
  return error;
}

int pin_compiled_put(const char *path, char *beside, int fd) {
  /* Opened first, because a failure must be noticed before anything has changed. */
  int folder = open_folder(path);
  int error = folder < 0 ? errno : note_folder(beside, fd);
  if (error == 0 && rename(beside, path) != 0)
    error = errno;
  if (error != 0) {
    pin_compiled_drop(beside, fd);
    if (folder >= 0)
      close(folder);
    return error;
  }
  /* Flushed after the renaming, which others wait for. Until both are on the disk, a crash could bring
   * back the old name, or a record that matches no folder. Either only means that the form is not current. */
  if (fsync(fd) != 0 || fsync(folder) != 0)
    error = errno;
  free(beside);
  close(fd);
  close(folder);
  return error;
}

int pin_compiled_write(const char *path, const void *image, size_t size) {
  char *beside = NULL;
  int fd = -1;
  int folder = open_folder(path);
  if (folder < 0)
    return errno;
  close(folder);
  int error = pin_compiled_begin(path, image, size, &beside, &fd);
  return error != 0 ? error : pin_compiled_put(path, beside, fd);
}
