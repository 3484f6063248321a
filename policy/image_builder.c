/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Each record is written once, in its final form, to a list of chunks; the layout counts records into their
 * buckets and copies them there. So a million entries need about twice the memory of their image, and linear
 * time.
 */
#include "image_parts.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_SIZE ((size_t)1 << 20)

uint8_t *pin_buffer_extend(struct pin_buffer *buffer, size_t size) {
  if (size > SIZE_MAX / 2 - buffer->used)
    return NULL;
  if (!buffer->bytes || size > buffer->capacity - buffer->used) {
    size_t capacity = 2 * (buffer->used + size) + PIN_IMAGE_UNIT;
    uint8_t *bytes = realloc(buffer->bytes, capacity);
    if (!bytes)
      return NULL;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
  }
  uint8_t *added = memset(buffer->bytes + buffer->used, 0, size);
  buffer->used += size;
  return added;
}

static void append(uint8_t **at, const void *bytes, size_t size) {
  if (size > 0)
    memcpy(*at, bytes, size);
  *at += size;
}

/* Draws random bytes. A sandbox may forbid the call; the values used instead are hard enough to guess from
 * outside. */
static void draw(void *bytes, size_t size) {
  struct timespec now;
  uint64_t words[4];
  if (getrandom(bytes, size, GRND_NONBLOCK) == (ssize_t)size)
    return;
  clock_gettime(CLOCK_REALTIME, &now);
  words[0] = (uint64_t)now.tv_nsec;
  for (size_t i = 0; i < size / sizeof words[0]; i++) {
    words[1] = pin_image_mix(words[0], (uint64_t)now.tv_sec + i);
    words[2] = pin_image_mix(words[1], (uint64_t)getpid());
    words[3] = pin_image_mix(words[2], (uint64_t)(uintptr_t)bytes);
    memcpy((uint8_t *)bytes + i * sizeof words[0], &words[3], sizeof words[0]);
  }
}

void pin_image_seed_draw(struct pin_image_seed *ret_seed) {
  draw(ret_seed->name_key, sizeof ret_seed->name_key);
  draw(&ret_seed->stamp, sizeof ret_seed->stamp);
}

struct pin_image_builder *pin_image_builder_new(const struct pin_image_seed *seed) {
  struct pin_image_builder *builder = calloc(1, sizeof *builder);
  if (!builder)
    return NULL;
  if (seed)
    builder->seed = *seed;
  else
    pin_image_seed_draw(&builder->seed);
  if (!pin_buffer_extend(&builder->sources, sizeof(struct pin_image_sources)) ||
      !pin_buffer_extend(&builder->settings, sizeof(struct pin_image_settings))) {
    pin_image_builder_free(builder);
    return NULL;
  }
  return builder;
}

static void free_chunks(struct pin_image_builder *builder) {
  while (builder->first) {
    struct pin_image_chunk *next = builder->first->next;
    free(builder->first);
    builder->first = next;
  }
  builder->last = NULL;
}

void pin_image_builder_free(struct pin_image_builder *builder) {
  if (!builder)
    return;
  free_chunks(builder);
  free(builder->settings.bytes);
  free(builder->sources.bytes);
  free(builder->watched.bytes);
  free(builder->own.bytes);
  free(builder->files.bytes);
  free(builder->lists.bytes);
  free(builder->pinsets.bytes);
  free(builder->list_places.bytes);
  free(builder);
}

static bool add_dropin(struct pin_image_builder *builder, const struct pin_source_identity *source,
                       const struct pin_image_source *record) {
  struct pin_image_dropin dropin = {.source = *record};
  struct pin_buffer *buffer = source->is_own ? &builder->own : &builder->watched;
  uint8_t *at =
      pin_buffer_extend(buffer, (size_t)pin_image_round_up(sizeof dropin + record->path_length + 1));
  if (!at)
    return false;
  append(&at, &dropin, sizeof dropin);
  append(&at, source->path, record->path_length);
  if (source->is_own)
    builder->own_count++;
  else
    builder->watched_count++;
  return true;
}

bool pin_image_builder_add_source(struct pin_image_builder *builder,
                                  const struct pin_source_identity *source) {
  size_t path_length = strlen(source->path);
  struct pin_image_source record = {
      .path_length = (uint32_t)path_length,
      .exists = source->exists,
      .is_directory = source->is_directory,
  };
  if (source->exists) {
    record.inode = source->inode;
    record.size = source->is_directory ? 0 : source->size;
    record.mtime_seconds = source->mtime_seconds;
    record.mtime_nanoseconds = source->mtime_nanoseconds;
    record.hosts_alone = source->hosts_alone;
  }
  if (path_length >= UINT32_MAX)
    return false;
  if (source->is_dropin)
    return add_dropin(builder, source, &record);
  uint8_t *at =
      pin_buffer_extend(&builder->sources, (size_t)pin_image_round_up(sizeof record + path_length + 1));
  if (!at)
    return false;
  append(&at, &record, sizeof record);
  append(&at, source->path, path_length);
  builder->source_count++;
  return true;
}

bool pin_image_builder_set_defaults(struct pin_image_builder *builder, enum pin_mode mode,
                                    struct pin_digest_list blocked_keys,
                                    struct pin_digest_list exempt_anchors) {
  struct pin_image_settings settings = {
      .mode = mode,
      .blocked_count = blocked_keys.count,
      .exempt_count = exempt_anchors.count,
  };
  size_t blocked_size = blocked_keys.count * sizeof(struct pin_digest);
  size_t exempt_size = exempt_anchors.count * sizeof(struct pin_digest);
  builder->settings.used = 0;
  uint8_t *at = pin_buffer_extend(&builder->settings, sizeof settings + blocked_size + exempt_size);
  if (!at)
    return false;
  append(&at, &settings, sizeof settings);
  append(&at, blocked_keys.digests, blocked_size);
  append(&at, exempt_anchors.digests, exempt_size);
  return true;
}

void pin_image_builder_ignore_certificate_names(struct pin_image_builder *builder) {
  builder->ignore_certificate_names = true;
}

void pin_image_builder_set_unlisted(struct pin_image_builder *builder, enum pin_unlisted unlisted) {
  builder->unlisted = unlisted;
}

/* Stores the name of an entry's file. The entries of one file follow each other, so only the last entry's
 * file is compared; the name of a file that comes up again later is stored twice. */
static bool intern_file(struct pin_image_builder *builder, const char *name) {
  const size_t length = strlen(name);
  struct pin_image_file file = {.length = length};
  struct pin_buffer *files = &builder->files;
  if (files->used > 0) {
    const uint8_t *block = files->bytes + (size_t)builder->file * PIN_IMAGE_UNIT;
    if (strcmp((const char *)block + sizeof file, name) == 0)
      return true;
  }
  size_t begin = files->used;
  size_t size = (size_t)pin_image_round_up(sizeof file + length + 1);
  if (begin / PIN_IMAGE_UNIT > UINT32_MAX)
    return false;
  uint8_t *at = pin_buffer_extend(files, size);
  if (!at)
    return false;
  append(&at, &file, sizeof file);
  append(&at, name, length);
  builder->file = (uint32_t)(begin / PIN_IMAGE_UNIT);
  builder->file_hash = pin_image_file_hash(name);
  return true;
}

uint8_t *pin_image_reserve_record(struct pin_image_builder *builder, size_t size) {
  if (!builder->last || builder->last->capacity - builder->last->used < size) {
    size_t capacity = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    struct pin_image_chunk *chunk = malloc(sizeof *chunk + capacity);
    if (!chunk)
      return NULL;
    chunk->next = NULL;
    chunk->used = 0;
    chunk->capacity = capacity;
    if (builder->last)
      builder->last->next = chunk;
    else
      builder->first = chunk;
    builder->last = chunk;
  }
  uint8_t *record = builder->last->bytes + builder->last->used;
  builder->last->used += size;
  return memset(record, 0, size);
}

/* ---- Long lists, each stored once ---- */

static uint64_t list_hash(const struct pin_digest *digests, uint32_t count) {
  return pin_image_mix_words(count, (const uint8_t *)digests, (uint64_t)count * sizeof digests[0]);
}

/* Whether the list at a place has these digests. */
static bool is_list(const struct pin_image_builder *builder, uint64_t at,
                    const struct pin_digest_list *digests) {
  const uint8_t *block = builder->lists.bytes + at * PIN_IMAGE_UNIT;
  struct pin_image_list list;
  memcpy(&list, block, sizeof list);
  return list.count == digests->count &&
         memcmp(block + sizeof list, digests->digests, (size_t)list.count * sizeof(struct pin_digest)) == 0;
}

/* The slot of a list with this hash, or the free slot where it would be. */
static uint64_t *find_list(struct pin_image_builder *builder, uint64_t hash,
                           const struct pin_digest_list *digests) {
  uint64_t *places = (uint64_t *)(void *)builder->list_places.bytes;
  const size_t count = builder->list_places.used / sizeof places[0];
  size_t i = (size_t)hash & (count - 1);
  while (places[i] != 0 && (!digests || !is_list(builder, places[i] - 1, digests)))
    i = (i + 1) & (count - 1);
  return &places[i];
}

/* Makes room for one more list in the table, at least half of which is always free. */
static bool widen_list_places(struct pin_image_builder *builder) {
  struct pin_buffer old = builder->list_places, wider = {0};
  const size_t count = old.used / sizeof(uint64_t);
  if (2 * (builder->list_count + 1) <= count)
    return true;
  if (!pin_buffer_extend(&wider, (count == 0 ? 16 : 2 * count) * sizeof(uint64_t)))
    return false;
  builder->list_places = wider;
  for (size_t i = 0; i < count; i++) {
    uint64_t place;
    memcpy(&place, old.bytes + i * sizeof place, sizeof place);
    if (place == 0)
      continue;
    const uint8_t *block = builder->lists.bytes + (place - 1) * PIN_IMAGE_UNIT;
    struct pin_image_list list;
    memcpy(&list, block, sizeof list);
    const struct pin_digest *digests = (const struct pin_digest *)(block + sizeof list);
    *find_list(builder, list_hash(digests, (uint32_t)list.count), NULL) = place;
  }
  free(old.bytes);
  return true;
}

/* False: no memory. */
static bool intern_list(struct pin_image_builder *builder, const struct pin_digest_list *digests,
                        struct pin_image_shared *ret_shared) {
  if (!widen_list_places(builder))
    return false;
  ret_shared->hash = list_hash(digests->digests, digests->count);
  uint64_t *place = find_list(builder, ret_shared->hash, digests);
  if (*place == 0) {
    const struct pin_image_list list = {.count = digests->count};
    const size_t size = (size_t)digests->count * sizeof(struct pin_digest);
    const uint64_t at = builder->lists.used / PIN_IMAGE_UNIT;
    uint8_t *block = pin_buffer_extend(&builder->lists, sizeof list + size);
    if (!block)
      return false;
    append(&block, &list, sizeof list);
    append(&block, digests->digests, size);
    *place = at + 1;
    builder->list_count++;
  }
  ret_shared->at = *place - 1;
  return true;
}

bool pin_image_builder_add_pinset(struct pin_image_builder *builder, const struct pin_pinset_text *pinset) {
  const size_t name_length = strlen(pinset->name), file_length = strlen(pinset->file);
  const size_t size = pinset->digests.count * sizeof(struct pin_digest);
  const struct pin_image_pinset fixed = {.name_length = (uint32_t)name_length,
                                         .file_length = (uint32_t)file_length,
                                         .line = pinset->line,
                                         .digest_count = pinset->digests.count};
  const size_t texts = (size_t)pin_image_round_up(sizeof fixed + name_length + 1 + file_length + 1);
  if (builder->pinsets.used == 0 && !pin_buffer_extend(&builder->pinsets, sizeof(uint64_t)))
    return false;
  uint8_t *begin = pin_buffer_extend(&builder->pinsets, texts + size), *at = begin;
  if (!begin)
    return false;
  append(&at, &fixed, sizeof fixed);
  append(&at, pinset->name, name_length);
  at++;
  append(&at, pinset->file, file_length);
  at = begin + texts;
  append(&at, pinset->digests.digests, size);
  builder->pinset_count++;
  return true;
}

/* ---- Entries ---- */

/* Fills in everything but size and file. False: too large for the format. */
static bool fill_record(const struct pin_image_builder *builder, const struct pin_entry *entry,
                        struct pin_image_record *record) {
  size_t name_length = strlen(entry->name), comment_length = strlen(entry->comment);
  size_t skipped = entry->kind == PIN_NAME_WILDCARD ? strlen("*.") : 0;
  if (name_length > UINT32_MAX || comment_length > UINT32_MAX)
    return false;
  *record = (struct pin_image_record){
      .base_hash = pin_name_hash(builder->seed.name_key, entry->name + skipped, name_length - skipped),
      .expires = entry->expires,
      .line = entry->line,
      .column = entry->column,
      .name_length = (uint32_t)name_length,
      .comment_length = (uint32_t)comment_length,
      .port_count = entry->port_count,
      .kind = (uint8_t)entry->kind,
      .include_subdomains = entry->include_subdomains,
      .mode_is_default = entry->mode_is_default,
      .mode = (uint8_t)entry->mode,
      .require = (uint8_t)entry->require,
      .on_expiry = (uint8_t)entry->on_expiry,
  };
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    record->digest_counts[list] = entry->lists[list].count;
  return true;
}

/* Copies a list into a record, or for a long list its place. False: no memory. */
static bool append_list(struct pin_image_builder *builder, uint8_t **at, const struct pin_digest_list *list) {
  struct pin_image_shared shared;
  if (!pin_image_is_shared(list->count)) {
    append(at, list->digests, list->count * sizeof(struct pin_digest));
    return true;
  }
  if (!intern_list(builder, list, &shared))
    return false;
  append(at, &shared, sizeof shared);
  return true;
}

bool pin_image_builder_add_entry(struct pin_image_builder *builder, const struct pin_entry *entry) {
  struct pin_image_record record;
  if (builder->entry_count == UINT32_MAX || !fill_record(builder, entry, &record) ||
      !intern_file(builder, entry->file))
    return false;
  struct pin_image_layout layout = pin_image_layout_of(&record);
  if (layout.size > UINT32_MAX)
    return false;
  record.size = (uint32_t)layout.size;
  record.file = builder->file;

  uint8_t *begin = pin_image_reserve_record(builder, record.size);
  if (!begin)
    return false;
  uint8_t *at = begin;
  append(&at, &record, sizeof record);
  append(&at, entry->name, record.name_length);
  at = begin + layout.comment;
  append(&at, entry->comment, record.comment_length);
  at = begin + layout.ports;
  append(&at, entry->ports, record.port_count * sizeof(uint16_t));
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    if (!append_list(builder, &at, &entry->lists[list]))
      return false;
  }
  builder->content += pin_image_record_digest(begin, &record, builder->file_hash);
  builder->bucket_bytes += record.size;
  builder->entry_count++;
  builder->with_ports_count += entry->port_count > 0;
  builder->address_count += entry->kind == PIN_NAME_ADDRESS;
  return true;
}
