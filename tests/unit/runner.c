/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of runner.h: runs a suite under CUnit and checks that all of it ran. */
#include "runner.h"

#include <CUnit/Basic.h>
#include <stdio.h>

/* Returns how many tests were registered, or 0 if one of them could not be. */
static unsigned register_suite(const struct unit_suite *suite) {
  CU_pSuite registered = CU_add_suite(suite->name, suite->set_up, suite->tear_down);
  if (!registered)
    return 0;
  unsigned count = 0;
  for (const struct unit_test *test = suite->tests; test->name; test++, count++) {
    if (!CU_add_test(registered, test->name, test->run))
      return 0;
  }
  return count;
}

static const char *first_failure(unsigned registered) {
  if (registered == 0)
    return "no test could be registered";
  if (CU_basic_run_tests() != CUE_SUCCESS)
    return CU_get_error_msg();
  if (CU_get_number_of_suites_failed() != 0)
    return "the set-up or the tear-down failed";
  if (CU_get_number_of_tests_run() != registered)
    return "not every test ran";
  if (CU_get_number_of_tests_failed() != 0 || CU_get_number_of_failures() != 0)
    return "assertions failed";
  if (CU_get_number_of_asserts() == 0)
    return "nothing was asserted";
  return NULL;
}

int unit_run(const struct unit_suite *suite) {
  if (CU_initialize_registry() != CUE_SUCCESS) {
    fprintf(stderr, "%s: %s\n", suite->name, CU_get_error_msg());
    return 1;
  }
  CU_basic_set_mode(CU_BRM_NORMAL);
  const char *failure = first_failure(register_suite(suite));
  if (failure)
    fprintf(stderr, "%s: %s\n", suite->name, failure);
  CU_cleanup_registry();
  return failure ? 1 : 0;
}
