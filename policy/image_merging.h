/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The state of a merge, shared by image_merge.c (entries, and the whole) and image_merge_parts.c (the
 * sections before them). */
#ifndef PIN_IMAGE_MERGING_H
#define PIN_IMAGE_MERGING_H

#include "image_old.h"
#include "image_parts.h"
#include "image_writer.h"

/* An entry that is added. */
struct pin_arrival {
  const uint8_t *record;
  uint64_t bucket; /* in the new image */
  size_t order;    /* its number among the entries that are added */
};

/* A name in the section of files. */
struct pin_file_place {
  uint32_t unit;
  uint64_t known_by; /* the hash of the name, or its unit in `added` */
};

/* All pointers but `change`, `old` and `added` are owned. */
struct pin_merge {
  const struct pin_image_change *change;
  const struct pin_image *old;
  struct pin_image_builder *added;
  struct pin_image_sources sources;
  uint8_t *sources_block;
  const char *main_path;      /* points into sources_block */
  struct pin_image_head head; /* of the new image */
  struct pin_buffer dropins, files;
  struct pin_buffer gone;        /* struct pin_file_place: files of the old image whose entries are removed */
  struct pin_buffer file_places; /* struct pin_file_place: the new units, in the order of added->files */
  struct pin_buffer list_places; /* uint64_t: the new places, in the order of added->lists */
  struct pin_arrival *arrivals;
  size_t next_arrival; /* the first that is not written yet */
  struct pin_image_writer rest, offsets, buckets;
  struct pin_buffer bucket; /* the bucket that is being filled */
  enum pin_status status;   /* the first failure; PIN_OK: none so far */
};

static inline bool pin_merge_goes_on(const struct pin_merge *merge) {
  return merge->status == PIN_OK;
}

static inline void pin_merge_fail(struct pin_merge *merge, enum pin_status status) {
  if (merge->status == PIN_OK)
    merge->status = status;
}

/* NULL: no memory, which is noted in the merge. */
static inline uint8_t *pin_merge_grow(struct pin_merge *merge, struct pin_buffer *buffer, size_t size) {
  uint8_t *added = pin_buffer_extend(buffer, size);
  if (!added)
    pin_merge_fail(merge, PIN_NO_MEMORY);
  return added;
}

/* Each writes its section behind the one before, and notes a failure in the merge. */
void pin_merge_dropins(struct pin_merge *merge);
void pin_merge_files(struct pin_merge *merge);
void pin_merge_lists(struct pin_merge *merge);
void pin_merge_pinsets(struct pin_merge *merge);

/* The number of struct pin_file_place in a buffer, and one of them. */
size_t pin_file_place_count(const struct pin_buffer *places);
struct pin_file_place pin_file_place_at(const struct pin_buffer *places, size_t i);

/* Where a list of `added` is in the new image. at: its place in added->lists. */
uint64_t pin_merge_new_list(const struct pin_merge *merge, uint64_t at);

#endif
