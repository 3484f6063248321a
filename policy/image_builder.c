/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Every record is written once, in its final form, into a list of chunks; laying out counts them into their
 * buckets and copies them there. So a million entries need about twice the memory of their image, and linear
 * time.
 */
#include "image_builder.h"

#include "image.h"

#include <stdlib.h>

#define CHUNK_SIZE ((size_t)1 << 20)

/* Bytes that grow. */
struct buffer {
  uint8_t *bytes;
  size_t used, capacity;
};

/* Records one after the other. */
struct chunk {
  struct chunk *next;
  size_t used, capacity;
  _Alignas(8) uint8_t bytes[];
};

struct pin_image_builder {
  struct buffer settings, sources, files; /* the blocks as they will be, but for their checksums */
  struct buffer watched, own;             /* drop-ins that people wrote, and the others: their blocks */
  struct chunk *first, *last;
  uint64_t bucket_bytes; /* of all records */
  uint64_t source_count;
  uint32_t watched_count, own_count;
  uint32_t entry_count;
  bool names_addresses, names_hosts, ignore_certificate_names;
  enum pin_unlisted unlisted;
  uint32_t file;    /* of the entry before, in units of 8 bytes */
  uint64_t content; /* digest of all entries and their files so far */
};

/* Appends `size` zero bytes. NULL: out of memory. */
static uint8_t *buffer_extend(struct buffer *buffer, size_t size) {
  if (size > SIZE_MAX / 2 - buffer->used)
    return NULL;
  if (size > buffer->capacity - buffer->used) {
    size_t capacity = 2 * (buffer->used + size);
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

struct pin_image_builder *pin_image_builder_new(void) {
  struct pin_image_builder *builder = calloc(1, sizeof *builder);
  if (!builder)
    return NULL;
  if (!buffer_extend(&builder->sources, sizeof(struct pin_image_sources)) ||
      !buffer_extend(&builder->settings, sizeof(struct pin_image_settings))) {
    pin_image_builder_free(builder);
    return NULL;
  }
  return builder;
}

static void free_chunks(struct pin_image_builder *builder) {
  while (builder->first) {
    struct chunk *next = builder->first->next;
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
  free(builder);
}

static bool add_dropin(struct pin_image_builder *builder, const struct pin_source_identity *source,
                       const struct pin_image_source *record) {
  struct pin_image_dropin dropin = {.source = *record};
  struct buffer *buffer = source->is_own ? &builder->own : &builder->watched;
  uint8_t *at = buffer_extend(buffer, (size_t)pin_image_round_up(sizeof dropin + record->path_length + 1));
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
  }
  if (path_length >= UINT32_MAX)
    return false;
  if (source->is_dropin)
    return add_dropin(builder, source, &record);
  uint8_t *at = buffer_extend(&builder->sources, (size_t)pin_image_round_up(sizeof record + path_length + 1));
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
  uint8_t *at = buffer_extend(&builder->settings, sizeof settings + blocked_size + exempt_size);
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

/*
 * The entries of one file come one after the other, so the entry before is the only one that is asked whether
 * it has the same; a file that is met again later is merely written twice.
 */
static bool intern_file(struct pin_image_builder *builder, const char *name) {
  const size_t length = strlen(name);
  struct pin_image_file file = {.length = length};
  struct buffer *files = &builder->files;
  if (files->used > 0) {
    const uint8_t *block = files->bytes + (size_t)builder->file * PIN_IMAGE_UNIT;
    if (strcmp((const char *)block + sizeof file, name) == 0)
      return true;
  }
  size_t begin = files->used;
  size_t size = (size_t)pin_image_round_up(sizeof file + length + 1);
  if (begin / PIN_IMAGE_UNIT > UINT32_MAX)
    return false;
  uint8_t *at = buffer_extend(files, size);
  if (!at)
    return false;
  append(&at, &file, sizeof file);
  append(&at, name, length);
  builder->file = (uint32_t)(begin / PIN_IMAGE_UNIT);
  builder->content = pin_image_mix_words(builder->content, files->bytes + begin, size);
  return true;
}

/* Room for a record, zeroed. NULL: out of memory. */
static uint8_t *reserve_record(struct pin_image_builder *builder, size_t size) {
  if (!builder->last || builder->last->capacity - builder->last->used < size) {
    size_t capacity = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    struct chunk *chunk = malloc(sizeof *chunk + capacity);
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

/* Everything but the size and the file. false: too large for the format. */
static bool fill_record(const struct pin_entry *entry, struct pin_image_record *record) {
  size_t name_length = strlen(entry->name), comment_length = strlen(entry->comment);
  size_t skipped = entry->kind == PIN_NAME_WILDCARD ? strlen("*.") : 0;
  if (name_length > UINT32_MAX || comment_length > UINT32_MAX)
    return false;
  *record = (struct pin_image_record){
      .base_hash = pin_name_hash(entry->name + skipped, name_length - skipped),
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

bool pin_image_builder_add_entry(struct pin_image_builder *builder, const struct pin_entry *entry) {
  struct pin_image_record record;
  if (builder->entry_count == UINT32_MAX || !fill_record(entry, &record) ||
      !intern_file(builder, entry->file))
    return false;
  struct pin_image_layout layout = pin_image_layout_of(&record);
  if (layout.size > UINT32_MAX)
    return false;
  record.size = (uint32_t)layout.size;
  record.file = builder->file;

  uint8_t *begin = reserve_record(builder, record.size);
  if (!begin)
    return false;
  uint8_t *at = begin;
  append(&at, &record, sizeof record);
  append(&at, entry->name, record.name_length);
  at = begin + layout.comment;
  append(&at, entry->comment, record.comment_length);
  at = begin + layout.ports;
  append(&at, entry->ports, record.port_count * sizeof(uint16_t));
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    append(&at, entry->lists[list].digests, entry->lists[list].count * sizeof(struct pin_digest));

  builder->content = pin_image_mix_words(builder->content, begin, record.size);
  builder->bucket_bytes += record.size;
  builder->entry_count++;
  if (entry->kind == PIN_NAME_ADDRESS)
    builder->names_addresses = true;
  else
    builder->names_hosts = true;
  return true;
}

/* About one base per bucket; most bases have one entry. */
static uint32_t choose_bucket_bits(uint32_t entry_count) {
  uint32_t bits = 0;
  while (UINT64_C(1) << bits < entry_count)
    bits++;
  return bits;
}

/* Notes in the settings what is known only when all entries are there. */
static void complete_settings(struct pin_image_builder *builder) {
  struct pin_image_settings settings;
  memcpy(&settings, builder->settings.bytes, sizeof settings);
  settings.names_addresses = builder->names_addresses;
  settings.names_hosts = builder->names_hosts;
  settings.ignore_certificate_names = builder->ignore_certificate_names;
  settings.unlisted = builder->unlisted;
  memcpy(builder->settings.bytes, &settings, sizeof settings);
}

static struct pin_image_section place(uint64_t *end, uint64_t size) {
  struct pin_image_section section = {.offset = *end, .size = size};
  *end += size;
  return section;
}

static uint64_t generation_of(const struct pin_image_builder *builder) {
  uint64_t state = pin_image_mix(builder->content, PIN_IMAGE_VERSION);
  /* The first word is the place of the checksum, which is still zero. */
  state = pin_image_mix_words(state, builder->settings.bytes, builder->settings.used);
  return state == 0 ? 1 : state;
}

/* Bytes of the table before the blocks of the drop-ins. */
static uint64_t dropin_table_size(const struct pin_image_builder *builder) {
  return pin_image_round_up(((uint64_t)builder->watched_count + builder->own_count + 1) * sizeof(uint32_t));
}

/* false: larger than the format can say. */
static bool lay_out(const struct pin_image_builder *builder, struct pin_image_head *head) {
  *head = (struct pin_image_head){
      .byte_order = PIN_IMAGE_BYTE_ORDER,
      .version = PIN_IMAGE_VERSION,
      .generation = generation_of(builder),
      .entry_count = builder->entry_count,
      .bucket_bits = choose_bucket_bits(builder->entry_count),
  };
  memcpy(head->magic, PIN_IMAGE_MAGIC, sizeof head->magic);
  uint64_t bucket_count = UINT64_C(1) << head->bucket_bits;
  uint64_t bucket_bytes = builder->bucket_bytes + bucket_count * sizeof(uint64_t);
  uint64_t end = sizeof *head;
  head->settings = place(&end, builder->settings.used);
  head->sources = place(&end, builder->sources.used);
  head->dropins = place(&end, dropin_table_size(builder) + builder->watched.used + builder->own.used);
  head->files = place(&end, builder->files.used);
  head->offsets = place(&end, pin_image_round_up((bucket_count + 1) * sizeof(uint32_t)));
  head->buckets = place(&end, bucket_bytes);
  head->size = end;
  head->checksum = pin_image_head_checksum(head);
  return bucket_bytes / PIN_IMAGE_UNIT <= UINT32_MAX && head->dropins.size / PIN_IMAGE_UNIT <= UINT32_MAX &&
         end <= SIZE_MAX;
}

static void seal(const struct pin_image_head *head, enum pin_image_block kind, uint64_t index, uint8_t *block,
                 uint64_t size) {
  uint64_t checksum = pin_image_checksum(head->generation, kind, index, block, size);
  memcpy(block, &checksum, sizeof checksum);
}

/* Fills the table of the drop-ins, whose blocks are in place. */
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
    seal(head, PIN_BLOCK_DROPIN, i, section + at, size);
    at += size;
  }
}

static void seal_files(const struct pin_image_head *head, uint8_t *files) {
  uint64_t size;
  for (uint64_t at = 0; at < head->files.size; at += size) {
    struct pin_image_file file;
    memcpy(&file, files + at, sizeof file);
    size = pin_image_round_up(sizeof file + file.length + 1);
    seal(head, PIN_BLOCK_FILE, at / PIN_IMAGE_UNIT, files + at, size);
  }
}

/* Calls `each` for every record with the slot of its bucket in the table of offsets, one after the bucket's
 * own. */
static void
for_each_record(const struct pin_image_builder *builder, uint32_t bucket_bits, uint32_t *next_offsets,
                void (*each)(const uint8_t *bytes, uint32_t size, uint32_t *offset, uint8_t *buckets),
                uint8_t *buckets) {
  for (const struct chunk *chunk = builder->first; chunk; chunk = chunk->next) {
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
 * Sorts the records into their buckets by counting. Between the passes the slot after a bucket's own says
 * where its next record goes; after the last record of the bucket that is its end, and thereby the beginning
 * of the next.
 */
static void fill_buckets(const struct pin_image_builder *builder, const struct pin_image_head *head,
                         uint32_t *offsets, uint8_t *buckets) {
  uint64_t count = UINT64_C(1) << head->bucket_bits;
  for_each_record(builder, head->bucket_bits, offsets + 1, count_record, NULL);
  uint32_t begin = 0;
  for (uint64_t i = 1; i <= count; i++) {
    uint32_t size = offsets[i] + 1; /* and a unit for the checksum */
    offsets[i] = begin + 1;
    begin += size;
  }
  for_each_record(builder, head->bucket_bits, offsets + 1, copy_record, buckets);
  for (uint64_t i = 0; i < count; i++)
    seal(head, PIN_BLOCK_BUCKET, i, buckets + (uint64_t)offsets[i] * PIN_IMAGE_UNIT,
         (uint64_t)(offsets[i + 1] - offsets[i]) * PIN_IMAGE_UNIT);
}

enum pin_status pin_image_builder_finish(struct pin_image_builder *builder, void **ret_image,
                                         size_t *ret_size) {
  struct pin_image_head head;
  *ret_image = NULL;
  *ret_size = 0;
  complete_settings(builder);
  /* lay_out sees to it that the size fits. */
  uint8_t *image = lay_out(builder, &head) ? calloc(1, (size_t)head.size) : NULL;
  if (!image)
    return PIN_NO_MEMORY;

  struct pin_image_sources sources = {.count = builder->source_count,
                                      .dropin_count = builder->watched_count + builder->own_count,
                                      .watched_count = builder->watched_count};
  memcpy(builder->sources.bytes, &sources, sizeof sources);
  uint8_t *at = image;
  append(&at, &head, sizeof head);
  append(&at, builder->settings.bytes, builder->settings.used);
  append(&at, builder->sources.bytes, builder->sources.used);
  at += dropin_table_size(builder);
  append(&at, builder->watched.bytes, builder->watched.used);
  append(&at, builder->own.bytes, builder->own.used);
  append(&at, builder->files.bytes, builder->files.used);
  seal(&head, PIN_BLOCK_SETTINGS, 0, image + head.settings.offset, head.settings.size);
  seal(&head, PIN_BLOCK_SOURCES, 0, image + head.sources.offset, head.sources.size);
  seal_dropins(builder, &head, image + head.dropins.offset);
  seal_files(&head, image + head.files.offset);
  fill_buckets(builder, &head, (uint32_t *)(void *)(image + head.offsets.offset),
               image + head.buckets.offset);
  *ret_image = image;
  *ret_size = (size_t)head.size;
  return PIN_OK;
}
