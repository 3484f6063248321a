/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A digest is found only for exactly the bytes that it was kept for. */
#include "runner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "openssl/digest_cache.h"

#define SIZE 91

static void fill(unsigned char *data, size_t size, unsigned char first) {
  for (size_t i = 0; i < size; i++)
    data[i] = (unsigned char)(first + i * 7);
}

/* Stands for the digest of data that begin with this byte. */
static void stand_in(unsigned char first, unsigned char ret_digest[32]) {
  memset(ret_digest, first ^ 0x5a, 32);
}

static void keep(unsigned char *data, size_t size, unsigned char first) {
  unsigned char digest[32];

  fill(data, size, first);
  stand_in(first, digest);
  digest_cache_keep(data, size, digest);
}

static atomic_bool found_another;

static bool finds(const unsigned char *data, size_t size, unsigned char first) {
  unsigned char digest[32] = {0}, expected[32];

  stand_in(first, expected);
  if (!digest_cache_find(data, size, digest))
    return false;
  if (memcmp(digest, expected, sizeof digest) != 0)
    atomic_store(&found_another, true);
  return true;
}

static void finds_what_was_kept(void) {
  unsigned char data[SIZE];

  keep(data, SIZE, 1);
  CU_ASSERT_TRUE(finds(data, SIZE, 1));
}

static void any_other_byte_is_other_data(void) {
  unsigned char data[SIZE];

  keep(data, SIZE, 2);
  for (size_t i = 0; i < SIZE; i++) {
    for (unsigned bit = 1; bit < 256; bit <<= 1) {
      data[i] ^= (unsigned char)bit;
      CU_ASSERT_FALSE(finds(data, SIZE, 2));
      data[i] ^= (unsigned char)bit;
    }
  }
  CU_ASSERT_TRUE(finds(data, SIZE, 2));
}

static void another_length_is_other_data(void) {
  unsigned char data[SIZE + 1];

  fill(data, SIZE + 1, 3);
  keep(data, SIZE, 3);
  for (size_t size = 1; size <= SIZE + 1; size++)
    CU_ASSERT_EQUAL(finds(data, size, 3), size == SIZE);
}

static void lengths_beyond_the_limits_are_not_kept(void) {
  unsigned char data[DIGEST_CACHE_MOST + 1];

  keep(data, DIGEST_CACHE_MOST, 4);
  CU_ASSERT_TRUE(finds(data, DIGEST_CACHE_MOST, 4));
  keep(data, DIGEST_CACHE_MOST + 1, 5);
  CU_ASSERT_FALSE(finds(data, DIGEST_CACHE_MOST + 1, 5));
  keep(data, DIGEST_CACHE_LEAST, 6);
  CU_ASSERT_TRUE(finds(data, DIGEST_CACHE_LEAST, 6));
  keep(data, DIGEST_CACHE_LEAST - 1, 7);
  CU_ASSERT_FALSE(finds(data, DIGEST_CACHE_LEAST - 1, 7));
}

static void the_later_takes_the_place_of_the_earlier(void) {
  unsigned char first[SIZE], second[SIZE];

  keep(first, SIZE, 8);
  memcpy(second, first, SIZE);
  second[0] = 9;
  digest_cache_keep(second, SIZE, (const unsigned char[32]){0x5a ^ 9});
  CU_ASSERT_FALSE(finds(first, SIZE, 8));
}

static void *keep_and_find(void *arg) {
  unsigned char number = *(const unsigned char *)arg, data[SIZE];

  for (int turn = 0; turn < 20000; turn++) {
    unsigned char first = (unsigned char)(number + turn % 3);

    keep(data, SIZE, first);
    (void)finds(data, SIZE, first);
  }
  return NULL;
}

/* A digest that is found meanwhile is complete. */
static void threads_meet(void) {
  static unsigned char numbers[] = {10, 11, 12, 13};
  pthread_t threads[4];

  for (size_t i = 0; i < 4; i++)
    CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, keep_and_find, &numbers[i]), 0);
  for (size_t i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
}

static void nothing_else_was_found(void) {
  CU_ASSERT_FALSE(atomic_load(&found_another));
}

int main(void) {
  static const struct unit_test tests[] = {
      {"finds what was kept", finds_what_was_kept},
      {"any other byte is other data", any_other_byte_is_other_data},
      {"another length is other data", another_length_is_other_data},
      {"lengths beyond the limits are not kept", lengths_beyond_the_limits_are_not_kept},
      {"the later takes the place of the earlier", the_later_takes_the_place_of_the_earlier},
      {"threads meet", threads_meet},
      {"nothing else was found", nothing_else_was_found},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"digest cache", NULL, NULL, tests};
  return unit_run(&suite);
}
