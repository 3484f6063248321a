/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Which object an address belongs to, with a libc that has _dl_find_object and with one that lacks it. */
#include "common/object.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "libc_symbol.h"
#include "runner.h"

static bool libc_is_old;

/* Replaces the function of policy/. */
void *libc_find_object(void) {
  return libc_is_old ? NULL : dlsym(RTLD_DEFAULT, "_dl_find_object");
}

static const void *addresses[4];

static void find_addresses(void) {
  static const char of_the_program[] = "";
  void *library = dlopen("libcunit.so.1", RTLD_NOLOAD | RTLD_LAZY);

  addresses[0] = of_the_program;
  addresses[1] = dlsym(RTLD_DEFAULT, "dlsym");
  addresses[2] = library != NULL ? dlsym(library, "CU_initialize_registry") : addresses[1];
  addresses[3] = &libc_is_old;
}

static void test_old_and_present_libc_agree(void) {
  struct object old[4], present[4];

  find_addresses();
  libc_is_old = true;
  for (int i = 0; i < 4; i++)
    CU_ASSERT(object_find(addresses[i], &old[i]) == 1);
  libc_is_old = false;
  for (int i = 0; i < 4; i++) {
    CU_ASSERT(object_find(addresses[i], &present[i]) == 1);
    /* The address is compared too, because callers are known by it. */
    CU_ASSERT_PTR_EQUAL(old[i].path, present[i].path);
    CU_ASSERT(old[i].start <= (const char *)addresses[i] && (const char *)addresses[i] < old[i].end);
    CU_ASSERT(present[i].start <= (const char *)addresses[i] && (const char *)addresses[i] < present[i].end);
  }
  CU_ASSERT_STRING_EQUAL(old[0].path, "");
  CU_ASSERT(strstr(old[1].path, "/libc.so") != NULL);
}

static void test_nobodys(void) {
  struct object object;
  int local;
  void *memory = malloc(1);

  for (int old = 1; old >= 0; old--) {
    libc_is_old = old == 1;
    CU_ASSERT(object_find(&local, &object) == 0);
    CU_ASSERT(object_find(memory, &object) == 0);
    CU_ASSERT_PTR_NULL(object_open(memory));
  }
  free(memory);
}

static void test_open(void) {
  void *handle;

  libc_is_old = true;
  handle = object_open(addresses[1]);
  CU_ASSERT_PTR_NOT_NULL(handle);
  CU_ASSERT_PTR_EQUAL(dlsym(handle, "dlsym"), addresses[1]);
}

int main(void) {
  /* The order matters: object.c remembers what it has found. */
  static const struct unit_test tests[] = {
      {"an old and a present libc agree", test_old_and_present_libc_agree},
      {"an address of nobody's", test_nobodys},
      {"opened", test_open},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"object", NULL, NULL, tests};
  return unit_run(&suite);
}
