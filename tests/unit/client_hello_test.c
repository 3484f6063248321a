/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The server name in a ClientHello, with and without a cookie, cut off anywhere, or with more data after it;
 * and early data. */
#include "gnutls/hello.h"

#include <string.h>

#include "runner.h"

static unsigned char message[512];
static size_t size;

static void put(const void *bytes, size_t count) {
  memcpy(message + size, bytes, count);
  size += count;
}

static void put_byte(unsigned byte) {
  unsigned char value = (unsigned char)byte;

  put(&value, 1);
}

/* cookie: its length; -1: none, as in TLS. name: NULL: no extension has one. */
static void make(unsigned major, int cookie, const char *name) {
  static const unsigned char zeros[64];
  size_t length = name != NULL ? strlen(name) : 0;

  size = 0;
  put_byte(major);
  put_byte(3);
  put(zeros, 32);
  put_byte(0);
  if (cookie >= 0)
    put_byte((unsigned)cookie), put(zeros, (size_t)cookie);
  put("\0\2\x13\x01", 4);
  put("\1\0", 2);
  put_byte(0);
  put_byte(name != NULL ? (unsigned)length + 9 + 4 : 4);
  put("\0\x17\0\0", 4);
  if (name == NULL)
    return;
  put("\0\0\0", 3);
  put_byte((unsigned)length + 5);
  put_byte(0);
  put_byte((unsigned)length + 3);
  put("\0\0", 2);
  put_byte((unsigned)length);
  put(name, length);
}

static bool has_name(const char *expected) {
  struct hello hello;

  if (!hello_read(message, size, &hello) || hello.has_early_data)
    return false;
  if (expected == NULL)
    return hello.name == NULL;
  return hello.name != NULL && hello.name_size == strlen(expected) &&
         memcmp(hello.name, expected, hello.name_size) == 0;
}

static void names(void) {
  make(3, -1, "host.test.example");
  CU_ASSERT_TRUE(has_name("host.test.example"));
  make(0xfe, 0, "host.test.example");
  CU_ASSERT_TRUE(has_name("host.test.example"));
  make(0xfe, 20, "host.test.example");
  CU_ASSERT_TRUE(has_name("host.test.example"));
  make(1, 20, "host.test.example");
  CU_ASSERT_TRUE(has_name("host.test.example"));
  make(3, -1, NULL);
  CU_ASSERT_TRUE(has_name(NULL));
}

/* The extension may be at any position. */
static void early_data(void) {
  const char *const names[] = {NULL, "host.test.example"};
  struct hello hello;

  for (size_t i = 0; i < 2; i++) {
    make(3, -1, names[i]);
    message[size - (names[i] != NULL ? strlen(names[i]) + 9 + 4 : 4) + 1] = 42;
    CU_ASSERT_TRUE(hello_read(message, size, &hello));
    CU_ASSERT_TRUE(hello.has_early_data);
    CU_ASSERT_EQUAL(hello.name == NULL, names[i] == NULL);
  }
}

/* What a program might send to attack its server. */
static void versions_that_are_none(void) {
  for (unsigned major = 0; major < 256; major++) {
    if (major == 3 || major == 0xfe || major == 1)
      continue;
    make(major, -1, "host.test.example");
    CU_ASSERT_TRUE(has_name("host.test.example"));
    make(major, 20, "host.test.example");
    CU_ASSERT_TRUE(has_name("host.test.example"));
  }
}

static void cannot_be_read(void) {
  for (int cookie = -1; cookie < 1; cookie++) {
    make(cookie < 0 ? 3 : 0xfe, cookie, "host.test.example");
    for (size_t whole = size--; size > 0; size--) {
      /* Without extensions, the message is complete, too. */
      if (size != whole - 32)
        CU_ASSERT_FALSE(has_name("host.test.example") || has_name(NULL));
    }
    make(cookie < 0 ? 3 : 0xfe, cookie, "host.test.example");
    put_byte(0);
    CU_ASSERT_FALSE(has_name("host.test.example") || has_name(NULL));
  }
}

int main(void) {
  static const struct unit_test tests[] = {{"names", names},
                                           {"early data", early_data},
                                           {"versions that are none", versions_that_are_none},
                                           {"cannot be read", cannot_be_read},
                                           {NULL, NULL}};
  static const struct unit_suite suite = {"ClientHello", NULL, NULL, tests};

  return unit_run(&suite);
}
