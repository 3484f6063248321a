/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Runs the suite of a test program under CUnit and gives the program's exit status. CUnit itself reports
 * success if assertions fail, if a suite's set-up fails, and if nothing ran.
 */
#ifndef UNIT_RUNNER_H
#define UNIT_RUNNER_H

#include <CUnit/CUnit.h>

struct unit_test {
  const char *name;
  void (*run)(void);
};

struct unit_suite {
  const char *name;
  int (*set_up)(void);           /* NULL: none; any value but 0 fails the program */
  int (*tear_down)(void);        /* NULL: none; any value but 0 fails the program */
  const struct unit_test *tests; /* ends with a NULL name */
};

/* Returns 0 if every test of the suite ran and every assertion held, else 1. Prints CUnit's summary. */
int unit_run(const struct unit_suite *suite);

#endif
