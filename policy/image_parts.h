/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The parts of an image before they are put together, for those who write images: image_builder.c collects
 * them, image_layout.c makes a whole image of them, image_merge.c puts them into a copy of another one.
 */
#ifndef PIN_IMAGE_PARTS_H
#define PIN_IMAGE_PARTS_H

#include "image.h"
#include "image_builder.h"

/* Bytes that grow. */
struct pin_buffer {
  uint8_t *bytes;
  size_t used, capacity;
};

/* Records one after the other. */
struct pin_image_chunk {
  struct pin_image_chunk *next;
  size_t used, capacity;
  _Alignas(8) uint8_t bytes[];
};

struct pin_image_builder {
  struct pin_image_seed seed;
  struct pin_buffer settings, sources, files; /* the blocks as they will be, but for their checksums */
  struct pin_buffer watched, own;             /* drop-ins that people wrote, and the others: their blocks */
  struct pin_buffer lists, pinsets;
  struct pin_buffer
      list_places; /* a hash table of uint64_t: where lists begin in `lists`, and one; 0: free */
  struct pin_image_chunk *first, *last;
  uint64_t bucket_bytes; /* of all records */
  uint64_t source_count;
  uint64_t list_count;
  uint32_t watched_count, own_count, pinset_count;
  uint32_t entry_count, address_count;
  uint32_t with_ports_count; /* of the entries, those for some ports */
  uint32_t beside_count;     /* records that are no entries (image_crowd_layout.c) */
  bool ignore_certificate_names;
  enum pin_unlisted unlisted;
  uint32_t file;      /* of the entry before, in units of 8 bytes */
  uint64_t file_hash; /* of its name */
  uint64_t content;   /* the sum of the digests of all entries */
};

/* Appends `size` zero bytes. NULL: out of memory. */
uint8_t *pin_buffer_extend(struct pin_buffer *buffer, size_t size);

/* Room for a record, zeroed. NULL: out of memory. */
uint8_t *pin_image_reserve_record(struct pin_image_builder *builder, size_t size);

/* Once, when all entries are there: from then on those of crowds lie by their ports. false: out of memory. */
bool pin_image_builder_make_crowds(struct pin_image_builder *builder);

/* What an entry says, as a number; the sum of all of them does not depend on their order. `begin`: the whole
 * record. */
uint64_t pin_image_record_digest(const uint8_t *begin, const struct pin_image_record *record,
                                 uint64_t file_hash);
uint64_t pin_image_file_hash(const char *name);

/* block: of the settings, whose checksum is not part of it. */
uint64_t pin_image_generation(uint64_t content, const uint8_t *block, uint64_t size);

/* About one base per bucket; most bases have one record. */
uint32_t pin_image_choose_bucket_bits(uint64_t record_count);

/* Notes in the settings what is known only when all entries are there. */
void pin_image_note_kinds(uint8_t *settings, uint32_t entry_count, uint32_t address_count);

/* Writes the checksum of a block into it. */
static inline void pin_image_seal(uint64_t stamp, enum pin_image_block kind, uint64_t index, uint8_t *block,
                                  uint64_t size) {
  uint64_t checksum = pin_image_checksum(stamp, kind, index, block, size);
  memcpy(block, &checksum, sizeof checksum);
}

/* Bytes of the table before the blocks of so many drop-ins. */
static inline uint64_t pin_image_dropin_table_size(uint64_t count) {
  return pin_image_round_up((count + 1) * sizeof(uint32_t));
}

#endif
