/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Random but repeatable damage to bytes. */
#ifndef FUZZ_CORRUPTION_H
#define FUZZ_CORRUPTION_H

#include <stddef.h>
#include <stdint.h>

enum corruption {
  CORRUPTION_FLIP = 0, /* a few bits */
  CORRUPTION_NOISE,    /* a range of random bytes */
  CORRUPTION_ZERO,     /* pages of zeros, as after a crash */
  CORRUPTION_TRUNCATE,
  CORRUPTION_MOVE,       /* a range of the image at another place */
  CORRUPTION_SWAP,       /* two ranges */
  CORRUPTION_TRANSPLANT, /* a range of the other image, from the same or another place */
  CORRUPTION_COUNT
};

/* "flip", "noise", ... Static. */
const char *corruption_name(enum corruption corruption);

struct bytes {
  uint8_t *data;
  size_t size;
};

/* The next number of a sequence that depends only on its start (splitmix64). */
uint64_t random_next(uint64_t *state);

/* Damages the image, which may become shorter. Both it and `other` have at least 16 bytes. */
enum corruption corrupt(uint64_t *random, struct bytes *image, const struct bytes *other);

#endif
