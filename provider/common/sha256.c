/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "sha256.h"

#include <stdint.h>
#include <string.h>

#define BLOCK 64

/* FIPS 180-4, section 4.2.2: from the cube roots of the first 64 primes. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotated(uint32_t word, int bits) {
  return word >> bits | word << (32 - bits);
}

static uint32_t read_word(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_word(uint32_t word, unsigned char *ret_bytes) {
  for (int i = 0; i < 4; i++)
    ret_bytes[i] = (unsigned char)(word >> (24 - 8 * i));
}

/* Section 6.2.2, step 1. */
static void expand(const unsigned char *block, uint32_t ret_schedule[64]) {
  for (int t = 0; t < 16; t++)
    ret_schedule[t] = read_word(block + 4 * t);
  for (int t = 16; t < 64; t++) {
    uint32_t two = ret_schedule[t - 2], fifteen = ret_schedule[t - 15];

    ret_schedule[t] = (rotated(two, 17) ^ rotated(two, 19) ^ two >> 10) + ret_schedule[t - 7] +
                      (rotated(fifteen, 7) ^ rotated(fifteen, 18) ^ fifteen >> 3) + ret_schedule[t - 16];
  }
}

/* Steps 2 to 4; the working variables a to h are those of the array. */
static void add_block(uint32_t hash[8], const unsigned char *block) {
  uint32_t schedule[64], v[8];

  expand(block, schedule);
  memcpy(v, hash, sizeof v);
  for (int t = 0; t < 64; t++) {
    uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]),
             majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    uint32_t one = v[7] + (rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)) + choice + constants[t] +
                   schedule[t];
    uint32_t two = (rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)) + majority;

    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += one;
    v[0] = one + two;
  }
  for (int i = 0; i < 8; i++)
    hash[i] += v[i];
}

void sha256(const void *data, size_t size, unsigned char ret_digest[32]) {
  /* Section 5.3.3. */
  uint32_t hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  const unsigned char *bytes = data;
  unsigned char last[2 * BLOCK] = {0};
  size_t rest = size % BLOCK, end = rest + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
  uint64_t bits = (uint64_t)size * 8;

  for (size_t done = 0; done + BLOCK <= size; done += BLOCK)
    add_block(hash, bytes + done);
  /* Section 5.1.1: a bit, zeros, and the length. */
  if (rest > 0)
    memcpy(last, bytes + size - rest, rest);
  last[rest] = 0x80;
  write_word((uint32_t)(bits >> 32), last + end - 8);
  write_word((uint32_t)bits, last + end - 4);
  for (size_t done = 0; done < end; done += BLOCK)
    add_block(hash, last + done);
  for (int i = 0; i < 8; i++)
    write_word(hash[i], ret_digest + 4 * i);
}
