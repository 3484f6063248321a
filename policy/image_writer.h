/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Writes a large file in stretches, each of which grows for itself, with little memory. */
#ifndef PIN_IMAGE_WRITER_H
#define PIN_IMAGE_WRITER_H

#include "image_parts.h"

/* One stretch of the new file, written from its beginning to its end. */
struct pin_image_writer {
  int fd;
  uint64_t begin, written;
  struct pin_buffer buffer;
  enum pin_status status; /* the first thing that went wrong */
};

/* Room for so many bytes more, zeroed, good until the next call. NULL: something went wrong. */
uint8_t *pin_image_extend(struct pin_image_writer *writer, size_t size);

/* How far the stretch goes by now. */
uint64_t pin_image_extent(const struct pin_image_writer *writer);

/* Writes what was not written yet. */
void pin_image_flush(struct pin_image_writer *writer);

/* Writes some bytes at a place. false: see errno. */
bool pin_image_write_at(int fd, const uint8_t *bytes, size_t size, uint64_t offset);

#endif
