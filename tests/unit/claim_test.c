/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Initialising something once, in a process that forks meanwhile. */
#include "common/claim.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner.h"

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void once(void) {
  struct claim claim = {0};
  CU_ASSERT_EQUAL(claim_take(&claim), CLAIM_IS_OURS);
  CU_ASSERT_FALSE(claim_is_ready(&claim));
  claim_finish(&claim);
  CU_ASSERT_TRUE(claim_is_ready(&claim));
  CU_ASSERT_EQUAL(claim_take(&claim), CLAIM_IS_READY);
}

/* The thread that has begun does not finish, because it may be waiting for this one. */
static void not_for_ever(void) {
  struct claim claim = {0};
  double start = seconds();
  CU_ASSERT_EQUAL(claim_take(&claim), CLAIM_IS_OURS);
  CU_ASSERT_EQUAL(claim_take(&claim), CLAIM_HANGS);
  CU_ASSERT_TRUE(seconds() - start >= 1);
}

/* In the child no thread could finish it, so the child does not wait. */
static void by_the_child(void) {
  struct claim claim = {0};
  int status = -1;
  CU_ASSERT_EQUAL(claim_take(&claim), CLAIM_IS_OURS);
  pid_t child = fork();
  if (child == 0) {
    double start = seconds();
    bool good = claim_take(&claim) == CLAIM_IS_OURS && seconds() - start < 0.5;
    claim_finish(&claim);
    _exit(good && claim_take(&claim) == CLAIM_IS_READY ? 0 : 1);
  }
  CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
  CU_ASSERT_EQUAL(status, 0);
  CU_ASSERT_FALSE(claim_is_ready(&claim));
}

int main(void) {
  static const struct unit_test tests[] = {{"once", once},
                                           {"not for ever", not_for_ever},
                                           {"by the child, where its parent had begun", by_the_child},
                                           {NULL, NULL}};
  static const struct unit_suite suite = {"claim", NULL, NULL, tests};

  return unit_run(&suite);
}
