/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Writes an image that differs from another one only in the entries of some drop-ins. Everything else is
 * copied block by block, so a change among a million entries needs little memory. The result is what
 * image_builder.c would make of the whole policy, except for where names and lists are placed.
 */
#ifndef PIN_IMAGE_MERGE_H
#define PIN_IMAGE_MERGE_H

#include "image.h"
#include "image_builder.h"

struct pin_image_change {
  const struct pin_image *old; /* the image before the change */
  const char *const *paths;    /* of drop-ins that were added, changed or removed; in byte order */
  size_t path_count;
};

/* Whether the path is one of the change's. */
bool pin_image_change_has(const struct pin_image_change *change, const char *path);

/* Whether the change can be made this way: each affected drop-in of the old image contains only entries,
 * and not too much of the old image is unused. PIN_OK; PIN_TOO_LARGE: no; PIN_DAMAGED. */
enum pin_status pin_image_change_suits(const struct pin_image_change *change);

/* The pin sets of an image, without the checksum; freed by free(3). NULL with *ret_size 0: there are none.
 * PIN_OK, PIN_DAMAGED or PIN_NO_MEMORY. */
enum pin_status pin_image_read_pinsets(const struct pin_image *image, uint8_t **ret_bytes, size_t *ret_size);

/*
 * Writes the image to an empty file. added: identities and entries of the drop-ins that were added or
 * changed, in byte order of their paths, made with the key of the old image and a stamp of its own. PIN_OK;
 * PIN_DAMAGED; PIN_NO_MEMORY; PIN_TOO_LARGE: too large, or the change affects a crowd; PIN_UNREADABLE: the
 * file cannot be written, see errno.
 */
enum pin_status pin_image_merge(const struct pin_image_change *change, struct pin_image_builder *added,
                                int fd);

#endif
