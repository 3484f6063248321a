/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Our SHA-256 against published digests and against OpenSSL's. */
#include "common/sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "runner.h"

static void check(const char *text, const char *expected) {
  unsigned char digest[32];
  char hex[65];

  sha256(text, strlen(text), digest);
  for (size_t i = 0; i < sizeof digest; i++)
    snprintf(hex + 2 * i, 3, "%02x", digest[i]);
  CU_ASSERT_STRING_EQUAL(hex, expected);
}

/* The examples that NIST gives with FIPS 180-4. */
static void test_published(void) {
  check("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  check("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  check("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnop"
        "qrstn"
        "opqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void agree(const unsigned char *data, size_t size) {
  unsigned char ours[32], theirs[32];

  sha256(data, size, ours);
  CU_ASSERT_FATAL(EVP_Digest(data, size, theirs, NULL, EVP_sha256(), NULL) == 1);
  CU_ASSERT(memcmp(ours, theirs, sizeof ours) == 0);
}

#define LONGEST 20000

static void test_every_short_length_and_random_long_ones(void) {
  static unsigned char data[LONGEST];

  srandom(1);
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (unsigned char)random();
  for (size_t size = 0; size <= 300; size++)
    agree(data, size);
  for (int i = 0; i < 500; i++) {
    size_t start = (size_t)random() % LONGEST;

    agree(data + start, (size_t)random() % (LONGEST - start));
  }
}

int main(void) {
  static const struct unit_test tests[] = {
      {"published digests", test_published},
      {"as OpenSSL's", test_every_short_length_and_random_long_ones},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"sha256", NULL, NULL, tests};
  return unit_run(&suite);
}
