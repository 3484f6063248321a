/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Walks through all buckets of an image. If the image is in a file, a window of it is read ahead, so that a
 * million entries cost some hundred calls and some hundred KiB. Not in pinning.so, which only looks up single
 * names.
 */
#ifndef PIN_IMAGE_WALK_H
#define PIN_IMAGE_WALK_H

#include "image.h"

/* A part of an image in a file. All zero: nothing was read yet. `bytes` is for free(3). */
struct pin_image_window {
  uint8_t *bytes;
  size_t capacity;
  uint64_t offset, size; /* of the part that was read, in the image */
};

/* Returns `size` bytes of a section, which must contain them; valid until the next call with this window.
 * NULL: they cannot be read. */
const uint8_t *pin_image_look(const struct pin_image *image, const struct pin_image_section *section,
                              uint64_t offset, uint64_t size, struct pin_image_window *window);

/* The state of a walk. */
struct pin_image_walk {
  const struct pin_image *image;
  uint64_t next; /* number of the next bucket */
  struct pin_image_window offsets, buckets;
};

enum pin_image_step { PIN_STEP_BUCKET, PIN_STEP_END, PIN_STEP_DAMAGED };

/* Begins a walk. The image must outlive it. The caller passes *ret_walk to pin_image_walk_end. */
void pin_image_walk_begin(const struct pin_image *image, struct pin_image_walk *ret_walk);
void pin_image_walk_end(struct pin_image_walk *walk);

/* Verifies the next bucket and begins to read it; what *ret_cursor points to is valid until the next call.
 * No memory counts as damage. */
enum pin_image_step pin_image_walk_next(struct pin_image_walk *walk, struct pin_image_cursor *ret_cursor);

#endif
