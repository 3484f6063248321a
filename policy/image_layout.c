/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Makes an image of the parts that image_builder.c collected. */
#include "image_parts.h"

#include <stdlib.h>

uint32_t pin_image_choose_bucket_bits(uint64_t record_count) {
  uint32_t bits = 0;
  while (bits < PIN_IMAGE_MAX_BUCKET_BITS && UINT64_C(1) << bits < record_count)
    bits++;
  return bits;
}

void pin_image_note_kinds(uint8_t *block, uint32_t entry_count, uint32_t address_count) {
  struct pin_image_settings settings;
  memcpy(&settings, block, sizeof settings);
  settings.names_addresses = address_count > 0;
  settings.names_hosts = entry_count > address_count;
  memcpy(block, &settings, sizeof settings);
}

static void complete_settings(struct pin_image_builder *builder) {
  struct pin_image_settings settings;
  memcpy(&settings, builder->settings.bytes, sizeof settings);
  settings.ignore_certificate_names = builder->ignore_certificate_names;
  settings.unlisted = builder->unlisted;
  memcpy(builder->settings.bytes, &settings, sizeof settings);
  pin_image_note_kinds(builder->settings.bytes, builder->entry_count, builder->address_count);
}

/* ---- Laying out ---- */

static struct pin_image_section place(uint64_t *end, uint64_t size) {
  struct pin_image_section section = {.offset = *end, .size = size};
  *end += size;
  return section;
}

static uint64_t dropin_table_size(const struct pin_image_builder *builder) {
  return pin_image_dropin_table_size((uint64_t)builder->watched_count + builder->own_count);
}

/* False: too large for the format. */
static bool lay_out(const struct pin_image_builder *builder, struct pin_image_head *head,
                    struct pin_image_section *ret_pinsets) {
  *head = (struct pin_image_head){
      .byte_order = PIN_IMAGE_BYTE_ORDER,
      .version = PIN_IMAGE_VERSION,
      .generation = pin_image_generation(builder->content, builder->settings.bytes, builder->settings.used),
      .stamp = builder->seed.stamp,
      .name_key = {builder->seed.name_key[0], builder->seed.name_key[1]},
      .entry_count = builder->entry_count,
      .bucket_bits = pin_image_choose_bucket_bits((uint64_t)builder->entry_count + builder->beside_count),
  };
  memcpy(head->magic, PIN_IMAGE_MAGIC, sizeof head->magic);
  uint64_t bucket_count = UINT64_C(1) << head->bucket_bits;
  uint64_t bucket_bytes = builder->bucket_bytes + bucket_count * sizeof(uint64_t);
  uint64_t end = sizeof *head;
  head->settings = place(&end, builder->settings.used);
  head->sources = place(&end, builder->sources.used);
  head->dropins = place(&end, dropin_table_size(builder) + builder->watched.used + builder->own.used);
  head->files = place(&end, builder->files.used);
  head->lists = place(&end, builder->lists.used);
  *ret_pinsets = place(&end, builder->pinsets.used);
  head->offsets = place(&end, pin_image_round_up((bucket_count + 1) * sizeof(uint32_t)));
  head->buckets = place(&end, bucket_bytes);
  head->size = end;
  head->checksum = pin_image_head_checksum(head);
  return bucket_bytes / PIN_IMAGE_UNIT <= UINT32_MAX && head->dropins.size / PIN_IMAGE_UNIT <= UINT32_MAX &&
         end <= SIZE_MAX;
}

/* Fills in the table of the drop-ins, after their blocks. */
static void seal_dropins(const struct pin_image_builder *builder, const struct pin_image_head *head,
                         uint8_t *section) {
  uint32_t count = builder->watched_count + builder->own_count;
  uint64_t at = dropin_table_size(builder);
  for (uint32_t i = 0; i <= count; i++) {
    struct pin_image_dropin dropin;
    uint32_t offset = (uint32_t)(at / PIN_IMAGE_UNIT);
    memcpy(section + i * sizeof offset, &offset, sizeof offset);
    if (i == count)
      break;
    memcpy(&dropin, section + at, sizeof dropin);
    uint64_t size = pin_image_round_up(sizeof dropin + (uint64_t)dropin.source.path_length + 1);
    pin_image_seal(head->stamp, PIN_BLOCK_DROPIN, i, section + at, size);
    at += size;
  }
}

static void seal_files(const struct pin_image_head *head, uint8_t *files) {
  uint64_t size;
  for (uint64_t at = 0; at < head->files.size; at += size) {
    struct pin_image_file file;
    memcpy(&file, files + at, sizeof file);
    size = pin_image_round_up(sizeof file + file.length + 1);
    pin_image_seal(head->stamp, PIN_BLOCK_FILE, at / PIN_IMAGE_UNIT, files + at, size);
  }
}

static void seal_lists(const struct pin_image_head *head, uint8_t *lists) {
  uint64_t size;
  for (uint64_t at = 0; at < head->lists.size; at += size) {
    struct pin_image_list list;
    memcpy(&list, lists + at, sizeof list);
    size = sizeof list + list.count * sizeof(struct pin_digest);
    pin_image_seal(head->stamp, PIN_BLOCK_LIST, at / PIN_IMAGE_UNIT, lists + at, size);
  }
}

/* Calls `each` for every record, with the slot behind its bucket's own in the table of offsets. */
static void
for_each_record(const struct pin_image_builder *builder, uint32_t bucket_bits, uint32_t *next_offsets,
                void (*each)(const uint8_t *bytes, uint32_t size, uint32_t *offset, uint8_t *buckets),
                uint8_t *buckets) {
  for (const struct pin_image_chunk *chunk = builder->first; chunk; chunk = chunk->next) {
    struct pin_image_record record;
    for (size_t at = 0; at < chunk->used; at += record.size) {
      memcpy(&record, chunk->bytes + at, sizeof record);
      uint64_t index = pin_image_bucket_of(record.base_hash, bucket_bits);
      each(chunk->bytes + at, record.size, &next_offsets[index], buckets);
    }
  }
}

static void count_record(const uint8_t *bytes, uint32_t size, uint32_t *offset, uint8_t *buckets) {
  (void)bytes;
  (void)buckets;
  *offset += size / PIN_IMAGE_UNIT;
}

static void copy_record(const uint8_t *bytes, uint32_t size, uint32_t *offset, uint8_t *buckets) {
  memcpy(buckets + (uint64_t)*offset * PIN_IMAGE_UNIT, bytes, size);
  *offset += size / PIN_IMAGE_UNIT;
}

/*
 * Sorts the records into buckets by counting. Between the passes, the slot behind a bucket's own tells where
 * its next record goes. After the bucket's last record that is the bucket's end, and so the beginning of the
 * next.
 */
static void fill_buckets(const struct pin_image_builder *builder, const struct pin_image_head *head,
                         uint32_t *offsets, uint8_t *buckets) {
  uint64_t count = UINT64_C(1) << head->bucket_bits;
  for_each_record(builder, head->bucket_bits, offsets + 1, count_record, NULL);
  uint32_t begin = 0;
  for (uint64_t i = 1; i <= count; i++) {
    uint32_t size = offsets[i] + 1; /* plus one unit for the checksum */
    offsets[i] = begin + 1;
    begin += size;
  }
  for_each_record(builder, head->bucket_bits, offsets + 1, copy_record, buckets);
  for (uint64_t i = 0; i < count; i++)
    pin_image_seal(head->stamp, PIN_BLOCK_BUCKET, i, buckets + (uint64_t)offsets[i] * PIN_IMAGE_UNIT,
                   (uint64_t)(offsets[i + 1] - offsets[i]) * PIN_IMAGE_UNIT);
}

static void complete_sources(struct pin_image_builder *builder, const struct pin_image_section *pinsets) {
  const struct pin_image_sources sources = {.count = builder->source_count,
                                            .dropin_count = builder->watched_count + builder->own_count,
                                            .watched_count = builder->watched_count,
                                            .content = builder->content,
                                            .address_count = builder->address_count,
                                            .pinset_count = builder->pinset_count,
                                            .pinsets = *pinsets};
  memcpy(builder->sources.bytes, &sources, sizeof sources);
}

static void copy_part(uint8_t *image, uint64_t offset, const struct pin_buffer *part) {
  if (part->used > 0)
    memcpy(image + offset, part->bytes, part->used);
}

/* Copies everything but the records, and writes the checksums. */
static void fill_parts(const struct pin_image_builder *builder, const struct pin_image_head *head,
                       const struct pin_image_section *pinsets, uint8_t *image) {
  const uint64_t watched = head->dropins.offset + dropin_table_size(builder);
  memcpy(image, head, sizeof *head);
  copy_part(image, head->settings.offset, &builder->settings);
  copy_part(image, head->sources.offset, &builder->sources);
  copy_part(image, watched, &builder->watched);
  copy_part(image, watched + builder->watched.used, &builder->own);
  copy_part(image, head->files.offset, &builder->files);
  copy_part(image, head->lists.offset, &builder->lists);
  copy_part(image, pinsets->offset, &builder->pinsets);
  pin_image_seal(head->stamp, PIN_BLOCK_SETTINGS, 0, image + head->settings.offset, head->settings.size);
  pin_image_seal(head->stamp, PIN_BLOCK_SOURCES, 0, image + head->sources.offset, head->sources.size);
  seal_dropins(builder, head, image + head->dropins.offset);
  seal_files(head, image + head->files.offset);
  seal_lists(head, image + head->lists.offset);
  if (pinsets->size > 0)
    pin_image_seal(head->stamp, PIN_BLOCK_PINSETS, 0, image + pinsets->offset, pinsets->size);
}

enum pin_status pin_image_builder_finish(struct pin_image_builder *builder, void **ret_image,
                                         size_t *ret_size) {
  struct pin_image_head head;
  struct pin_image_section pinsets;
  *ret_image = NULL;
  *ret_size = 0;
  complete_settings(builder);
  if (!pin_image_builder_make_crowds(builder))
    return PIN_NO_MEMORY;
  /* lay_out has checked that the size fits. */
  uint8_t *image = lay_out(builder, &head, &pinsets) ? calloc(1, (size_t)head.size) : NULL;
  if (!image)
    return PIN_NO_MEMORY;
  complete_sources(builder, &pinsets);
  fill_parts(builder, &head, &pinsets, image);
  fill_buckets(builder, &head, (uint32_t *)(void *)(image + head.offsets.offset),
               image + head.buckets.offset);
  *ret_image = image;
  *ret_size = (size_t)head.size;
  return PIN_OK;
}
