/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PIN_READ_AT_H
#define PIN_READ_AT_H

#include <stddef.h>
#include <sys/types.h>

/* Reads up to `size` bytes of an open file at `offset`, with as many calls as it takes. Returns how many
 * bytes were read (fewer only at the end of the file), or -1 with errno set. */
ssize_t pin_read_at(int fd, void *bytes, size_t size, off_t offset);

#endif
