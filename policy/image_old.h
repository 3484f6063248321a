/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What a change reads of the image that it changes, beside the entries. */
#ifndef PIN_IMAGE_OLD_H
#define PIN_IMAGE_OLD_H

#include "image_merge.h"

/* A copy of a section, for free(3). NULL: it cannot be read, or is larger than is held in memory. */
uint8_t *pin_image_take_section(const struct pin_image *image, const struct pin_image_section *section);

/* The block of sources, for free(3). NULL: damaged. */
uint8_t *pin_image_take_sources(const struct pin_image *image, struct pin_image_sources *ret_sources);

/* One drop-in of an image. */
struct pin_image_dropin_view {
  const uint8_t *block;
  uint64_t size;
  struct pin_image_source source;
  const char *path;
};

/* Verifies one of the drop-ins in a copy of their section. false: damaged. */
bool pin_image_read_dropin(const struct pin_image *image, const uint8_t *section, uint32_t index,
                           struct pin_image_dropin_view *ret_dropin);

#endif
