/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The shared part of the tests of damaged and of hostile images: a policy with one entry of each sort,
 * questions to it, and a place where a read beyond the end of the image kills the test.
 */
#ifndef UNIT_IMAGE_STAGE_H
#define UNIT_IMAGE_STAGE_H

#include "image.h"
#include "sample.h"

#define STAGE_NAMES 13
#define STAGE_PATHS 10

/* The policy; five entries before the last one. */
extern const struct sample_spec stage_spec;

/* The answers of an image to every name and path. */
struct stage_answers {
  bool opened;
  struct {
    enum pin_outcome outcome;
    enum pin_reason reason;
  } said[STAGE_NAMES][STAGE_PATHS];
};

/* The contents of all entries. */
struct stage_visit {
  size_t count, bytes;
};

/* Makes room for images of up to this many bytes. false: no memory. Undo with stage_close. */
bool stage_open(size_t size);
void stage_close(void);

/*
 * Copies the first `size` bytes of an image to the end of the stage, right before unreadable memory. A size
 * that is no multiple of 8 is placed like the next one that is. Valid until the next call.
 */
uint8_t *stage_put(const void *image, size_t size);

void stage_ask(const void *image, size_t size, struct stage_answers *ret_answers);

/* Whether each answer is the same as before, or the refusal of a damaged image. */
bool stage_is_safe(const struct stage_answers *answers, const struct stage_answers *before);

/* Reads every byte that an entry points at. */
enum pin_status stage_visit_all(const void *image, size_t size, struct stage_visit *ret_visited);

#endif
