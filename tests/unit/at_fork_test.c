/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Fork handlers, with a libc like glibc, with one like musl, and with one that has neither function. */
#include "common/at_fork.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "libc_symbol.h"
#include "runner.h"

typedef void handler_fn(void);

static bool has_glibcs, has_musls;
static handler_fn *got[3];
static int glibcs_calls, musls_calls;
static void *got_object;

static int keep(handler_fn *prepare, handler_fn *parent, handler_fn *child) {
  got[0] = prepare;
  got[1] = parent;
  got[2] = child;
  return 0;
}

static int glibcs(handler_fn *prepare, handler_fn *parent, handler_fn *child, void *object) {
  glibcs_calls++;
  got_object = object;
  return keep(prepare, parent, child);
}

static int musls(handler_fn *prepare, handler_fn *parent, handler_fn *child) {
  musls_calls++;
  return keep(prepare, parent, child);
}

/* Replaces the function of policy/. */
void *libc_symbol_named(struct elf_name name) {
  int (*of_glibc)(handler_fn *, handler_fn *, handler_fn *, void *) = glibcs;
  int (*of_musl)(handler_fn *, handler_fn *, handler_fn *) = musls;
  void *symbol = NULL;

  if (has_glibcs && strcmp(name.name, "__register_atfork") == 0)
    memcpy(&symbol, &of_glibc, sizeof symbol);
  else if (has_musls && strcmp(name.name, "pthread_atfork") == 0)
    memcpy(&symbol, &of_musl, sizeof symbol);
  return symbol;
}

static void before(void) {
}

static void after(void) {
}

static void in_child(void) {
}

static void watch(bool glibc, bool musl) {
  has_glibcs = glibc;
  has_musls = musl;
  glibcs_calls = musls_calls = 0;
  got[0] = got[1] = got[2] = NULL;
  at_fork(before, after, in_child);
}

static void expect_handlers(void) {
  CU_ASSERT(got[0] == before);
  CU_ASSERT(got[1] == after);
  CU_ASSERT(got[2] == in_child);
}

/* An object that belongs to no library: the handlers of a library would vanish when it is unloaded. */
static void test_glibc(void) {
  watch(true, false);
  CU_ASSERT_EQUAL(glibcs_calls, 1);
  expect_handlers();
  CU_ASSERT_PTR_NOT_NULL(got_object);
}

static void test_musl(void) {
  watch(false, true);
  CU_ASSERT_EQUAL(musls_calls, 1);
  expect_handlers();
}

static void test_once_where_both_are(void) {
  watch(true, true);
  CU_ASSERT_EQUAL(glibcs_calls, 1);
  CU_ASSERT_EQUAL(musls_calls, 0);
}

static void test_neither(void) {
  watch(false, false);
  CU_ASSERT_EQUAL(glibcs_calls + musls_calls, 0);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"glibc", test_glibc},     {"musl", test_musl}, {"once where both are", test_once_where_both_are},
      {"neither", test_neither}, {NULL, NULL},
  };
  static const struct unit_suite suite = {"at_fork", NULL, NULL, tests};
  return unit_run(&suite);
}
