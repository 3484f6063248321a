/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "read_at.h"

#include <errno.h>
#include <unistd.h>

ssize_t pin_read_at(int fd, void *bytes, size_t size, off_t offset) {
  size_t filled = 0;
  while (filled < size) {
    ssize_t got = pread(fd, (char *)bytes + filled, size - filled, offset + (off_t)filled);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    filled += (size_t)got;
  }
  return (ssize_t)filled;
}
