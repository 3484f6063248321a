/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of corruption.h: random but repeatable damage. */
#include "corruption.h"

#include <string.h>

#define PAGE 4096u

const char *corruption_name(enum corruption corruption) {
  static const char *const names[] = {"flip", "noise", "zero", "truncate", "move", "swap", "transplant"};
  return names[corruption];
}

uint64_t random_next(uint64_t *state) {
  uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);
  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
  return mixed ^ (mixed >> 31);
}

static size_t below(uint64_t *random, size_t bound) {
  return (size_t)(random_next(random) % bound);
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

/* A few bytes as often as a few thousand, and mostly a multiple of eight, because images consist of units of
 * eight. */
static size_t random_length(uint64_t *random, size_t limit) {
  size_t length = 1 + below(random, (size_t)1 << (3 + below(random, 12)));
  if (below(random, 4) != 0)
    length = (length + 7) & ~(size_t)7;
  return smaller(length, limit);
}

static size_t random_place(uint64_t *random, size_t limit) {
  size_t place = below(random, limit);
  return below(random, 4) != 0 ? place & ~(size_t)7 : place;
}

static void flip(uint64_t *random, struct bytes *image) {
  for (size_t left = 1 + below(random, 8); left > 0; left--)
    image->data[below(random, image->size)] ^= (uint8_t)(1u << below(random, 8));
}

static void noise(uint64_t *random, struct bytes *image) {
  size_t at = random_place(random, image->size);
  size_t length = random_length(random, image->size - at);
  for (size_t i = 0; i < length; i++)
    image->data[at + i] = (uint8_t)random_next(random);
}

static void zero(uint64_t *random, struct bytes *image) {
  size_t at = below(random, image->size) / PAGE * PAGE;
  memset(image->data + at, 0, smaller(PAGE * (1 + below(random, 3)), image->size - at));
}

static void move(uint64_t *random, struct bytes *image) {
  size_t from = random_place(random, image->size);
  size_t to = random_place(random, image->size);
  memmove(image->data + to, image->data + from, random_length(random, image->size - (from > to ? from : to)));
}

static void swap(uint64_t *random, struct bytes *image) {
  size_t a = random_place(random, image->size);
  size_t b = random_place(random, image->size);
  size_t length = random_length(random, image->size - (a > b ? a : b));
  for (size_t i = 0; i < length; i++) {
    uint8_t byte = image->data[a + i];
    image->data[a + i] = image->data[b + i];
    image->data[b + i] = byte;
  }
}

/* Sometimes everything from some place on, as if a writer was stopped while overwriting the file. */
static void transplant(uint64_t *random, struct bytes *image, const struct bytes *other) {
  size_t shared = smaller(image->size, other->size);
  size_t from = random_place(random, shared);
  size_t to = below(random, 2) != 0 ? from : random_place(random, shared);
  size_t room = shared - (from > to ? from : to);
  memcpy(image->data + to, other->data + from, below(random, 4) == 0 ? room : random_length(random, room));
}

enum corruption corrupt(uint64_t *random, struct bytes *image, const struct bytes *other) {
  enum corruption corruption = (enum corruption)below(random, CORRUPTION_COUNT);
  switch (corruption) {
  case CORRUPTION_FLIP:
    flip(random, image);
    break;
  case CORRUPTION_NOISE:
    noise(random, image);
    break;
  case CORRUPTION_ZERO:
    zero(random, image);
    break;
  case CORRUPTION_TRUNCATE:
    image->size = below(random, image->size);
    break;
  case CORRUPTION_MOVE:
    move(random, image);
    break;
  case CORRUPTION_SWAP:
    swap(random, image);
    break;
  default:
    transplant(random, image, other);
    break;
  }
  return corruption;
}
