/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of fixed_random.h: a random generator for OpenSSL that repeats itself. */
#include "fixed_random.h"

#include <string.h>

#include <openssl/rand.h>

static _Thread_local uint64_t state;

void fixed_random_begin(uint64_t number) {
  state = number;
}

/* SplitMix64. */
static uint64_t next(void) {
  uint64_t mixed = state += UINT64_C(0x9e3779b97f4a7c15);

  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
  return mixed ^ (mixed >> 31);
}

static int fill(unsigned char *bytes, int size) {
  for (int at = 0; at < size; at += (int)sizeof(uint64_t)) {
    uint64_t word = next();
    size_t left = (size_t)(size - at);

    memcpy(bytes + at, &word, left < sizeof word ? left : sizeof word);
  }
  return 1;
}

static int always(void) {
  return 1;
}

bool fixed_random_install(void) {
  static const RAND_METHOD method = {.bytes = fill, .pseudorand = fill, .status = always};

  return RAND_set_rand_method(&method) == 1;
}
