/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Writes the sections of a changed image that come before its entries. */
#include "image_merging.h"
#include "image_walk.h"

#include <stdlib.h>

/* ---- Drop-ins ---- */

static void put_dropin(struct pin_merge *merge, const uint8_t *block, size_t size) {
  uint8_t *copy = pin_merge_grow(merge, &merge->dropins, size);
  if (copy)
    memcpy(copy, block, size);
}

static size_t dropin_size(const uint8_t *block) {
  struct pin_image_dropin fixed;
  memcpy(&fixed, block, sizeof fixed);
  return (size_t)pin_image_round_up(sizeof fixed + (uint64_t)fixed.source.path_length + 1);
}

/* Writes those of the added drop-ins whose paths come before `path`; NULL: all that are left. */
static uint32_t put_arriving(struct pin_merge *merge, const struct pin_buffer *arriving, size_t *at,
                             const char *path) {
  uint32_t count = 0;
  while (*at < arriving->used && pin_merge_goes_on(merge)) {
    const uint8_t *block = arriving->bytes + *at;
    if (path && strcmp((const char *)block + sizeof(struct pin_image_dropin), path) > 0)
      break;
    put_dropin(merge, block, dropin_size(block));
    *at += dropin_size(block);
    count++;
  }
  return count;
}

/* Merges one of the two groups of drop-ins, [first, end) of the old image. Returns how many the group has
 * now. */
static uint32_t merge_group(struct pin_merge *merge, const uint8_t *section, uint32_t first, uint32_t end,
                            const struct pin_buffer *arriving) {
  uint32_t count = 0;
  size_t at = 0;
  struct pin_image_dropin_view dropin;
  for (uint32_t i = first; i < end && pin_merge_goes_on(merge); i++) {
    if (!pin_image_read_dropin(merge->old, section, i, &dropin)) {
      pin_merge_fail(merge, PIN_DAMAGED);
      return 0;
    }
    count += put_arriving(merge, arriving, &at, dropin.path);
    if (pin_image_change_has(merge->change, dropin.path))
      continue;
    put_dropin(merge, dropin.block, (size_t)dropin.size);
    count++;
  }
  return count + put_arriving(merge, arriving, &at, NULL);
}

/* Writes the table in front of the blocks, and the checksums of the blocks. */
static void write_dropins(struct pin_merge *merge, uint32_t count) {
  const uint64_t table = pin_image_dropin_table_size(count);
  struct pin_image_writer *writer = &merge->rest;
  uint8_t *offsets = pin_image_extend(writer, (size_t)table);
  uint64_t at = 0;
  for (uint32_t i = 0; i <= count && offsets; i++) {
    const uint32_t offset = (uint32_t)((table + at) / PIN_IMAGE_UNIT);
    memcpy(offsets + i * sizeof offset, &offset, sizeof offset);
    if (i == count)
      break;
    uint8_t *block = merge->dropins.bytes + at;
    const size_t size = dropin_size(block);
    pin_image_seal(merge->head.stamp, PIN_BLOCK_DROPIN, i, block, size);
    at += size;
  }
  uint8_t *blocks = pin_image_extend(writer, merge->dropins.used);
  if (blocks && merge->dropins.used > 0)
    memcpy(blocks, merge->dropins.bytes, merge->dropins.used);
  merge->head.dropins.size = table + merge->dropins.used;
}

void pin_merge_dropins(struct pin_merge *merge) {
  const uint32_t watched = merge->sources.watched_count, all = merge->sources.dropin_count;
  uint8_t *section = pin_image_take_section(merge->old, &merge->old->head.dropins);
  if (!section || watched > all) {
    free(section);
    pin_merge_fail(merge, PIN_DAMAGED);
    return;
  }
  merge->sources.watched_count = merge_group(merge, section, 0, watched, &merge->added->watched);
  merge->sources.dropin_count =
      merge->sources.watched_count + merge_group(merge, section, watched, all, &merge->added->own);
  free(section);
  if (pin_merge_goes_on(merge))
    write_dropins(merge, merge->sources.dropin_count);
}

/* ---- Names of files ---- */

/* The size of a file's block, which must be inside `left` bytes. 0: it is not. */
static size_t file_block_size(const uint8_t *block, uint64_t left) {
  struct pin_image_file file;
  if (left < sizeof file)
    return 0;
  memcpy(&file, block, sizeof file);
  if (file.length >= left - sizeof file)
    return 0;
  const size_t size = (size_t)pin_image_round_up(sizeof file + file.length + 1);
  return block[sizeof file + file.length] == '\0' ? size : 0;
}

/* Copies the old names, and notes which of them belong to the change. */
static void copy_files(struct pin_merge *merge) {
  const struct pin_image_section *section = &merge->old->head.files;
  uint8_t *files = pin_image_take_section(merge->old, section);
  if (!files) {
    pin_merge_fail(merge, PIN_DAMAGED);
    return;
  }
  merge->files = (struct pin_buffer){files, (size_t)section->size, (size_t)section->size};
  for (size_t at = 0, size; at < section->size && pin_merge_goes_on(merge); at += size) {
    const char *name = (const char *)files + at + sizeof(struct pin_image_file);
    size = file_block_size(files + at, section->size - at);
    if (size == 0 ||
        !pin_image_block_holds(merge->old, PIN_BLOCK_FILE, at / PIN_IMAGE_UNIT, files + at, size)) {
      pin_merge_fail(merge, PIN_DAMAGED);
      return;
    }
    if (!pin_image_change_has(merge->change, name))
      continue;
    const struct pin_file_place place = {(uint32_t)(at / PIN_IMAGE_UNIT), pin_image_file_hash(name)};
    uint8_t *gone = pin_merge_grow(merge, &merge->gone, sizeof place);
    if (gone)
      memcpy(gone, &place, sizeof place);
  }
}

size_t pin_file_place_count(const struct pin_buffer *places) {
  return places->used / sizeof(struct pin_file_place);
}

struct pin_file_place pin_file_place_at(const struct pin_buffer *places, size_t i) {
  struct pin_file_place place;
  memcpy(&place, places->bytes + i * sizeof place, sizeof place);
  return place;
}

/* Where the name of an added file is in the new section: at its old place, or at the end. */
static uint32_t place_file(struct pin_merge *merge, const uint8_t *block, size_t size) {
  for (size_t i = 0; i < pin_file_place_count(&merge->gone); i++) {
    const uint32_t unit = pin_file_place_at(&merge->gone, i).unit;
    if (strcmp((const char *)merge->files.bytes + (size_t)unit * PIN_IMAGE_UNIT +
                   sizeof(struct pin_image_file),
               (const char *)block + sizeof(struct pin_image_file)) == 0)
      return unit;
  }
  const uint32_t unit = (uint32_t)(merge->files.used / PIN_IMAGE_UNIT);
  uint8_t *copy = pin_merge_grow(merge, &merge->files, size);
  if (copy)
    memcpy(copy, block, size);
  return unit;
}

void pin_merge_files(struct pin_merge *merge) {
  const struct pin_buffer *arriving = &merge->added->files;
  const size_t old_size = (size_t)merge->old->head.files.size;
  copy_files(merge);
  for (size_t at = 0, size; at < arriving->used && pin_merge_goes_on(merge); at += size) {
    size = file_block_size(arriving->bytes + at, arriving->used - at);
    const struct pin_file_place place = {place_file(merge, arriving->bytes + at, size), at / PIN_IMAGE_UNIT};
    uint8_t *noted = pin_merge_grow(merge, &merge->file_places, sizeof place);
    if (noted)
      memcpy(noted, &place, sizeof place);
  }
  uint8_t *files = pin_merge_goes_on(merge) ? pin_image_extend(&merge->rest, merge->files.used) : NULL;
  if (!files)
    return;
  /* A name whose entries were removed counts as unused, even if it has new entries: a name is too small to
   * matter. */
  for (size_t i = 0; i < pin_file_place_count(&merge->gone); i++) {
    const size_t at = (size_t)pin_file_place_at(&merge->gone, i).unit * PIN_IMAGE_UNIT;
    merge->sources.unused += file_block_size(merge->files.bytes + at, old_size - at);
  }
  for (size_t at = 0, size; at < merge->files.used; at += size) {
    size = file_block_size(merge->files.bytes + at, merge->files.used - at);
    pin_image_seal(merge->head.stamp, PIN_BLOCK_FILE, at / PIN_IMAGE_UNIT, merge->files.bytes + at, size);
  }
  if (merge->files.used > 0)
    memcpy(files, merge->files.bytes, merge->files.used);
  merge->head.files.size = merge->files.used;
}

/* ---- Long lists ---- */

static size_t list_block_size(const uint8_t *block) {
  struct pin_image_list list;
  memcpy(&list, block, sizeof list);
  return sizeof list + (size_t)list.count * sizeof(struct pin_digest);
}

/* Notes the new place of each added list that is equal to this one. */
static void note_same_lists(struct pin_merge *merge, const uint8_t *block, size_t size, uint64_t place) {
  const struct pin_buffer *arriving = &merge->added->lists;
  size_t i = 0;
  for (size_t at = 0; at < arriving->used; at += list_block_size(arriving->bytes + at), i++) {
    if (list_block_size(arriving->bytes + at) == size &&
        memcmp(arriving->bytes + at + sizeof(uint64_t), block + sizeof(uint64_t), size - sizeof(uint64_t)) ==
            0)
      memcpy(merge->list_places.bytes + i * sizeof place, &(uint64_t){place + 1}, sizeof place);
  }
}

static void put_list(struct pin_merge *merge, const uint8_t *block, size_t size) {
  const uint64_t place = merge->head.lists.size / PIN_IMAGE_UNIT;
  uint8_t *copy = pin_image_extend(&merge->rest, size);
  if (!copy)
    return;
  memcpy(copy, block, size);
  pin_image_seal(merge->head.stamp, PIN_BLOCK_LIST, place, copy, size);
  merge->head.lists.size += size;
}

static void copy_lists(struct pin_merge *merge) {
  const struct pin_image *old = merge->old;
  const struct pin_image_section *section = &old->head.lists;
  struct pin_image_window window = {.bytes = NULL};
  for (uint64_t at = 0, size; at < section->size && pin_merge_goes_on(merge); at += size) {
    struct pin_image_list list;
    const uint8_t *block = section->size - at < sizeof list
                               ? NULL
                               : pin_image_look(old, section, section->offset + at, sizeof list, &window);
    if (block)
      memcpy(&list, block, sizeof list);
    if (!block || list.count > (section->size - at - sizeof list) / sizeof(struct pin_digest)) {
      pin_merge_fail(merge, PIN_DAMAGED);
      break;
    }
    size = sizeof list + list.count * sizeof(struct pin_digest);
    block = pin_image_look(old, section, section->offset + at, size, &window);
    if (!block || !pin_image_block_holds(old, PIN_BLOCK_LIST, at / PIN_IMAGE_UNIT, block, size)) {
      pin_merge_fail(merge, PIN_DAMAGED);
      break;
    }
    note_same_lists(merge, block, (size_t)size, at / PIN_IMAGE_UNIT);
    put_list(merge, block, (size_t)size);
    pin_merge_fail(merge, merge->rest.status);
  }
  free(window.bytes);
}

void pin_merge_lists(struct pin_merge *merge) {
  const struct pin_buffer *arriving = &merge->added->lists;
  if (!pin_merge_grow(merge, &merge->list_places, (size_t)merge->added->list_count * sizeof(uint64_t)))
    return;
  copy_lists(merge);
  size_t i = 0;
  for (size_t at = 0, size; at < arriving->used && pin_merge_goes_on(merge); at += size, i++) {
    uint64_t place;
    size = list_block_size(arriving->bytes + at);
    memcpy(&place, merge->list_places.bytes + i * sizeof place, sizeof place);
    if (place != 0)
      continue;
    place = merge->head.lists.size / PIN_IMAGE_UNIT + 1;
    memcpy(merge->list_places.bytes + i * sizeof place, &place, sizeof place);
    put_list(merge, arriving->bytes + at, size);
  }
}

uint64_t pin_merge_new_list(const struct pin_merge *merge, uint64_t at) {
  const struct pin_buffer *arriving = &merge->added->lists;
  size_t i = 0;
  for (size_t from = 0; from < arriving->used; from += list_block_size(arriving->bytes + from), i++) {
    uint64_t place;
    if (from / PIN_IMAGE_UNIT != at)
      continue;
    memcpy(&place, merge->list_places.bytes + i * sizeof place, sizeof place);
    return place - 1;
  }
  return 0;
}

/* ---- Pin sets ---- */

void pin_merge_pinsets(struct pin_merge *merge) {
  size_t size;
  uint8_t *bytes;
  pin_merge_fail(merge, pin_image_read_pinsets(merge->old, &bytes, &size));
  merge->sources.pinsets = (struct pin_image_section){pin_image_extent(&merge->rest), size};
  uint8_t *copy = pin_merge_goes_on(merge) && size > 0 ? pin_image_extend(&merge->rest, size) : NULL;
  if (copy) {
    memcpy(copy, bytes, size);
    pin_image_seal(merge->head.stamp, PIN_BLOCK_PINSETS, 0, copy, size);
  }
  free(bytes);
  pin_merge_fail(merge, merge->rest.status);
}
