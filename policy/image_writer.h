/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Writes a large file with little memory, in several sections that grow independently. */
#ifndef PIN_IMAGE_WRITER_H
#define PIN_IMAGE_WRITER_H

#include "image_parts.h"

/* A section of the new file, written from its beginning to its end. */
struct pin_image_writer {
  int fd;
  uint64_t begin, written; /* offset in the file, and bytes written so far */
  struct pin_buffer buffer;
  enum pin_status status; /* the first failure; PIN_OK: none so far */
};

/* Zeroed space for `size` more bytes, valid until the next call. NULL: something failed, see status. */
uint8_t *pin_image_extend(struct pin_image_writer *writer, size_t size);

/* How many bytes the section has by now. */
uint64_t pin_image_extent(const struct pin_image_writer *writer);

/* Writes what is still in the buffer. */
void pin_image_flush(struct pin_image_writer *writer);

/* Writes bytes at an offset. False: see errno. */
bool pin_image_write_at(int fd, const uint8_t *bytes, size_t size, uint64_t offset);

#endif
