/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Reads the parts of an old image, other than entries, that a change needs. */
#ifndef PIN_IMAGE_OLD_H
#define PIN_IMAGE_OLD_H

#include "image_merge.h"

/* A copy of a section, freed by free(3). NULL: it cannot be read, is too large to hold in memory, or no
 * memory. */
uint8_t *pin_image_take_section(const struct pin_image *image, const struct pin_image_section *section);

/* The block of sources, freed by free(3). NULL: damaged. */
uint8_t *pin_image_take_sources(const struct pin_image *image, struct pin_image_sources *ret_sources);

/* A drop-in of an image. Points into the copy of its section. */
struct pin_image_dropin_view {
  const uint8_t *block;
  uint64_t size;
  struct pin_image_source source;
  const char *path;
};

/* Verifies a drop-in in a copy of the section. False: damaged. */
bool pin_image_read_dropin(const struct pin_image *image, const uint8_t *section, uint32_t index,
                           struct pin_image_dropin_view *ret_dropin);

#endif
