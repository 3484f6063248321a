/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The smallest request to malloc that fits a block; it bounds the length of an unterminated name. */
#include "openssl/malloc_bounds.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>

#include "runner.h"

#define LONGEST 253
#define BLOCKS 12 /* more than malloc caches for the next request of this size */

static void *taken[LONGEST * (2 * BLOCKS + 2)];
static size_t taken_count;

static size_t take(size_t size) {
  void *block = malloc(size);

  taken[taken_count++] = block;
  return malloc_usable_size(block);
}

/* Leaves free blocks in the heap that fit only the next larger size, each between two used ones. */
static void free_larger(size_t size) {
  size_t larger = take(size) + 16;
  void *freed[BLOCKS];

  for (size_t i = 0; i < BLOCKS; i++) {
    freed[i] = malloc(larger);
    take(16);
  }
  for (size_t i = 0; i < BLOCKS; i++)
    free(freed[i]);
  /* A request of this size makes malloc sort the freed blocks. */
  take(100000);
}

static int free_taken(void) {
  while (taken_count > 0)
    free(taken[--taken_count]);
  return 0;
}

static void test_every_length(void) {
  bool rounds = take(1) > 1; /* a sanitizer's malloc does not */
  size_t most = 0;

  free_taken();

  for (size_t size = 1; size <= LONGEST; size++) {
    free_larger(size);
    for (size_t i = 0; i < BLOCKS; i++) {
      size_t room = take(size);

      CU_ASSERT_TRUE(malloc_least_request(room) <= size && size <= room);
      most = room - size > most ? room - size : most;
    }
  }
  /* Otherwise nothing was tested. With 32-bit pointers, 16 bytes are a size of their own. */
  CU_ASSERT_TRUE(!rounds || most > (sizeof(void *) == 8 ? 15 : 11));
}

static void test_never_nothing(void) {
  for (size_t room = 0; room <= 1024; room++) {
    CU_ASSERT_TRUE(malloc_least_request(room) >= 1);
    CU_ASSERT_TRUE(room == 0 || malloc_least_request(room) <= room);
  }
}

int main(void) {
  static const struct unit_test tests[] = {
      {"every length a name can have", test_every_length},
      {"never nothing, never more than there is", test_never_nothing},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"malloc_bounds", NULL, free_taken, tests};
  return unit_run(&suite);
}
