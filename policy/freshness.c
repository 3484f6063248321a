/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "basename.h"
#include "bytes.h"
#include "image.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

/* What the sources are compared with, and the result. */
struct comparison {
  bool limited; /* no source may be newer than the time below */
  int64_t seconds, nanoseconds;
  /* When a source changed, in milliseconds since the epoch; 0: none did, or it is not known. */
  int64_t changed_at;
};

static void note_change(struct comparison *comparison, const struct stat *now) {
  comparison->changed_at = (int64_t)now->st_ctim.tv_sec * 1000 + now->st_ctim.tv_nsec / 1000000;
}

/* The device is not compared, because its number may differ after the next boot, when the image is still
 * used. The size of a directory depends on the file system. */
static bool is_same_file(const struct pin_image_source *source, const struct stat *now) {
  if (!source->exists || (uint64_t)now->st_ino != source->inode ||
      now->st_mtim.tv_sec != source->mtime_seconds || now->st_mtim.tv_nsec != (long)source->mtime_nanoseconds)
    return false;
  if (source->is_directory)
    return S_ISDIR(now->st_mode);
  return S_ISREG(now->st_mode) && (uint64_t)now->st_size == source->size;
}

static bool is_older(const struct pin_image_source *source, const struct comparison *comparison) {
  if (!comparison->limited || !source->exists || source->mtime_seconds < comparison->seconds)
    return true;
  return source->mtime_seconds == comparison->seconds && source->mtime_nanoseconds <= comparison->nanoseconds;
}

static bool is_unchanged(const struct pin_image_source *source, const char *path,
                         struct comparison *comparison) {
  struct stat now;
  if (stat(path, &now) != 0)
    return !source->exists && (errno == ENOENT || errno == ENOTDIR);
  if (is_same_file(source, &now) && is_older(source, comparison))
    return true;
  note_change(comparison, &now);
  return false;
}

/* The verified sources of an image, read one after the other. */
struct sources {
  struct pin_image_sources head;
  const uint8_t *at;
  uint64_t left;
};

static bool open_sources(const struct pin_image *image, struct sources *ret_sources) {
  const struct pin_image_section *section = &image->head.sources;
  const uint8_t *block = pin_image_sound_block(image, PIN_BLOCK_SOURCES, 0, section->offset, section->size);
  if (!block)
    return false;
  memcpy(&ret_sources->head, block, sizeof ret_sources->head);
  ret_sources->at = block + sizeof ret_sources->head;
  ret_sources->left = section->size - sizeof ret_sources->head;
  return ret_sources->head.watched_count <= ret_sources->head.dropin_count;
}

/* Reads one source and moves to the next. Returns its path; NULL: there is none, or it does not fit. */
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

static bool anchors_are_unchanged(struct sources *sources, struct comparison *comparison) {
  for (uint64_t i = 0; i < sources->head.count; i++) {
    struct pin_image_source source;
    const char *path = next_source(sources, &source);
    if (!path || !is_unchanged(&source, path, comparison))
      return false;
  }
  return sources->left == 0;
}

/* How many drop-ins are read at once. */
#define DROPINS_AT_ONCE 16u

static bool dropin_is_unchanged(const struct pin_image *image, uint32_t index, const uint8_t *block,
                                uint64_t size, struct comparison *comparison) {
  struct pin_image_dropin dropin;
  if (size < sizeof dropin || !pin_image_block_holds(image, PIN_BLOCK_DROPIN, index, block, size))
    return false;
  memcpy(&dropin, block, sizeof dropin);
  const char *path = (const char *)block + sizeof dropin;
  if (size != pin_image_round_up(sizeof dropin + (uint64_t)dropin.source.path_length + 1) ||
      path[dropin.source.path_length] != '\0')
    return false;
  return is_unchanged(&dropin.source, path, comparison);
}

/* For consecutive drop-ins, at most DROPINS_AT_ONCE. */
static bool run_is_unchanged(const struct pin_image *image, uint32_t first, uint32_t count,
                             struct comparison *comparison) {
  const struct pin_image_section *section = &image->head.dropins;
  uint32_t offsets[DROPINS_AT_ONCE + 1];
  const uint64_t table_end = ((uint64_t)first + count + 1) * sizeof offsets[0];
  const uint8_t *at = table_end > section->size
                          ? NULL
                          : pin_image_at(image, section->offset + (uint64_t)first * sizeof offsets[0],
                                         (count + 1) * sizeof offsets[0]);
  if (!at)
    return false;
  memcpy(offsets, at, (count + 1) * sizeof offsets[0]);
  const uint64_t begin = (uint64_t)offsets[0] * PIN_IMAGE_UNIT;
  const uint64_t end = (uint64_t)offsets[count] * PIN_IMAGE_UNIT;
  const uint8_t *blocks =
      begin > end || end > section->size ? NULL : pin_image_at(image, section->offset + begin, end - begin);
  if (!blocks)
    return false;
  for (uint32_t i = 0; i < count; i++) {
    if (offsets[i] < offsets[0] || offsets[i] > offsets[i + 1] || offsets[i + 1] > offsets[count] ||
        !dropin_is_unchanged(image, first + i, blocks + (offsets[i] - offsets[0]) * (uint64_t)PIN_IMAGE_UNIT,
                             (offsets[i + 1] - offsets[i]) * (uint64_t)PIN_IMAGE_UNIT, comparison))
      return false;
  }
  return true;
}

static bool dropins_are_unchanged(const struct pin_image *image, uint32_t first, uint32_t count,
                                  struct comparison *comparison) {
  while (count > 0) {
    uint32_t some = count < DROPINS_AT_ONCE ? count : DROPINS_AT_ONCE;
    if (!run_is_unchanged(image, first, some, comparison))
      return false;
    if (image->blocks)
      pin_blocks_trim(image->blocks);
    first += some;
    count -= some;
  }
  return true;
}

/* Checks some of the drop-ins behind `watched`; the next look continues behind them. The first look checks
 * many more, because a program that runs briefly makes no other. */
static bool rest_seems_unchanged(const struct pin_image *image, uint32_t watched, uint32_t count,
                                 struct pin_look *look, struct comparison *comparison) {
  uint32_t most = look->next == 0 ? (uint32_t)PIN_SMALL_FILES : PIN_LOOK_FILES;
  uint32_t first = look->next < watched || look->next >= count ? watched : look->next;
  uint32_t some = count - first < most ? count - first : most;
  if (!dropins_are_unchanged(image, first, some, comparison))
    return false;
  look->next = first + some;
  return true;
}

/* look: NULL to check all. */
static bool all_are_unchanged(const struct pin_image *image, struct pin_look *look,
                              struct comparison *comparison) {
  struct sources sources;
  if (!open_sources(image, &sources))
    return false;
  /* Copied, because the block may be gone after drop-ins were read. */
  const struct pin_image_sources head = sources.head;
  if (!anchors_are_unchanged(&sources, comparison))
    return false;
  if (look == NULL)
    return dropins_are_unchanged(image, 0, head.dropin_count, comparison);
  uint32_t watched = head.watched_count < PIN_LOOK_FILES ? head.watched_count : PIN_LOOK_FILES;
  return dropins_are_unchanged(image, 0, watched, comparison) &&
         rest_seems_unchanged(image, watched, head.dropin_count, look, comparison);
}

static bool is_fresh(const struct pin_policy *policy, struct pin_look *look, struct comparison *comparison) {
  const int saved_errno = errno;
  struct pin_image image;
  pin_image_of(policy, &image);
  bool fresh = all_are_unchanged(&image, look, comparison);
  if (image.blocks)
    pin_blocks_trim(image.blocks);
  if (look != NULL)
    look->changed_at = fresh ? 0 : comparison->changed_at;
  errno = saved_errno;
  return fresh;
}

bool pin_image_dropins_stand(const struct pin_policy *policy) {
  struct pin_image image;
  struct sources sources;
  pin_image_of(policy, &image);
  return open_sources(&image, &sources) &&
         dropins_are_unchanged(&image, 0, sources.head.dropin_count, &(struct comparison){.limited = false});
}

bool pin_policy_is_fresh(const struct pin_policy *policy) {
  return is_fresh(policy, NULL, &(struct comparison){.limited = false});
}

bool pin_policy_seems_fresh(const struct pin_policy *policy, struct pin_look *look) {
  return is_fresh(policy, look, &(struct comparison){.limited = false});
}

bool pin_compiled_is_current(const struct pin_compiled *compiled) {
  return is_fresh(&compiled->policy, NULL,
                  &(struct comparison){.limited = true,
                                       .seconds = compiled->written_seconds,
                                       .nanoseconds = compiled->written_nanoseconds});
}

bool pin_compiled_seems_current(const struct pin_compiled *compiled, struct pin_look *look) {
  return is_fresh(&compiled->policy, look,
                  &(struct comparison){.limited = true,
                                       .seconds = compiled->written_seconds,
                                       .nanoseconds = compiled->written_nanoseconds});
}

/* Gets the status of the folder that contains the last part of a path. */
static bool find_folder(const char *path, const char *last, struct stat *ret_folder) {
  char folder[PATH_MAX];
  size_t length = (size_t)(last - path);
  if (length > sizeof folder - sizeof ".")
    return false;
  memcpy(folder, path, length);
  memcpy(folder + length, ".", sizeof ".");
  return stat(folder, ret_folder) == 0;
}

/* Compares the folders and not the files: a policy includes what is beside its main file, so a link to
 * that file in another folder is another policy. */
static bool is_same_place(const char *a, const char *b) {
  struct stat a_folder, b_folder;
  if (pin_is_same_text(a, b))
    return true;
  const char *a_last = pin_basename(a), *b_last = pin_basename(b);
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
  /* The main file is the first source. */
  if (open_sources(&image, &sources) && sources.head.count > 0)
    main_file = next_source(&sources, &source);
  bool same = main_file && is_same_place(main_file, path);
  if (image.blocks)
    pin_blocks_trim(image.blocks);
  errno = saved_errno;
  return same;
}
