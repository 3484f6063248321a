/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "image_merge.h"

#include "image_merging.h"
#include "image_walk.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Entries ---- */

/* Converts the place of a file in the builder to its place in the new image. */
static uint32_t new_file(const struct pin_merge *merge, uint32_t unit) {
  for (size_t i = 0; i < pin_file_place_count(&merge->file_places); i++) {
    const struct pin_file_place place = pin_file_place_at(&merge->file_places, i);
    if (place.known_by == unit)
      return place.unit;
  }
  return 0;
}

/* Converts the builder's places in a record to those of the new image. */
static void relocate(const struct pin_merge *merge, uint8_t *begin) {
  struct pin_image_record record;
  memcpy(&record, begin, sizeof record);
  record.file = new_file(merge, record.file);
  memcpy(begin, &record, sizeof record);
  uint8_t *at = begin + pin_image_layout_of(&record).digests;
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    struct pin_image_shared shared;
    if (pin_image_is_shared(record.digest_counts[list])) {
      memcpy(&shared, at, sizeof shared);
      shared.at = pin_merge_new_list(merge, shared.at);
      memcpy(at, &shared, sizeof shared);
    }
    at += pin_image_list_size(record.digest_counts[list]);
  }
}

static int compare_arrivals(const void *a, const void *b) {
  const struct pin_arrival *left = a, *right = b;
  if (left->bucket != right->bucket)
    return left->bucket < right->bucket ? -1 : 1;
  return left->order < right->order ? -1 : left->order > right->order;
}

static void sort_arrivals(struct pin_merge *merge) {
  const struct pin_image_builder *added = merge->added;
  size_t count = 0;
  merge->arrivals = calloc((size_t)added->entry_count + 1, sizeof merge->arrivals[0]);
  if (!merge->arrivals) {
    pin_merge_fail(merge, PIN_NO_MEMORY);
    return;
  }
  for (const struct pin_image_chunk *chunk = added->first; chunk; chunk = chunk->next) {
    struct pin_image_record record;
    for (size_t at = 0; at < chunk->used; at += record.size) {
      memcpy(&record, chunk->bytes + at, sizeof record);
      merge->arrivals[count] = (struct pin_arrival){
          chunk->bytes + at, pin_image_bucket_of(record.base_hash, merge->head.bucket_bits), count};
      count++;
    }
  }
  qsort(merge->arrivals, count, sizeof merge->arrivals[0], compare_arrivals);
}

static const struct pin_arrival *next_arrival(const struct pin_merge *merge, uint64_t bucket) {
  if (merge->next_arrival == merge->added->entry_count ||
      merge->arrivals[merge->next_arrival].bucket != bucket)
    return NULL;
  return &merge->arrivals[merge->next_arrival];
}

/* The file that an added record names. */
static const char *arriving_file(const struct pin_merge *merge, const struct pin_arrival *arrival) {
  struct pin_image_record record;
  memcpy(&record, arrival->record, sizeof record);
  return (const char *)merge->added->files.bytes + (size_t)record.file * PIN_IMAGE_UNIT +
         sizeof(struct pin_image_file);
}

/* Whether an added entry comes before one of the old image in the order of the text: drop-ins by their
 * names, and the main file before all of them. */
static bool comes_before(struct pin_merge *merge, const struct pin_arrival *arrival,
                         const struct pin_image_record *old) {
  const char *file = pin_image_file_name(merge->old, old->file);
  if (!file) {
    pin_merge_fail(merge, PIN_DAMAGED);
    return false;
  }
  return strcmp(file, merge->main_path) != 0 && strcmp(arriving_file(merge, arrival), file) < 0;
}

static void put_arrival(struct pin_merge *merge, const struct pin_arrival *arrival) {
  struct pin_image_record record;
  memcpy(&record, arrival->record, sizeof record);
  uint8_t *copy = pin_merge_grow(merge, &merge->bucket, record.size);
  if (!copy)
    return;
  memcpy(copy, arrival->record, record.size);
  relocate(merge, copy);
  merge->next_arrival++;
}

/* Whether a record of the old image is removed. If so, it is subtracted from the sums. */
static bool goes(struct pin_merge *merge, const struct pin_image_slot *slot) {
  for (size_t i = 0; i < pin_file_place_count(&merge->gone); i++) {
    const struct pin_file_place place = pin_file_place_at(&merge->gone, i);
    const uint8_t *begin = (const uint8_t *)slot->name - sizeof slot->record;
    if (place.unit != slot->record.file)
      continue;
    if (slot->record.role != PIN_ROLE_ENTRY) {
      pin_merge_fail(merge, PIN_TOO_LARGE);
      return false;
    }
    merge->sources.content -= pin_image_record_digest(begin, &slot->record, place.known_by);
    merge->sources.address_count -= slot->record.kind == PIN_NAME_ADDRESS;
    merge->head.entry_count--;
    for (int list = 0; list < PIN_LIST_COUNT; list++) {
      const uint32_t count = slot->record.digest_counts[list];
      if (pin_image_is_shared(count))
        merge->sources.unused += sizeof(struct pin_image_list) + (uint64_t)count * sizeof(struct pin_digest);
    }
    return true;
  }
  return false;
}

/* Whether an added entry joins a crowd or makes one, in the bucket that is being filled. Then other
 * buckets would have to change, and some of these are written already. */
static bool comes_to_crowd(const struct pin_merge *merge, const struct pin_image_record *arriving) {
  struct pin_image_record record;
  uint32_t same = 0;
  for (size_t at = 0; at < merge->bucket.used; at += record.size) {
    memcpy(&record, merge->bucket.bytes + at, sizeof record);
    if (record.base_hash != arriving->base_hash)
      continue;
    same += record.port_count > 0;
    if (record.role == PIN_ROLE_CROWD || same > PIN_IMAGE_FEW)
      return true;
  }
  return false;
}

/* Checks the added entries of the bucket, from `first` on, for crowds. */
static void refuse_crowds(struct pin_merge *merge, size_t first) {
  uint64_t asked = 0;
  for (size_t i = first; i < merge->next_arrival && pin_merge_goes_on(merge); i++) {
    struct pin_image_record record;
    memcpy(&record, merge->arrivals[i].record, sizeof record);
    if (record.port_count == 0 || record.base_hash == asked)
      continue;
    asked = record.base_hash;
    if (comes_to_crowd(merge, &record))
      pin_merge_fail(merge, PIN_TOO_LARGE);
  }
}

/* Copies the records of an old bucket that belong to a new one, and inserts the added ones. */
static void fill_bucket(struct pin_merge *merge, uint64_t bucket, struct pin_image_cursor cursor) {
  struct pin_image_slot slot;
  const struct pin_arrival *arrival;
  const size_t first_arrival = merge->next_arrival;
  while (cursor.left > 0 && pin_merge_goes_on(merge)) {
    if (!pin_image_read_slot(&cursor, &slot)) {
      pin_merge_fail(merge, PIN_DAMAGED);
      return;
    }
    if (pin_image_bucket_of(slot.record.base_hash, merge->head.bucket_bits) != bucket || goes(merge, &slot))
      continue;
    while ((arrival = next_arrival(merge, bucket)) != NULL && comes_before(merge, arrival, &slot.record) &&
           pin_merge_goes_on(merge))
      put_arrival(merge, arrival);
    uint8_t *copy = pin_merge_grow(merge, &merge->bucket, slot.record.size);
    if (copy)
      memcpy(copy, (const uint8_t *)slot.name - sizeof slot.record, slot.record.size);
  }
  while ((arrival = next_arrival(merge, bucket)) != NULL && pin_merge_goes_on(merge))
    put_arrival(merge, arrival);
  refuse_crowds(merge, first_arrival);
}

/* Whether a bucket stays as it is, except for its checksum. */
static bool stays(const struct pin_merge *merge, uint64_t bucket) {
  return merge->gone.used == 0 && merge->head.bucket_bits == merge->old->head.bucket_bits &&
         next_arrival(merge, bucket) == NULL;
}

static void put_offset(struct pin_merge *merge) {
  const uint64_t units = pin_image_extent(&merge->buckets) / PIN_IMAGE_UNIT;
  const uint32_t offset = (uint32_t)units;
  if (units > UINT32_MAX)
    pin_merge_fail(merge, PIN_TOO_LARGE);
  uint8_t *at = pin_image_extend(&merge->offsets, sizeof offset);
  if (at)
    memcpy(at, &offset, sizeof offset);
  pin_merge_fail(merge, merge->offsets.status);
}

static void put_bucket(struct pin_merge *merge, uint64_t bucket, const uint8_t *records, size_t size) {
  put_offset(merge);
  uint8_t *block = pin_image_extend(&merge->buckets, sizeof(uint64_t) + size);
  pin_merge_fail(merge, merge->buckets.status);
  if (!block)
    return;
  if (size > 0)
    memcpy(block + sizeof(uint64_t), records, size);
  pin_image_seal(merge->head.stamp, PIN_BLOCK_BUCKET, bucket, block, sizeof(uint64_t) + size);
}

/* Turns an old bucket into one new bucket, or into the two, four ... that replace it. */
static void merge_bucket(struct pin_merge *merge, uint64_t index, const struct pin_image_cursor *cursor) {
  const uint32_t split = merge->head.bucket_bits - merge->old->head.bucket_bits;
  for (uint64_t part = 0; part >> split == 0 && pin_merge_goes_on(merge); part++) {
    const uint64_t bucket = (index << split) + part;
    if (stays(merge, bucket)) {
      put_bucket(merge, bucket, cursor->at, (size_t)cursor->left);
      continue;
    }
    merge->bucket.used = 0;
    fill_bucket(merge, bucket, *cursor);
    if (pin_merge_goes_on(merge))
      put_bucket(merge, bucket, merge->bucket.bytes, merge->bucket.used);
  }
}

static void merge_buckets(struct pin_merge *merge) {
  struct pin_image_walk walk;
  struct pin_image_cursor cursor;
  enum pin_image_step step = PIN_STEP_BUCKET;
  pin_image_walk_begin(merge->old, &walk);
  while (pin_merge_goes_on(merge) && (step = pin_image_walk_next(&walk, &cursor)) == PIN_STEP_BUCKET)
    merge_bucket(merge, walk.next - 1, &cursor);
  pin_image_walk_end(&walk);
  if (step == PIN_STEP_DAMAGED)
    pin_merge_fail(merge, PIN_DAMAGED);
  if (pin_merge_goes_on(merge))
    put_offset(merge);
}

/* ---- The whole ---- */

static void merge_settings(struct pin_merge *merge, uint8_t *ret_settings) {
  struct pin_image_head *head = &merge->head;
  pin_image_note_kinds(ret_settings, head->entry_count, merge->sources.address_count);
  head->generation = pin_image_generation(merge->sources.content, ret_settings, head->settings.size);
  pin_image_seal(head->stamp, PIN_BLOCK_SETTINGS, 0, ret_settings, head->settings.size);
}

/* Writes what is known only at the end, in the place that was left free. */
static void write_front(struct pin_merge *merge) {
  struct pin_image_head *head = &merge->head;
  uint8_t *settings = pin_image_take_section(merge->old, &head->settings);
  /* Verified again, because it was read again since the form was opened: damaged settings must not get a
   * valid checksum. */
  if (!settings || !pin_image_block_holds(merge->old, PIN_BLOCK_SETTINGS, 0, settings, head->settings.size)) {
    free(settings);
    pin_merge_fail(merge, PIN_DAMAGED);
    return;
  }
  merge_settings(merge, settings);
  memcpy(merge->sources_block, &merge->sources, sizeof merge->sources);
  pin_image_seal(head->stamp, PIN_BLOCK_SOURCES, 0, merge->sources_block, head->sources.size);
  head->size = head->buckets.offset + head->buckets.size;
  head->checksum = pin_image_head_checksum(head);
  const int fd = merge->rest.fd;
  if (!pin_image_write_at(fd, settings, (size_t)head->settings.size, head->settings.offset) ||
      !pin_image_write_at(fd, merge->sources_block, (size_t)head->sources.size, head->sources.offset) ||
      !pin_image_write_at(fd, (const uint8_t *)head, sizeof *head, 0))
    pin_merge_fail(merge, PIN_UNREADABLE);
  free(settings);
}

/* Writes the sections before the offsets, one after the other. */
static void merge_front(struct pin_merge *merge) {
  struct pin_image_head *head = &merge->head;
  merge->rest.begin = head->sources.offset + head->sources.size;
  head->dropins.offset = merge->rest.begin;
  pin_merge_dropins(merge);
  head->files.offset = merge->rest.begin + pin_image_extent(&merge->rest);
  if (pin_merge_goes_on(merge))
    pin_merge_files(merge);
  head->lists = (struct pin_image_section){.offset = merge->rest.begin + pin_image_extent(&merge->rest)};
  if (pin_merge_goes_on(merge))
    pin_merge_lists(merge);
  if (pin_merge_goes_on(merge))
    pin_merge_pinsets(merge);
  merge->sources.pinsets.offset += merge->rest.begin;
  pin_image_flush(&merge->rest);
  pin_merge_fail(merge, merge->rest.status);
}

static void merge_entries(struct pin_merge *merge) {
  struct pin_image_head *head = &merge->head;
  const uint64_t bucket_count = UINT64_C(1) << head->bucket_bits;
  head->offsets.offset = merge->rest.begin + pin_image_extent(&merge->rest);
  head->offsets.size = pin_image_round_up((bucket_count + 1) * sizeof(uint32_t));
  head->buckets.offset = head->offsets.offset + head->offsets.size;
  merge->offsets.begin = head->offsets.offset;
  merge->buckets.begin = head->buckets.offset;
  sort_arrivals(merge);
  if (pin_merge_goes_on(merge))
    merge_buckets(merge);
  uint8_t *gap = pin_merge_goes_on(merge)
                     ? pin_image_extend(&merge->offsets,
                                        (size_t)(head->offsets.size - pin_image_extent(&merge->offsets)))
                     : NULL;
  (void)gap; /* zeroed */
  pin_image_flush(&merge->offsets);
  pin_image_flush(&merge->buckets);
  pin_merge_fail(merge, merge->offsets.status);
  pin_merge_fail(merge, merge->buckets.status);
  head->buckets.size = pin_image_extent(&merge->buckets);
}

/* The path of the main file, which is the first source. NULL: damaged. */
static const char *main_path(const struct pin_merge *merge) {
  const size_t before = sizeof merge->sources + sizeof(struct pin_image_source);
  const uint64_t size = merge->old->head.sources.size;
  struct pin_image_source source;
  if (!merge->sources_block || size <= before)
    return NULL;
  memcpy(&source, merge->sources_block + sizeof merge->sources, sizeof source);
  const char *path = (const char *)merge->sources_block + before;
  return source.path_length < size - before && path[source.path_length] == '\0' ? path : NULL;
}

static bool begin(struct pin_merge *merge) {
  const struct pin_image_head *old = &merge->old->head;
  const uint64_t most = (uint64_t)old->entry_count + merge->added->entry_count;
  merge->head = *old;
  merge->head.stamp = merge->added->seed.stamp;
  merge->head.settings.offset = sizeof *old;
  merge->head.sources.offset = sizeof *old + old->settings.size;
  merge->sources_block = pin_image_take_sources(merge->old, &merge->sources);
  merge->main_path = main_path(merge);
  if (!merge->main_path) {
    pin_merge_fail(merge, PIN_DAMAGED);
    return false;
  }
  if (most > UINT32_MAX) {
    pin_merge_fail(merge, PIN_TOO_LARGE);
    return false;
  }
  const uint32_t bits = pin_image_choose_bucket_bits((uint32_t)most);
  if (bits > old->bucket_bits)
    merge->head.bucket_bits = bits;
  merge->head.entry_count = (uint32_t)most;
  merge->sources.content += merge->added->content;
  merge->sources.address_count += merge->added->address_count;
  return true;
}

static void clear(struct pin_merge *merge) {
  free(merge->sources_block);
  free(merge->arrivals);
  struct pin_buffer *buffers[] = {&merge->dropins,     &merge->files,          &merge->gone,
                                  &merge->file_places, &merge->list_places,    &merge->bucket,
                                  &merge->rest.buffer, &merge->offsets.buffer, &merge->buckets.buffer};
  for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
    free(buffers[i]->bytes);
}

enum pin_status pin_image_merge(const struct pin_image_change *change, struct pin_image_builder *added,
                                int fd) {
  struct pin_merge merge = {.change = change,
                            .old = change->old,
                            .added = added,
                            .rest = {.fd = fd},
                            .offsets = {.fd = fd},
                            .buckets = {.fd = fd}};
  if (begin(&merge)) {
    merge_front(&merge);
    if (pin_merge_goes_on(&merge))
      merge_entries(&merge);
    if (pin_merge_goes_on(&merge))
      write_front(&merge);
  }
  const int saved_errno = errno;
  clear(&merge);
  errno = saved_errno;
  return merge.status;
}
