/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "image.h"
#include "bytes.h"

#include <stdlib.h>

_Static_assert(sizeof(struct pin_image_head) == 184, "the head has gaps");
_Static_assert(sizeof(struct pin_image_settings) == 40, "the settings have gaps");
_Static_assert(sizeof(struct pin_image_source) == 40, "a source has gaps");
_Static_assert(sizeof(struct pin_image_sources) == 64, "the sources have gaps");
_Static_assert(sizeof(struct pin_image_dropin) == 48, "a drop-in has gaps");
_Static_assert(sizeof(struct pin_image_record) == 72, "a record has gaps");

/* How much of a bucket is fetched ahead: a usual one, with one or two entries of two pins each. */
#define PREFETCHED_BYTES 256
#define CACHE_LINE 64

static bool section_lies_within(const struct pin_image_section *section, uint64_t size) {
  return section->offset % PIN_IMAGE_UNIT == 0 && section->size % PIN_IMAGE_UNIT == 0 &&
         section->offset >= sizeof(struct pin_image_head) && section->offset <= size &&
         section->size <= size - section->offset;
}

static bool sections_lie_within(const struct pin_image_head *head) {
  const struct pin_image_section *sections[] = {&head->settings, &head->sources, &head->dropins, &head->files,
                                                &head->lists,    &head->offsets, &head->buckets};
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
    if (!section_lies_within(sections[i], head->size))
      return false;
  }
  uint64_t offset_count = (UINT64_C(1) << head->bucket_bits) + 1;
  return head->settings.size >= sizeof(struct pin_image_settings) &&
         head->sources.size >= sizeof(struct pin_image_sources) &&
         head->offsets.size == pin_image_round_up(offset_count * sizeof(uint32_t));
}

static bool head_is_sound(const struct pin_image_head *head, uint64_t size) {
  return memcmp(head->magic, PIN_IMAGE_MAGIC, sizeof head->magic) == 0 &&
         head->byte_order == PIN_IMAGE_BYTE_ORDER && head->version == PIN_IMAGE_VERSION &&
         head->checksum == pin_image_head_checksum(head) && head->size == size && head->size <= SIZE_MAX &&
         head->bucket_bits <= PIN_IMAGE_MAX_BUCKET_BITS && sections_lie_within(head);
}

bool pin_image_open(const void *bytes, size_t size, struct pin_image *ret_image) {
  if (!bytes || (uintptr_t)bytes % PIN_IMAGE_UNIT != 0 || size < sizeof ret_image->head)
    return false;
  memcpy(&ret_image->head, bytes, sizeof ret_image->head);
  ret_image->bytes = bytes;
  ret_image->blocks = NULL;
  return head_is_sound(&ret_image->head, size);
}

bool pin_image_block_holds(const struct pin_image *image, enum pin_image_block kind, uint64_t index,
                           const uint8_t *block, uint64_t size) {
  uint64_t checksum;
  memcpy(&checksum, block, sizeof checksum);
  return checksum == pin_image_checksum(image->head.stamp, kind, index, block, size);
}

const uint8_t *pin_image_sound_block(const struct pin_image *image, enum pin_image_block kind, uint64_t index,
                                     uint64_t offset, uint64_t size) {
  if (image->bytes) {
    const uint8_t *bytes = image->bytes + offset;
    return pin_image_block_holds(image, kind, index, bytes, size) ? bytes : NULL;
  }
  struct pin_block *block = image->blocks ? pin_blocks_find(image->blocks, offset, size) : NULL;
  if (!block)
    return NULL;
  /* Never 0, because no kind is 0; an index within a file has fewer than 56 bits. */
  const uint64_t note = index << 8 | kind;
  if (block->note != note && !pin_image_block_holds(image, kind, index, block->bytes, size))
    return NULL;
  block->note = note;
  return block->bytes;
}

/* Where a bucket claims to begin and end, relative to the section. False: outside the section. */
static bool bucket_bounds(const struct pin_image *image, uint64_t index, uint64_t *ret_begin,
                          uint64_t *ret_end) {
  uint32_t offsets[2];
  const uint8_t *at =
      pin_image_at(image, image->head.offsets.offset + index * sizeof(uint32_t), sizeof offsets);
  if (!at)
    return false;
  memcpy(offsets, at, sizeof offsets);
  *ret_begin = (uint64_t)offsets[0] * PIN_IMAGE_UNIT;
  *ret_end = (uint64_t)offsets[1] * PIN_IMAGE_UNIT;
  return *ret_begin < *ret_end && *ret_end <= image->head.buckets.size;
}

void pin_image_prefetch(const struct pin_image *image, uint64_t base_hash) {
  uint64_t begin, end;
  /* In a file, reading ahead would be the reading itself. */
  if (!image->bytes ||
      !bucket_bounds(image, pin_image_bucket_of(base_hash, image->head.bucket_bits), &begin, &end))
    return;
  if (end - begin > PREFETCHED_BYTES)
    end = begin + PREFETCHED_BYTES;
  const uint8_t *buckets = image->bytes + image->head.buckets.offset;
  for (uint64_t at = begin; at < end; at += CACHE_LINE)
    __builtin_prefetch(buckets + at);
  __builtin_prefetch(buckets + end - 1);
}

bool pin_image_read_bucket(const struct pin_image *image, uint64_t index,
                           struct pin_image_cursor *ret_cursor) {
  uint64_t begin, end;
  if (!bucket_bounds(image, index, &begin, &end))
    return false;
  const uint8_t *bucket =
      pin_image_sound_block(image, PIN_BLOCK_BUCKET, index, image->head.buckets.offset + begin, end - begin);
  if (!bucket)
    return false;
  ret_cursor->at = bucket + sizeof(uint64_t);
  ret_cursor->left = end - begin - sizeof(uint64_t);
  return true;
}

bool pin_image_read_slot(struct pin_image_cursor *cursor, struct pin_image_slot *ret_slot) {
  struct pin_image_record *record = &ret_slot->record;
  if (cursor->left < sizeof *record)
    return false;
  memcpy(record, cursor->at, sizeof *record);
  struct pin_image_layout layout = pin_image_layout_of(record);
  if (record->size != layout.size || layout.size > cursor->left || record->kind > PIN_NAME_ADDRESS ||
      record->include_subdomains > 1 || record->role > PIN_ROLE_POINTER)
    return false;
  if (record->kind == PIN_NAME_WILDCARD && record->name_length < 2)
    return false;
  ret_slot->name = (const char *)cursor->at + sizeof *record;
  ret_slot->ports = (const uint16_t *)(const void *)(cursor->at + layout.ports);
  cursor->at += layout.size;
  cursor->left -= layout.size;
  return true;
}

const char *pin_image_file_name(const struct pin_image *image, uint32_t unit) {
  const struct pin_image_section *files = &image->head.files;
  const uint64_t begin = (uint64_t)unit * PIN_IMAGE_UNIT;
  struct pin_image_file file;
  if (begin > files->size || files->size - begin < sizeof file)
    return NULL;
  const uint8_t *block = pin_image_at(image, files->offset + begin, sizeof file);
  if (!block)
    return NULL;
  memcpy(&file, block, sizeof file);
  /* What follows the fixed part is a multiple of 8, so a smaller length leaves room for the NUL. */
  if (file.length >= files->size - begin - sizeof file)
    return NULL;
  uint64_t size = pin_image_round_up(sizeof file + file.length + 1);
  block = pin_image_sound_block(image, PIN_BLOCK_FILE, unit, files->offset + begin, size);
  if (!block)
    return NULL;
  const char *name = (const char *)block + sizeof file;
  return name[file.length] == '\0' ? name : NULL;
}

static bool ports_ascend(const uint16_t *ports, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    if (ports[i - 1] > ports[i])
      return false;
  }
  return true;
}

static bool words_are_known(const struct pin_image_record *record) {
  return record->mode_is_default <= 1 && record->mode <= PIN_MODE_OFF && record->require <= PIN_REQUIRE_ALL &&
         record->on_expiry <= PIN_ON_EXPIRY_ENFORCE;
}

/* The digests of a long list. NULL: damaged. */
static const struct pin_digest *shared_digests(const struct pin_image *image, const uint8_t *at,
                                               uint32_t count) {
  const struct pin_image_section *lists = &image->head.lists;
  const uint64_t size = sizeof(struct pin_image_list) + (uint64_t)count * sizeof(struct pin_digest);
  struct pin_image_shared shared;
  struct pin_image_list list;
  memcpy(&shared, at, sizeof shared);
  if (shared.at > lists->size / PIN_IMAGE_UNIT || lists->size - shared.at * PIN_IMAGE_UNIT < size)
    return NULL;
  const uint8_t *block = pin_image_sound_block(image, PIN_BLOCK_LIST, shared.at,
                                               lists->offset + shared.at * PIN_IMAGE_UNIT, size);
  if (!block)
    return NULL;
  memcpy(&list, block, sizeof list);
  return list.count == count ? (const struct pin_digest *)(block + sizeof list) : NULL;
}

/* False: damaged. */
static bool point_at_digests(const struct pin_image *image, const struct pin_image_record *record,
                             const uint8_t *at, struct pin_entry *entry) {
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    const uint32_t count = record->digest_counts[list];
    entry->lists[list].count = count;
    entry->lists[list].digests =
        pin_image_is_shared(count) ? shared_digests(image, at, count) : (const struct pin_digest *)at;
    if (!entry->lists[list].digests)
      return false;
    at += pin_image_list_size(count);
  }
  return true;
}

bool pin_image_read_entry(const struct pin_image *image, const struct pin_image_slot *slot,
                          struct pin_entry *ret_entry) {
  const struct pin_image_record *record = &slot->record;
  struct pin_image_layout layout = pin_image_layout_of(record);
  const char *begin = slot->name - sizeof *record;
  const char *comment = begin + layout.comment;
  const char *file = pin_image_file_name(image, record->file);
  if (!file || record->role == PIN_ROLE_CROWD || record->role == PIN_ROLE_POINTER ||
      !words_are_known(record) || slot->name[record->name_length] != '\0' ||
      comment[record->comment_length] != '\0' || !ports_ascend(slot->ports, record->port_count) ||
      !point_at_digests(image, record, (const uint8_t *)begin + layout.digests, ret_entry))
    return false;

  ret_entry->name = slot->name;
  ret_entry->kind = record->kind;
  ret_entry->include_subdomains = record->include_subdomains != 0;
  ret_entry->mode_is_default = record->mode_is_default != 0;
  ret_entry->mode = record->mode;
  ret_entry->require = record->require;
  ret_entry->on_expiry = record->on_expiry;
  ret_entry->expires = record->expires;
  ret_entry->ports = record->port_count == 0 ? NULL : slot->ports;
  ret_entry->port_count = record->port_count;
  ret_entry->comment = comment;
  ret_entry->file = file;
  ret_entry->line = record->line;
  ret_entry->column = record->column;
  return true;
}

/* block: the settings of the image. */
static enum pin_status open_policy(const struct pin_image *image, const uint8_t *block,
                                   struct pin_policy *ret_policy) {
  const struct pin_image_head *head = &image->head;
  struct pin_image_settings settings;
  memcpy(&settings, block, sizeof settings);
  uint64_t digest_count = (uint64_t)settings.blocked_count + settings.exempt_count;
  if (!pin_image_block_holds(image, PIN_BLOCK_SETTINGS, 0, block, head->settings.size) ||
      head->settings.size != sizeof settings + digest_count * sizeof(struct pin_digest) ||
      settings.mode > PIN_MODE_OFF || settings.names_addresses > 1 || settings.names_hosts > 1 ||
      settings.ignore_certificate_names > 1 || settings.unlisted > PIN_UNLISTED_REFUSE || settings.zero != 0)
    return PIN_DAMAGED;

  _Static_assert(sizeof ret_policy->head >= sizeof *head, "the head does not fit");
  memcpy(ret_policy->head, head, sizeof *head);
  const struct pin_digest *digests = (const struct pin_digest *)(block + sizeof settings);
  ret_policy->image = image->bytes;
  ret_policy->blocks = image->blocks;
  ret_policy->size = (size_t)head->size;
  ret_policy->generation = head->generation;
  ret_policy->entry_count = head->entry_count;
  ret_policy->names_addresses = settings.names_addresses == 1;
  ret_policy->names_hosts = settings.names_hosts == 1;
  ret_policy->ignores_certificate_names = settings.ignore_certificate_names == 1;
  ret_policy->unlisted = (uint8_t)settings.unlisted;
  ret_policy->mode = settings.mode;
  ret_policy->blocked_keys.digests = digests;
  ret_policy->blocked_keys.count = settings.blocked_count;
  ret_policy->exempt_anchors.digests = digests + settings.blocked_count;
  ret_policy->exempt_anchors.count = settings.exempt_count;
  return PIN_OK;
}

enum pin_status pin_policy_open(const void *image, size_t size, struct pin_policy *ret_policy) {
  struct pin_image opened;
  if (!pin_image_open(image, size, &opened))
    return PIN_DAMAGED;
  return open_policy(&opened, opened.bytes + opened.head.settings.offset, ret_policy);
}

enum pin_status pin_image_open_file(struct pin_blocks *blocks, uint64_t size, struct pin_policy *ret_policy,
                                    void **ret_settings) {
  struct pin_image opened = {.blocks = blocks};
  const struct pin_image_section *section = &opened.head.settings;
  *ret_settings = NULL;
  const uint8_t *head = size < sizeof opened.head ? NULL : pin_blocks_read(blocks, 0, sizeof opened.head);
  if (!head)
    return PIN_DAMAGED;
  memcpy(&opened.head, head, sizeof opened.head);
  if (!head_is_sound(&opened.head, size))
    return PIN_DAMAGED;
  const uint8_t *settings = pin_blocks_read(blocks, section->offset, section->size);
  if (!settings)
    return PIN_DAMAGED;
  /* Copied, because every peer is compared with them. What was read is at most PIN_BLOCKS_MAX_SIZE. */
  const size_t size_of_copy = (size_t)section->size;
  void *copy = malloc(size_of_copy);
  if (!copy)
    return PIN_NO_MEMORY;
  pin_copy_bytes(copy, settings, size_of_copy);
  enum pin_status status = open_policy(&opened, copy, ret_policy);
  if (status == PIN_OK)
    *ret_settings = copy;
  else
    free(copy);
  return status;
}
