/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * All buckets of an image, one after the other. Of an image in a file a window is read ahead, so that a
 * million entries cost some hundred calls and some hundred KiB. Not part of pinning.so, which asks for single
 * names.
 */
#ifndef PIN_IMAGE_WALK_H
#define PIN_IMAGE_WALK_H

#include "image.h"

/* Some of an image in a file. All zero: nothing was read yet; `bytes` is for free(3). */
struct pin_image_window {
  uint8_t *bytes;
  size_t capacity;
  uint64_t offset, size; /* of what was read, in the image */
};

/*
 * `size` bytes of a section, within which they lie, good until the next call with the same window, which
 * moves with them. NULL: they cannot be read.
 */
const uint8_t *pin_image_look(const struct pin_image *image, const struct pin_image_section *section,
                              uint64_t offset, uint64_t size, struct pin_image_window *window);

struct pin_image_walk {
  const struct pin_image *image;
  uint64_t next; /* bucket */
  struct pin_image_window offsets, buckets;
};

enum pin_image_step { PIN_STEP_BUCKET, PIN_STEP_END, PIN_STEP_DAMAGED };

/* The image has to outlive the walk. To be given to pin_image_walk_end. */
void pin_image_walk_begin(const struct pin_image *image, struct pin_image_walk *ret_walk);
void pin_image_walk_end(struct pin_image_walk *walk);

/* Verifies the next bucket and begins to read it; what it points at lives until the next step. Out of memory
 * counts as damage. */
enum pin_image_step pin_image_walk_next(struct pin_image_walk *walk, struct pin_image_cursor *ret_cursor);

#endif
