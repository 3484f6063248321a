/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "image_walk.h"

#include "host_name.h"

#include <stdlib.h>

#define WINDOW ((uint64_t)256 << 10)

void pin_image_walk_begin(const struct pin_image *image, struct pin_image_walk *ret_walk) {
  memset(ret_walk, 0, sizeof *ret_walk);
  ret_walk->image = image;
}

void pin_image_walk_end(struct pin_image_walk *walk) {
  free(walk->offsets.bytes);
  free(walk->buckets.bytes);
}

static bool holds(const struct pin_image_window *window, uint64_t offset, uint64_t size) {
  return window->bytes && offset >= window->offset && offset - window->offset <= window->size &&
         size <= window->size - (offset - window->offset);
}

/* Reads the part that is needed, and some of what follows it in the section. False: it cannot be read. */
static bool move_window(const struct pin_blocks *blocks, const struct pin_image_section *section,
                        uint64_t offset, uint64_t size, struct pin_image_window *window) {
  const uint64_t left = section->offset + section->size - offset;
  uint64_t wanted = size > WINDOW ? size : WINDOW;
  if (wanted > left)
    wanted = left;
  if (size > PIN_BLOCKS_MAX_SIZE)
    return false;
  if (wanted > window->capacity) {
    free(window->bytes);
    window->bytes = malloc((size_t)wanted);
    window->capacity = window->bytes ? (size_t)wanted : 0;
  }
  window->offset = offset;
  window->size = wanted;
  if (window->bytes && pin_blocks_copy(blocks, window->bytes, offset, (size_t)wanted))
    return true;
  window->size = 0;
  return false;
}

const uint8_t *pin_image_look(const struct pin_image *image, const struct pin_image_section *section,
                              uint64_t offset, uint64_t size, struct pin_image_window *window) {
  if (image->bytes)
    return image->bytes + offset;
  if (!image->blocks)
    return NULL;
  if (!holds(window, offset, size) && !move_window(image->blocks, section, offset, size, window))
    return NULL;
  return window->bytes + (offset - window->offset);
}

enum pin_image_step pin_image_walk_next(struct pin_image_walk *walk, struct pin_image_cursor *ret_cursor) {
  const struct pin_image *image = walk->image;
  const struct pin_image_section *buckets = &image->head.buckets;
  uint32_t bounds[2];
  if (walk->next >> image->head.bucket_bits != 0)
    return PIN_STEP_END;
  const uint64_t index = walk->next++;
  const uint8_t *at =
      pin_image_look(image, &image->head.offsets, image->head.offsets.offset + index * sizeof(uint32_t),
                     sizeof bounds, &walk->offsets);
  if (!at)
    return PIN_STEP_DAMAGED;
  memcpy(bounds, at, sizeof bounds);
  const uint64_t begin = (uint64_t)bounds[0] * PIN_IMAGE_UNIT, end = (uint64_t)bounds[1] * PIN_IMAGE_UNIT;
  if (begin >= end || end > buckets->size)
    return PIN_STEP_DAMAGED;
  const uint8_t *bucket =
      pin_image_look(image, buckets, buckets->offset + begin, end - begin, &walk->buckets);
  if (!bucket || !pin_image_block_holds(image, PIN_BLOCK_BUCKET, index, bucket, end - begin))
    return PIN_STEP_DAMAGED;
  ret_cursor->at = bucket + sizeof(uint64_t);
  ret_cursor->left = end - begin - sizeof(uint64_t);
  return PIN_STEP_BUCKET;
}

/* ---- Visiting entries ---- */

struct visit {
  const struct pin_image *image;
  pin_visit_fn *visit;
  void *arg;
  uint64_t count;
  bool stopped;
};

/* False: damaged. */
static bool visit_slot(struct visit *visit, const struct pin_image_slot *slot) {
  struct pin_entry entry;
  if (!pin_image_read_entry(visit->image, slot, &entry))
    return false;
  visit->count++;
  visit->stopped = !visit->visit(&entry, visit->arg);
  return true;
}

/* False: damaged. */
static bool visit_bucket(struct visit *visit, struct pin_image_cursor *cursor) {
  struct pin_image_slot slot;
  while (cursor->left > 0 && !visit->stopped) {
    if (!pin_image_read_slot(cursor, &slot))
      return false;
    if (slot.record.role != PIN_ROLE_CROWD && slot.record.role != PIN_ROLE_POINTER &&
        !visit_slot(visit, &slot))
      return false;
  }
  return true;
}

static enum pin_status visit_all(struct visit *visit) {
  const struct pin_image *image = visit->image;
  struct pin_image_walk walk;
  struct pin_image_cursor cursor;
  enum pin_image_step step;
  bool sound = true;
  pin_image_walk_begin(image, &walk);
  while (sound && !visit->stopped && (step = pin_image_walk_next(&walk, &cursor)) != PIN_STEP_END) {
    sound = step == PIN_STEP_BUCKET && visit_bucket(visit, &cursor);
    if (image->blocks)
      pin_blocks_trim(image->blocks);
  }
  pin_image_walk_end(&walk);
  if (!sound)
    return PIN_DAMAGED;
  return visit->stopped || visit->count == image->head.entry_count ? PIN_OK : PIN_DAMAGED;
}

enum pin_status pin_policy_visit(const struct pin_policy *policy, pin_visit_fn *visit, void *arg) {
  struct pin_image image;
  pin_image_of(policy, &image);
  struct visit state = {.image = &image, .visit = visit, .arg = arg};
  return visit_all(&state);
}

static bool has_base(const struct pin_image_slot *slot, const char *base, size_t length) {
  const size_t skipped = slot->record.kind == PIN_NAME_WILDCARD ? strlen("*.") : 0;
  return slot->record.name_length - skipped == length && memcmp(slot->name + skipped, base, length) == 0;
}

#define GROUPS ((UINT16_MAX + 1u) / PIN_IMAGE_PORTS_TOGETHER)

/* Finds the groups in which entries of a crowd may be. */
static void find_groups(const struct pin_image_slot *crowd, bool ret_groups[GROUPS]) {
  const uint32_t count = crowd->record.port_count;
  memset(ret_groups, count >= PIN_IMAGE_MARKED, GROUPS * sizeof ret_groups[0]);
  for (uint32_t i = 0; i < count && count < PIN_IMAGE_MARKED; i++)
    ret_groups[crowd->ports[i] / PIN_IMAGE_PORTS_TOGETHER] = true;
}

/* Visits the entries of a crowd in the group of a port. False: damaged. */
static bool visit_group(struct visit *visit, const struct pin_image_slot *crowd, uint32_t port) {
  struct pin_image_cursor cursor;
  struct pin_image_slot slot;
  uint64_t hash;
  if (!pin_image_read_group(visit->image, crowd, port, &cursor, &hash))
    return false;
  while (cursor.left > 0 && !visit->stopped) {
    if (pin_image_skip_slot(&cursor, hash))
      continue;
    if (!pin_image_read_slot(&cursor, &slot))
      return false;
    if (slot.record.role == PIN_ROLE_OF_CROWD && pin_image_is_of_crowd(crowd, &slot) &&
        !visit_slot(visit, &slot))
      return false;
  }
  return true;
}

/* Visits the entries of a crowd, by their ports. False: damaged. */
static bool visit_crowd(struct visit *visit, const struct pin_image_slot *crowd) {
  bool groups[GROUPS];
  find_groups(crowd, groups);
  for (uint32_t group = 0; group < GROUPS; group++) {
    if (groups[group] && !visit_group(visit, crowd, group * PIN_IMAGE_PORTS_TOGETHER))
      return false;
  }
  return true;
}

static enum pin_status visit_base(struct visit *visit, const char *base) {
  const size_t length = strlen(base);
  const uint64_t hash = pin_name_hash(visit->image->head.name_key, base, length);
  struct pin_image_cursor cursor;
  struct pin_image_slot slot;
  if (!pin_image_read_bucket(visit->image, pin_image_bucket_of(hash, visit->image->head.bucket_bits),
                             &cursor))
    return PIN_DAMAGED;
  while (cursor.left > 0 && !visit->stopped) {
    if (pin_image_skip_slot(&cursor, hash))
      continue;
    if (!pin_image_read_slot(&cursor, &slot))
      return PIN_DAMAGED;
    if (slot.record.role > PIN_ROLE_CROWD || !has_base(&slot, base, length))
      continue;
    if (slot.record.role == PIN_ROLE_CROWD ? !visit_crowd(visit, &slot) : !visit_slot(visit, &slot))
      return PIN_DAMAGED;
  }
  return PIN_OK;
}

enum pin_status pin_policy_visit_base(const struct pin_policy *policy, const char *base, pin_visit_fn *visit,
                                      void *arg) {
  struct pin_image image;
  pin_image_of(policy, &image);
  struct visit state = {.image = &image, .visit = visit, .arg = arg};
  /* Entries visited before become invalid, so that many questions in a row do not use more and more
   * memory. */
  if (image.blocks)
    pin_blocks_trim(image.blocks);
  return visit_base(&state, base);
}
