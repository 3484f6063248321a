/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Runs the one suite of a test program under CUnit and gives the program's exit status. CUnit by itself
 * reports success when assertions fail, when a suite's set-up fails and when nothing ran.
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
  int (*set_up)(void);           /* NULL: none; anything but 0 fails the program */
  int (*tear_down)(void);        /* NULL: none; likewise */
  const struct unit_test *tests; /* ends with a NULL name */
};

/*
 * 0 when every test of the suite ran and every assertion held, else 1. Prints CUnit's summary.
 */
int unit_run(const struct unit_suite *suite);

#endif
