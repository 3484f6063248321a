/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Reading a policy when memory runs out: each allocation of ours fails in turn. Those of libconfig do not
 * fail, because it would not survive that.
 */
#include "fixture.h"
#include "runner.h"

#include <stdlib.h>

/* The linker redirects the calls of policy/ itself to these functions. */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
char *__wrap_strdup(const char *text);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
char *__real_strdup(const char *text);

static unsigned long calls;
static unsigned long failing_call; /* 0: none */

static bool fails(void) {
  return ++calls == failing_call;
}

void *__wrap_malloc(size_t size) {
  return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size) {
  return fails() ? NULL : __real_realloc(block, size);
}

void *__wrap_reallocarray(void *block, size_t count, size_t size) {
  return fails() ? NULL : __real_reallocarray(block, count, size);
}

char *__wrap_strdup(const char *text) {
  return fails() ? NULL : __real_strdup(text);
}

static const char good_text[] =
    "pinsets = { a = [ \"" K1 "\" ]; b = [ \"" K2 "\", \"" K3 "\" ]; };\n" V
    "blocked_keys = [ \"@b\" ]; exempt_anchors = [ \"" K3 "\" ];\n"
    "hosts = ( { name = \"a.example\"; pins = [ \"@a\", \"@b\" ]; ports = [ 2, 1 ]; },\n"
    "{ name = \"a.example\"; ports = [ 3 ]; backup_pins = [ \"" K1 "\" ]; fingerprints = [ \"" K2 "\" ]; },\n"
    "{ name = \"*.a.example\"; mode = \"off\"; }, { name = \"::1\"; anchors = [ \"@b\" ]; } );\n";

static const char bad_text[] =
    "pinsets = { a = [ \"no\" ]; a = [ ]; };\n"
    "hosts = ( { name = \"a.example\"; }, { name = \"a.example\"; mode = \"off\" },\n"
    "{ name = \"a:1\"; } );\n";

static enum pin_status compile_failing(const struct policy_folder *folder, unsigned long call) {
  void *image = NULL;
  size_t size = 0;
  calls = 0;
  failing_call = call;
  enum pin_status status = pin_text_compile(folder_path(folder, "policy.cfg"), NULL, NULL, &image, &size);
  failing_call = 0;
  CU_ASSERT_EQUAL(status == PIN_OK, image != NULL);
  free(image);
  return status;
}

/* Every allocation fails once. Returns how many there are. */
static unsigned long fail_each(const char *text, enum pin_status status) {
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", text);
  folder_write(&folder, "policy.d/a.cfg", "hosts = ( { name = \"b.example\"; pins = [ \"" K1 "\" ]; } );");
  CU_ASSERT_EQUAL(compile_failing(&folder, 0), status);
  unsigned long count = calls;
  for (unsigned long call = 1; call <= count; call++)
    CU_ASSERT_EQUAL(compile_failing(&folder, call), PIN_NO_MEMORY);
  CU_ASSERT_EQUAL(compile_failing(&folder, count + 1), status);
  folder_remove(&folder);
  return count;
}

static void survives_in_a_good_policy(void) {
  CU_ASSERT_TRUE(fail_each(good_text, PIN_OK) > 30);
}

static void survives_in_a_bad_policy(void) {
  CU_ASSERT_TRUE(fail_each(bad_text, PIN_INVALID) > 20);
}

static const struct unit_test tests[] = {
    {"survives in a good policy", survives_in_a_good_policy},
    {"survives in a bad policy", survives_in_a_bad_policy},
    {NULL, NULL},
};

int main(void) {
  static const struct unit_suite suite = {"text memory", NULL, NULL, tests};
  return unit_run(&suite);
}
