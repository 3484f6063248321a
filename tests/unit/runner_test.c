/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Tests the runner: each failure that CUnit reports as success must end with 1. No suite can test this. */
#include "runner.h"

#include <stdio.h>

static void holds(void) {
  CU_ASSERT_TRUE(1);
}

static void fails(void) {
  CU_ASSERT_TRUE(0);
}

static void asserts_nothing(void) {
}

static int refuses(void) {
  return -1;
}

static const struct unit_test good_tests[] = {{"holds", holds}, {NULL, NULL}};
static const struct unit_test bad_tests[] = {{"holds", holds}, {"fails", fails}, {NULL, NULL}};
static const struct unit_test idle_tests[] = {{"asserts nothing", asserts_nothing}, {NULL, NULL}};
static const struct unit_test no_tests[] = {{NULL, NULL}};

static const struct {
  struct unit_suite suite;
  int status;
} cases[] = {
    {{"good", NULL, NULL, good_tests}, 0},
    {{"a failed assertion (expected)", NULL, NULL, bad_tests}, 1},
    {{"a failed set-up (expected)", refuses, NULL, good_tests}, 1},
    {{"a failed tear-down (expected)", NULL, refuses, good_tests}, 1},
    {{"no test at all (expected)", NULL, NULL, no_tests}, 1},
    {{"no assertion at all (expected)", NULL, NULL, idle_tests}, 1},
    {{"good after bad ones", NULL, NULL, good_tests}, 0},
};

int main(void) {
  int wrong = 0;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    if (unit_run(&cases[i].suite) == cases[i].status)
      continue;
    fprintf(stderr, "runner: wrong status for \"%s\"\n", cases[i].suite.name);
    wrong = 1;
  }
  return wrong;
}
