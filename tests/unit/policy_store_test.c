/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* When the policy is read, how often a missing one is looked for, and which one is then in force. */
#include "common/policy_store.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy_load.h"
#include "common/policy_news.h"
#include "common/settings.h"
#include "runner.h"

static int looks;
static const char *sought;
static const char *path = "here";
static bool there; /* whether the policy exists */
static struct loading asked;
static int told;

/* ---- Replacements of other rooms' functions ---- */

enum load_result policy_load(const char *at, const struct loading *loading, struct loaded *ret_loaded) {
  looks++;
  sought = at;
  asked = *loading;
  if (there) {
    *ret_loaded = (struct loaded){.path = strdup(at), .compiled = {.fd = -1}};
    return LOAD_CURRENT;
  }
  return loading->nobody_asks ? LOAD_TOO_EARLY : LOAD_FAILED;
}

void policy_unload(struct loaded *loaded) {
  free(loaded->path);
}

void policy_log_damage(const char *at) {
  (void)at;
}

void news_of_change(const char *at, const struct pin_policy *policy) {
  (void)at;
  (void)policy;
}

bool news_are_due(int64_t milliseconds) {
  (void)milliseconds;
  return true;
}

bool news_of_mistakes_are_due(int64_t milliseconds) {
  (void)milliseconds;
  return true;
}

void news_of_look(const char *at, enum load_result result, bool holds_policy, bool quiet,
                  int64_t milliseconds) {
  (void)at;
  (void)result;
  (void)holds_policy;
  (void)milliseconds;
  told += !quiet;
}

const char *settings_policy_path(void) {
  return path;
}

/* ---- Tests ---- */

/* A process that may never use TLS: it logs nothing, reads no text, and delays no later look. */
static void test_when_loaded(void) {
  path = "early";
  policy_take_form();
  CU_ASSERT_EQUAL(looks, 1);
  CU_ASSERT(asked.form_only && asked.nobody_asks && asked.quiet);
  policy_prepare();
  CU_ASSERT_EQUAL(looks, 2);
  CU_ASSERT(!asked.form_only && asked.nobody_asks && !asked.quiet);
  path = "here";
  looks = 0;
}

/* Far less than half a second apart, on any machine. */
static void test_not_for_each_context(void) {
  for (int i = 0; i < 200; i++)
    policy_prepare();
  CU_ASSERT(looks >= 1 && looks <= 3);
}

/* A configuration that was read meanwhile has named another policy. */
static void test_at_once_elsewhere(void) {
  looks = 0;
  path = "elsewhere";
  policy_prepare();
  CU_ASSERT_EQUAL(looks, 1);
  CU_ASSERT_PTR_EQUAL(sought, path);
}

/* A caller that needs the policy gets one that appeared a moment ago. */
static void test_at_once_when_asked(void) {
  policy_prepare();
  looks = 0;
  told = 0;
  CU_ASSERT_PTR_NULL(policy_acquire());
  CU_ASSERT_EQUAL(looks, 1);
  CU_ASSERT_EQUAL(told, 1);
}

/* One policy was loaded with pinning; then the configuration named another, which is broken. */
static void test_another_is_named(void) {
  const struct pin_policy *policy;

  path = "first";
  there = true;
  policy_take_form();
  policy = policy_acquire();
  CU_ASSERT_PTR_NOT_NULL(policy);
  policy_release(policy);
  path = "second";
  there = false;
  looks = 0;
  CU_ASSERT_PTR_NULL(policy_acquire());
  CU_ASSERT_EQUAL(looks, 1);
  CU_ASSERT_PTR_EQUAL(sought, path);
  CU_ASSERT_PTR_NULL(policy_acquire());
  CU_ASSERT_EQUAL(looks, 1);
  path = "third";
  there = true;
  policy = policy_acquire();
  CU_ASSERT_PTR_NOT_NULL(policy);
  policy_release(policy);
}

int main(void) {
  /* The order matters: a process reads its first policy once. */
  static const struct unit_test tests[] = {
      {"when pinning is loaded", test_when_loaded},
      {"not for each context", test_not_for_each_context},
      {"at once elsewhere", test_at_once_elsewhere},
      {"at once when it is asked for", test_at_once_when_asked},
      {"another is named", test_another_is_named},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"policy_store", NULL, NULL, tests};
  return unit_run(&suite);
}
