/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* How many lines the log gets if an outsider chooses the hosts. Each test continues with the state of the one
 * before, at a much later time. */
#include "common/log_limit.h"
#include "runner.h"

#define HOUR INT64_C(3600000)

/* Subjects spread like hashes. */
static uint64_t subject(uint64_t number) {
  return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void one_subject(void) {
  unsigned swallowed, lines = 0;

  for (int i = 0; i < 1000; i++)
    lines += log_limit_admits(LOG_LIMIT_LISTED, subject(0), HOUR + i, &swallowed);
  CU_ASSERT_EQUAL(lines, 10);
  CU_ASSERT_TRUE(log_limit_admits(LOG_LIMIT_LISTED, subject(0), HOUR + 12000, &swallowed));
  CU_ASSERT_EQUAL(swallowed, 990);
  CU_ASSERT_FALSE(log_limit_admits(LOG_LIMIT_LISTED, subject(0), HOUR + 12000, &swallowed));
  /* Another subject has its own lines. */
  CU_ASSERT_TRUE(log_limit_admits(LOG_LIMIT_LISTED, subject(1), HOUR + 12000, &swallowed));
}

static void many_subjects(void) {
  unsigned swallowed, lines = 0;
  uint64_t told = 0;

  for (unsigned i = 0; i < 100000; i++) {
    if (log_limit_admits(LOG_LIMIT_LISTED, subject(100 + i), 2 * HOUR + i / 1000, &swallowed)) {
      lines++;
      told += swallowed;
    }
  }
  CU_ASSERT_TRUE(lines >= 64 && lines <= 101);
  /* For a minute, ten new names each millisecond. */
  for (unsigned i = 0; i < 600000; i++) {
    if (log_limit_admits(LOG_LIMIT_LISTED, subject(200000 + i), 2 * HOUR + 1000 + i / 10, &swallowed)) {
      lines++;
      told += swallowed;
    }
  }
  CU_ASSERT_TRUE(lines <= 101 + 62);
  /* All lines that were held back are counted in some line. */
  for (unsigned i = 0; i < 100; i++) {
    if (log_limit_admits(LOG_LIMIT_LISTED, subject(1000000 + i), 3 * HOUR, &swallowed)) {
      lines++;
      told += swallowed;
    }
  }
  CU_ASSERT_TRUE(log_limit_admits(LOG_LIMIT_LISTED, subject(1000000), 4 * HOUR, &swallowed));
  /* And the last one of the test before. */
  CU_ASSERT_EQUAL(told + swallowed + lines, 100000 + 600000 + 100 + 1);
}

/* Names that were refused until their lines were held back, and that never come again. */
static void table_filled_for_good(void) {
  unsigned swallowed, lines = 0;

  for (unsigned i = 0; i < 1000; i++)
    for (unsigned j = 0; j < 12; j++)
      lines += log_limit_admits(LOG_LIMIT_LISTED, subject(2000000 + i), 5 * HOUR, &swallowed);
  CU_ASSERT_TRUE(lines <= 100);
  for (unsigned j = 0; j < 12; j++)
    lines += log_limit_admits(LOG_LIMIT_LISTED, subject(3000000), 6 * HOUR, &swallowed);
  CU_ASSERT_TRUE(lines <= 110);
}

/* Hosts without an entry, however many, take no lines from a host with an entry. */
static void unlisted_apart(void) {
  unsigned swallowed, lines = 0, unlisted = 0;

  for (unsigned i = 0; i < 100000; i++)
    unlisted += log_limit_admits(LOG_LIMIT_UNLISTED, subject(4000000 + i), 7 * HOUR, &swallowed);
  CU_ASSERT_TRUE(unlisted >= 64 && unlisted <= 101);
  for (unsigned i = 0; i < 10; i++) {
    lines += log_limit_admits(LOG_LIMIT_LISTED, subject(5000000), 7 * HOUR, &swallowed);
    CU_ASSERT_TRUE(swallowed < 1000);
  }
  CU_ASSERT_EQUAL(lines, 10);
}

int main(void) {
  static const struct unit_test tests[] = {{"one subject", one_subject},
                                           {"many subjects", many_subjects},
                                           {"a table filled for good", table_filled_for_good},
                                           {"hosts without an entry", unlisted_apart},
                                           {NULL, NULL}};
  static const struct unit_suite suite = {"log_limit", NULL, NULL, tests};
  return unit_run(&suite);
}
