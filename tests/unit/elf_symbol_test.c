/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Finds functions by name in the tables of an object, with the same results as dlsym(3). */
#include "elf_symbol.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/object.h"
#include "runner.h"

static struct object object_of(const char *library, void **ret_handle) {
  struct object object = {.map = NULL};
  struct link_map *map = NULL;

  *ret_handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(*ret_handle);
  CU_ASSERT_EQUAL_FATAL(dlinfo(*ret_handle, RTLD_DI_LINKMAP, &map), 0);
  CU_ASSERT_FATAL(object_find(map->l_ld, &object));
  /* Without glibc's own search function, this is unknown. */
  object.map = map;
  return object;
}

static struct elf_tables tables_in(const struct object *object) {
  return elf_tables_of(object->map, object->start, object->end);
}

static struct elf_tables tables_of(const char *library, void **ret_handle) {
  struct object object = object_of(library, ret_handle);

  return tables_in(&object);
}

static void check_names(const char *library, const char *const *names) {
  void *handle, *address;
  struct elf_tables tables = tables_of(library, &handle);

  CU_ASSERT_PTR_NOT_NULL(tables.hash);
  for (; *names != NULL; names++) {
    CU_ASSERT(elf_symbol(&tables, *names, &address));
    CU_ASSERT_PTR_NOT_NULL(address);
    CU_ASSERT_PTR_EQUAL(address, dlsym(handle, *names));
  }
}

static void test_functions_are_those_of_dlsym(void) {
  static const char *const of_cunit[] = {"CU_initialize_registry", "CU_add_suite", "CU_assertImplementation",
                                         "CU_get_error_msg", NULL};
  static const char *const of_libc[] = {"fopen",   "malloc", "pread", "opendir", "__errno_location",
                                        "environ", NULL};

  check_names("libcunit.so.1", of_cunit);
  check_names("libc.so.6", of_libc);
}

/* dlsym(3) finds it through the libraries that the object needs, but it is not in the object. */
static void test_functions_of_other_objects_are_not_there(void) {
  static const char *const names[] = {"fopen", "CU_initialize_registr", "CU_initialize_registryy", "", NULL};
  void *handle, *address;
  struct elf_tables tables = tables_of("libcunit.so.1", &handle);

  for (const char *const *name = names; *name != NULL; name++) {
    CU_ASSERT(elf_symbol(&tables, *name, &address));
    CU_ASSERT_PTR_NULL(address);
  }
  CU_ASSERT_PTR_NOT_NULL(dlsym(handle, "fopen"));
}

/* glibc kept pthread_cond_wait of its first thread library under a hidden version. */
static void test_the_default_version_is_taken(void) {
  void *handle, *address;
  struct elf_tables tables = tables_of("libc.so.6", &handle);

  CU_ASSERT(elf_symbol(&tables, "pthread_cond_wait", &address));
  CU_ASSERT_PTR_EQUAL(address, dlsym(handle, "pthread_cond_wait"));
  CU_ASSERT(elf_symbol(&tables, "fclose", &address));
  CU_ASSERT_PTR_EQUAL(address, dlsym(handle, "fclose"));
}

/* Names are compared eight bytes at a time. */
static void test_names_of_every_length(void) {
  static const char *const names[] = {"abs",
                                      "read",
                                      "fclose",
                                      "strfmon",
                                      "getppid",
                                      "sendfile",
                                      "sched_yield",
                                      "sigfillset",
                                      "sigemptyset",
                                      "pthread_setcancelstate",
                                      "pthread_attr_setstackaddr",
                                      NULL};
  void *handle, *address;
  struct elf_tables tables = tables_of("libc.so.6", &handle);

  for (const char *const *name = names; *name != NULL; name++) {
    CU_ASSERT(elf_symbol(&tables, *name, &address));
    CU_ASSERT_PTR_NOT_NULL(address);
    CU_ASSERT_PTR_EQUAL(address, dlsym(handle, *name));
  }
}

/* Names with the same length and the same hash: they differ at the end, or within their last eight
 * bytes. */
static void test_the_hash_alone_is_no_name(void) {
  static const char *const pairs[][2] = {{"CU_assertImplementation", "CU_assertImplementatinO"},
                                         {"CU_assertImplementation", "Cu_assertImplementation"},
                                         {"CU_assertImplementation", "CU_assertimplementation"},
                                         {"CU_add_suite", "CU_add_suiTF"}};
  void *handle, *address;
  struct elf_tables tables = tables_of("libcunit.so.1", &handle);

  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    struct elf_name other = elf_name_of(pairs[i][1]);

    other.hash = elf_name_of(pairs[i][0]).hash;
    CU_ASSERT(elf_symbol_named(&tables, other, &address));
    CU_ASSERT_PTR_NULL(address);
    CU_ASSERT(elf_symbol(&tables, pairs[i][0], &address));
    CU_ASSERT_PTR_NOT_NULL(address);
  }
}

/* The last name of a table ends with the table, and nothing after it is read. */
static void test_a_name_behind_the_end_of_the_names(void) {
  void *handle, *address;
  struct elf_tables tables = tables_of("libcunit.so.1", &handle);
  size_t size = tables.names_size;

  CU_ASSERT(elf_symbol(&tables, "CU_add_suite", &address));
  CU_ASSERT_PTR_NOT_NULL(address);
  for (tables.names_size = 1; tables.names_size < size; tables.names_size++) {
    CU_ASSERT(elf_symbol(&tables, "CU_add_suite", &address));
    if (address != NULL)
      break;
  }
  CU_ASSERT(tables.names_size > sizeof "CU_add_suite");
  CU_ASSERT_EQUAL(strcmp(tables.names + tables.names_size - sizeof "CU_add_suite", "CU_add_suite"), 0);
}

static void check_literal(struct elf_name literal) {
  struct elf_name name = elf_name_of(literal.name);

  CU_ASSERT_EQUAL(literal.hash, name.hash);
  CU_ASSERT_EQUAL(literal.size, name.size);
}

static void test_literals_are_hashed_alike(void) {
  check_literal(ELF_NAME(""));
  check_literal(ELF_NAME("a"));
  check_literal(ELF_NAME("__errno_location"));
  check_literal(ELF_NAME("OSSL_LIB_CTX_get0_global_default"));
  check_literal(ELF_NAME("a_name_that_is_longer_than_any_that_is_sought_and_longer_than_sixty_four_bytes"));
  /* Of the System V generic ABI and of GNU: the hash of "printf" according to the authors. */
  CU_ASSERT_EQUAL(elf_name_of("printf").hash, 0x156b2bb8);
  CU_ASSERT_EQUAL(elf_name_of("").hash, 5381);
}

/* A function that the processor chooses among several: the table has the function that chooses. */
static void test_what_has_to_be_chosen_is_left_to_dlsym(void) {
  void *handle, *address;
  struct elf_tables tables = tables_of("libc.so.6", &handle);
  bool found = elf_symbol(&tables, "strlen", &address);

  CU_ASSERT(!found || address == dlsym(handle, "strlen"));
}

/* Linked for an address above the one where it was loaded, as prelink(8) leaves objects: its bias is
 * negative. */
static void test_an_object_below_its_own_place(void) {
  void *handle;
  struct object object = object_of("libcunit.so.1", &handle);
  struct elf_tables tables = tables_in(&object);
  struct link_map lower = *object.map;

  lower.l_addr = 0 - (ElfW(Addr))0x10000;
  object.map = &lower;
  CU_ASSERT_PTR_EQUAL(tables_in(&object).hash, tables.hash);
  CU_ASSERT_PTR_EQUAL(tables_in(&object).symbols, tables.symbols);
  object.end = object.start;
  CU_ASSERT_PTR_NULL(tables_in(&object).hash);
}

static void test_an_unknown_object_knows_nothing(void) {
  struct object unknown = {.map = NULL};
  struct elf_tables tables = tables_in(&unknown);
  void *address;

  CU_ASSERT(!elf_symbol(&tables, "fopen", &address));
  CU_ASSERT_PTR_NULL(address);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"functions are those of dlsym", test_functions_are_those_of_dlsym},
      {"functions of other objects are not there", test_functions_of_other_objects_are_not_there},
      {"the default version is taken", test_the_default_version_is_taken},
      {"names of every length", test_names_of_every_length},
      {"the hash alone is no name", test_the_hash_alone_is_no_name},
      {"a name behind the end of the names", test_a_name_behind_the_end_of_the_names},
      {"literals are hashed alike", test_literals_are_hashed_alike},
      {"what has to be chosen is left to dlsym", test_what_has_to_be_chosen_is_left_to_dlsym},
      {"an object below its own place", test_an_object_below_its_own_place},
      {"an unknown object knows nothing", test_an_unknown_object_knows_nothing},
      {NULL, NULL}};
  static const struct unit_suite suite = {"elf_symbol", NULL, NULL, tests};

  return unit_run(&suite);
}
