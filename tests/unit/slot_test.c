/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The slots of the policies that a process holds, with dummy policies: what is freed, when, and by whom, even
 * if the process forks in the middle of it. */
#include "common/policy_slot.h"
#include "runner.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int unloaded[3]; /* by the number of the policy */
static void (*within_unload)(void);

/* Replaces the function of policy_load.c. */
void policy_unload(struct loaded *loaded) {
  unloaded[loaded->compiled.policy.entry_count]++;
  if (within_unload != NULL)
    within_unload();
}

static int put(unsigned number) {
  struct loaded loaded = {.compiled = {.fd = -1, .policy = {.entry_count = number}}};
  int slot = slot_find_free();

  slot_put_in_force(slot, &loaded);
  return slot;
}

static void keeps_what_is_looked_at(void) {
  const struct pin_policy *first, *second;

  CU_ASSERT_PTR_NULL(slot_acquire());
  put(0);
  first = slot_acquire();
  CU_ASSERT_EQUAL(first->entry_count, 0);
  CU_ASSERT_FALSE(slot_is_outdated(first));
  put(1);
  CU_ASSERT_TRUE(slot_is_outdated(first));
  slots_free_unused();
  CU_ASSERT_EQUAL(unloaded[0], 0);
  second = slot_acquire();
  CU_ASSERT_EQUAL(second->entry_count, 1);
  slot_release(first);
  slots_free_unused();
  slots_free_unused();
  CU_ASSERT_EQUAL(unloaded[0], 1);
  CU_ASSERT_EQUAL(unloaded[1], 0);
  slot_release(second);
}

static int child_status = -1;

/* Another thread forks while a policy is being freed:
 * the child looks for policies to free, too. */
static void fork_here(void) {
  pid_t child;

  within_unload = NULL;
  child = fork();
  if (child == 0) {
    int before = unloaded[1];

    slots_free_unused();
    put(2);
    slots_free_unused();
    _exit(unloaded[1] == before && slot_acquire()->entry_count == 2 ? 0 : 1);
  }
  waitpid(child, &child_status, 0);
}

static void gives_back_once_across_fork(void) {
  put(2);
  within_unload = fork_here;
  slots_free_unused();
  CU_ASSERT_EQUAL(unloaded[1], 1);
  CU_ASSERT_TRUE(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 0);
}

/* A policy in a file that cannot be read, for lack of memory or of the file, refuses; it is not skipped. */
static void cannot_be_read_blindly(void) {
  struct loaded loaded = {.compiled = {.fd = 1000000, .policy = {.entry_count = 0}}};
  const struct pin_policy *policy, *again;

  slot_put_in_force(slot_find_free(), &loaded);
  policy = slot_acquire();
  CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
  CU_ASSERT_PTR_NULL(policy->image);
  CU_ASSERT_PTR_NOT_NULL(policy->blocks);
  again = slot_acquire();
  /* Each reader has its own blocks. */
  CU_ASSERT_PTR_NOT_EQUAL(policy->blocks, again->blocks);
  slot_release(policy);
  slot_release(again);
  put(2);
}

int main(void) {
  static const struct unit_test tests[] = {{"keeps what is looked at", keeps_what_is_looked_at},
                                           {"gives back once across fork", gives_back_once_across_fork},
                                           {"cannot be read blindly", cannot_be_read_blindly},
                                           {NULL, NULL}};
  static const struct unit_suite suite = {"slot", NULL, NULL, tests};
  return unit_run(&suite);
}
