/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The parts of an image before they are put together. image_builder.c collects them; image_layout.c makes
 * an image of them, or image_merge.c puts them into a copy of another image. */
#ifndef PIN_IMAGE_PARTS_H
#define PIN_IMAGE_PARTS_H

#include "image.h"
#include "image_builder.h"

/* A growing array of bytes. All zero is an empty one; `bytes` is for free(3). */
struct pin_buffer {
  uint8_t *bytes;
  size_t used, capacity;
};

/* A piece of memory with records one after the other. */
struct pin_image_chunk {
  struct pin_image_chunk *next;
  size_t used, capacity;
  _Alignas(8) uint8_t bytes[];
};

struct pin_image_builder {
  struct pin_image_seed seed;
  struct pin_buffer settings, sources, files; /* blocks, complete except for their checksums */
  struct pin_buffer watched, own; /* blocks of the drop-ins that people wrote, and of the others */
  struct pin_buffer lists, pinsets;
  /* A hash table of uint64_t: where lists begin in `lists`, plus 1; 0: free. */
  struct pin_buffer list_places;
  struct pin_image_chunk *first, *last;
  uint64_t bucket_bytes; /* of all records */
  uint64_t source_count;
  uint64_t list_count;
  uint32_t watched_count, own_count, pinset_count;
  uint32_t entry_count, address_count;
  uint32_t with_ports_count; /* entries that are limited to ports */
  uint32_t beside_count;     /* records that are not entries (image_crowd_layout.c) */
  bool ignore_certificate_names;
  enum pin_unlisted unlisted;
  uint32_t file;      /* unit of the last entry's file, in 8 bytes */
  uint64_t file_hash; /* hash of that file's name */
  uint64_t content;   /* the sum of the digests of all entries */
};

/* Appends `size` zero bytes and returns them. NULL: no memory. */
uint8_t *pin_buffer_extend(struct pin_buffer *buffer, size_t size);

/* Zeroed space for a record. NULL: no memory. */
uint8_t *pin_image_reserve_record(struct pin_image_builder *builder, size_t size);

/* Files the entries of crowds by their ports. To be called once, after all entries are added. False: no
 * memory. */
bool pin_image_builder_make_crowds(struct pin_image_builder *builder);

/* A number that stands for what an entry says; the sum over all entries does not depend on their order.
 * begin: the whole record. */
uint64_t pin_image_record_digest(const uint8_t *begin, const struct pin_image_record *record,
                                 uint64_t file_hash);
uint64_t pin_image_file_hash(const char *name);

/* The generation of a policy. content: the sum of pin_image_record_digest. block: the settings, whose
 * checksum is left out. */
uint64_t pin_image_generation(uint64_t content, const uint8_t *block, uint64_t size);

/* Chooses about one bucket for each base; most bases have one record. */
uint32_t pin_image_choose_bucket_bits(uint64_t record_count);

/* Stores in the settings what is known only after all entries were added. */
void pin_image_note_kinds(uint8_t *settings, uint32_t entry_count, uint32_t address_count);

/* Computes the checksum of a block and writes it into the block. */
static inline void pin_image_seal(uint64_t stamp, enum pin_image_block kind, uint64_t index, uint8_t *block,
                                  uint64_t size) {
  uint64_t checksum = pin_image_checksum(stamp, kind, index, block, size);
  memcpy(block, &checksum, sizeof checksum);
}

/* The size of the table in front of that many drop-ins, in bytes. */
static inline uint64_t pin_image_dropin_table_size(uint64_t count) {
  return pin_image_round_up((count + 1) * sizeof(uint32_t));
}

#endif
