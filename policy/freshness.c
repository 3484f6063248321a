/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "basename.h"
#include "image.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

/*
 * The device is not compared: its number may be another one after the next boot, and the image outlives that.
 * The size of a directory is the file system's affair.
 */
static bool is_unchanged(const struct pin_image_source *source, const char *path) {
  struct stat now;
  if (stat(path, &now) != 0)
    return !source->exists && (errno == ENOENT || errno == ENOTDIR);
  if (!source->exists || (uint64_t)now.st_ino != source->inode ||
      now.st_mtim.tv_sec != source->mtime_seconds || now.st_mtim.tv_nsec != (long)source->mtime_nanoseconds)
    return false;
  if (source->is_directory)
    return S_ISDIR(now.st_mode);
  return S_ISREG(now.st_mode) && (uint64_t)now.st_size == source->size;
}

/* What the sources are compared with. */
struct moment {
  bool limited; /* no source may be younger than this */
  int64_t seconds, nanoseconds;
};

static bool is_older(const struct pin_image_source *source, const struct moment *moment) {
  if (!moment->limited || !source->exists || source->mtime_seconds < moment->seconds)
    return true;
  return source->mtime_seconds == moment->seconds && source->mtime_nanoseconds <= moment->nanoseconds;
}

/* The verified sources of an image, one after the other. */
struct sources {
  uint64_t count;
  const uint8_t *at;
  uint64_t left;
};

static bool open_sources(const struct pin_image *image, struct sources *ret_sources) {
  const struct pin_image_section *section = &image->head.sources;
  const uint8_t *block = pin_image_at(image, section->offset, section->size);
  struct pin_image_sources sources;
  if (!block || !pin_image_block_holds(image, PIN_BLOCK_SOURCES, 0, block, section->size))
    return false;
  memcpy(&sources, block, sizeof sources);
  ret_sources->count = sources.count;
  ret_sources->at = block + sizeof sources;
  ret_sources->left = section->size - sizeof sources;
  return true;
}

/* Reads one source and moves on to the next. NULL: there is none, or it does not fit. Else its path. */
static const char *next_source(struct sources *sources, struct pin_image_source *ret_source) {
  if (sources->left < sizeof *ret_source)
    return NULL;
  memcpy(ret_source, sources->at, sizeof *ret_source);
  uint64_t size = pin_image_round_up(sizeof *ret_source + (uint64_t)ret_source->path_length + 1);
  const char *path = (const char *)sources->at + sizeof *ret_source;
  if (size > sources->left || path[ret_source->path_length] != '\0')
    return NULL;
  sources->at += size;
  sources->left -= size;
  return path;
}

static bool next_is_unchanged(const struct moment *moment, struct sources *sources) {
  struct pin_image_source source;
  const char *path = next_source(sources, &source);
  return path && is_older(&source, moment) && is_unchanged(&source, path);
}

static bool all_are_unchanged(const struct pin_image *image, const struct moment *moment) {
  struct sources sources;
  if (!open_sources(image, &sources))
    return false;
  for (uint64_t i = 0; i < sources.count; i++) {
    if (!next_is_unchanged(moment, &sources))
      return false;
  }
  return sources.left == 0;
}

static bool is_fresh(const struct pin_policy *policy, const struct moment *moment) {
  const int saved_errno = errno;
  struct pin_image image;
  pin_image_of(policy, &image);
  bool fresh = all_are_unchanged(&image, moment);
  if (image.blocks)
    pin_blocks_trim(image.blocks);
  errno = saved_errno;
  return fresh;
}

bool pin_policy_is_fresh(const struct pin_policy *policy) {
  return is_fresh(policy, &(struct moment){.limited = false});
}

bool pin_compiled_is_current(const struct pin_compiled *compiled) {
  return is_fresh(&compiled->policy, &(struct moment){.limited = true,
                                                      .seconds = compiled->written_seconds,
                                                      .nanoseconds = compiled->written_nanoseconds});
}

/* The folder that a path leads through to its last part. */
static bool find_folder(const char *path, const char *last, struct stat *ret_folder) {
  char folder[PATH_MAX];
  size_t length = (size_t)(last - path);
  if (length > sizeof folder - sizeof ".")
    return false;
  memcpy(folder, path, length);
  memcpy(folder + length, ".", sizeof ".");
  return stat(folder, ret_folder) == 0;
}

/*
 * By the folders and not by the files themselves: a policy is also what lies beside its main file, so a link
 * to that file from elsewhere is another policy.
 */
static bool is_same_place(const char *a, const char *b) {
  struct stat a_folder, b_folder;
  const char *a_last = pin_basename(a), *b_last = pin_basename(b);
  if (strcmp(a, b) == 0)
    return true;
  return strcmp(a_last, b_last) == 0 && find_folder(a, a_last, &a_folder) &&
         find_folder(b, b_last, &b_folder) && a_folder.st_dev == b_folder.st_dev &&
         a_folder.st_ino == b_folder.st_ino;
}

bool pin_compiled_is_of(const struct pin_compiled *compiled, const char *path) {
  const int saved_errno = errno;
  struct pin_image image;
  struct sources sources;
  struct pin_image_source source;
  const char *main_file = NULL;
  pin_image_of(&compiled->policy, &image);
  /* The main file is the first of them. */
  if (open_sources(&image, &sources) && sources.count > 0)
    main_file = next_source(&sources, &source);
  bool same = main_file && is_same_place(main_file, path);
  if (image.blocks)
    pin_blocks_trim(image.blocks);
  errno = saved_errno;
  return same;
}
