/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "image_writer.h"

#include <errno.h>
#include <unistd.h>

#define WRITTEN_AT_ONCE ((size_t)1 << 20)

bool pin_image_write_at(int fd, const uint8_t *bytes, size_t size, uint64_t offset) {
  while (size > 0) {
    ssize_t written = pwrite(fd, bytes, size, (off_t)offset);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    bytes += written;
    size -= (size_t)written;
    offset += (uint64_t)written;
  }
  return true;
}

void pin_image_flush(struct pin_image_writer *writer) {
  if (writer->status == PIN_OK && !pin_image_write_at(writer->fd, writer->buffer.bytes, writer->buffer.used,
                                                      writer->begin + writer->written))
    writer->status = PIN_UNREADABLE;
  writer->written += writer->buffer.used;
  writer->buffer.used = 0;
}

uint64_t pin_image_extent(const struct pin_image_writer *writer) {
  return writer->written + writer->buffer.used;
}

uint8_t *pin_image_extend(struct pin_image_writer *writer, size_t size) {
  if (writer->buffer.used > 0 && size + writer->buffer.used > WRITTEN_AT_ONCE)
    pin_image_flush(writer);
  uint8_t *added = writer->status == PIN_OK ? pin_buffer_extend(&writer->buffer, size) : NULL;
  if (!added && writer->status == PIN_OK)
    writer->status = PIN_NO_MEMORY;
  return added;
}
