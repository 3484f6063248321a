/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Writes an image that differs from another one in the entries of some drop-ins. All else is copied, block by
 * block, so that a change among a million entries takes little memory. What comes out is what image_builder.c
 * would make of the whole policy, but for the places of names and lists in it.
 */
#ifndef PIN_IMAGE_MERGE_H
#define PIN_IMAGE_MERGE_H

#include "image.h"
#include "image_builder.h"

struct pin_image_change {
  const struct pin_image *old;
  const char *const *paths; /* the drop-ins that changed, came or go; in byte order */
  size_t path_count;
};

/* Whether a path is one of those of a change. */
bool pin_image_change_has(const struct pin_image_change *change, const char *path);

/*
 * Whether the change can be made so: each drop-in of the old image that it touches holds nothing but entries,
 * and not too much of the old image is of use to nobody any more. PIN_OK, PIN_TOO_LARGE: no, or PIN_DAMAGED.
 */
enum pin_status pin_image_change_suits(const struct pin_image_change *change);

/* The pin sets of an image, for free(3), without the checksum; NULL with *ret_size 0: there are none.
 * PIN_OK, PIN_DAMAGED or PIN_NO_MEMORY. */
enum pin_status pin_image_read_pinsets(const struct pin_image *image, uint8_t **ret_bytes, size_t *ret_size);

/*
 * Writes the image into an empty file. added: the identities and entries of the drop-ins that came or
 * changed, in byte order of their paths; made under the key of the old image and a stamp of its own. PIN_OK,
 * PIN_DAMAGED, PIN_NO_MEMORY, PIN_TOO_LARGE (or the change touches a crowd), or PIN_UNREADABLE: it cannot be
 * written, see errno.
 */
enum pin_status pin_image_merge(const struct pin_image_change *change, struct pin_image_builder *added,
                                int fd);

#endif
