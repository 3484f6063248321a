/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "image_old.h"

#include "source.h"

#include <stdlib.h>

/* If more than this is unused, it is worth reading the whole text again. */
#define MOST_UNUSED(head) ((UINT64_C(1) << 20) + ((head)->files.size + (head)->lists.size) / 8)

uint8_t *pin_image_take_section(const struct pin_image *image, const struct pin_image_section *section) {
  const size_t size = (size_t)section->size;
  if (section->size > PIN_BLOCKS_MAX_SIZE)
    return NULL;
  uint8_t *bytes = malloc(size + 1);
  if (!bytes)
    return NULL;
  if (image->bytes) {
    memcpy(bytes, image->bytes + section->offset, size);
    return bytes;
  }
  if (image->blocks && pin_blocks_copy(image->blocks, bytes, section->offset, size))
    return bytes;
  free(bytes);
  return NULL;
}

uint8_t *pin_image_take_sources(const struct pin_image *image, struct pin_image_sources *ret_sources) {
  const struct pin_image_section *section = &image->head.sources;
  uint8_t *block = pin_image_take_section(image, section);
  if (!block)
    return NULL;
  if (pin_image_block_holds(image, PIN_BLOCK_SOURCES, 0, block, section->size)) {
    memcpy(ret_sources, block, sizeof *ret_sources);
    return block;
  }
  free(block);
  return NULL;
}

bool pin_image_read_dropin(const struct pin_image *image, const uint8_t *section, uint32_t index,
                           struct pin_image_dropin_view *ret_dropin) {
  struct pin_image_dropin fixed;
  uint32_t bounds[2];
  const uint64_t end = image->head.dropins.size;
  if (((uint64_t)index + 2) * sizeof bounds[0] > end)
    return false;
  memcpy(bounds, section + index * sizeof bounds[0], sizeof bounds);
  const uint64_t at = (uint64_t)bounds[0] * PIN_IMAGE_UNIT;
  if (bounds[0] > bounds[1] || (uint64_t)bounds[1] * PIN_IMAGE_UNIT > end)
    return false;
  ret_dropin->block = section + at;
  ret_dropin->size = (uint64_t)(bounds[1] - bounds[0]) * PIN_IMAGE_UNIT;
  if (ret_dropin->size < sizeof fixed ||
      !pin_image_block_holds(image, PIN_BLOCK_DROPIN, index, ret_dropin->block, ret_dropin->size))
    return false;
  memcpy(&fixed, ret_dropin->block, sizeof fixed);
  ret_dropin->source = fixed.source;
  ret_dropin->path = (const char *)ret_dropin->block + sizeof fixed;
  return ret_dropin->size == pin_image_round_up(sizeof fixed + (uint64_t)fixed.source.path_length + 1) &&
         ret_dropin->path[fixed.source.path_length] == '\0';
}

bool pin_image_change_has(const struct pin_image_change *change, const char *path) {
  return bsearch(&path, change->paths, change->path_count, sizeof change->paths[0], pin_compare_texts) !=
         NULL;
}

enum pin_status pin_image_change_suits(const struct pin_image_change *change) {
  const struct pin_image *old = change->old;
  struct pin_image_sources sources;
  struct pin_image_dropin_view dropin;
  uint8_t *block = pin_image_take_sources(old, &sources);
  if (!block)
    return PIN_DAMAGED;
  free(block);
  /* Checked, because the number of buckets depends on the number of entries. */
  if (old->head.entry_count > old->head.buckets.size / sizeof(struct pin_image_record))
    return PIN_DAMAGED;
  if (old->head.dropins.size > PIN_BLOCKS_MAX_SIZE || old->head.files.size > PIN_BLOCKS_MAX_SIZE ||
      sources.unused > MOST_UNUSED(&old->head) ||
      (UINT64_C(1) << old->head.bucket_bits) / 8 > (uint64_t)old->head.entry_count + 1)
    return PIN_TOO_LARGE;
  uint8_t *section = pin_image_take_section(old, &old->head.dropins);
  if (!section)
    return PIN_DAMAGED;
  enum pin_status status = PIN_OK;
  for (uint32_t i = 0; i < sources.dropin_count && status == PIN_OK; i++) {
    if (!pin_image_read_dropin(old, section, i, &dropin))
      status = PIN_DAMAGED;
    else if (dropin.source.hosts_alone != 1 && pin_image_change_has(change, dropin.path))
      status = PIN_TOO_LARGE;
  }
  free(section);
  return status;
}

enum pin_status pin_image_read_pinsets(const struct pin_image *image, uint8_t **ret_bytes, size_t *ret_size) {
  struct pin_image_sources sources;
  uint8_t *block = pin_image_take_sources(image, &sources);
  *ret_bytes = NULL;
  *ret_size = 0;
  if (!block)
    return PIN_DAMAGED;
  free(block);
  const struct pin_image_section *pinsets = &sources.pinsets;
  if (pinsets->size == 0)
    return PIN_OK;
  if (pinsets->size < sizeof(uint64_t) || pinsets->size % PIN_IMAGE_UNIT != 0 ||
      pinsets->offset % PIN_IMAGE_UNIT != 0 || pinsets->offset > image->head.size ||
      pinsets->size > image->head.size - pinsets->offset)
    return PIN_DAMAGED;
  uint8_t *bytes = pin_image_take_section(image, pinsets);
  if (bytes && pin_image_block_holds(image, PIN_BLOCK_PINSETS, 0, bytes, pinsets->size)) {
    *ret_bytes = bytes;
    *ret_size = (size_t)pinsets->size;
    return PIN_OK;
  }
  free(bytes);
  return PIN_DAMAGED;
}
