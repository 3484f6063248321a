/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The shim's memory of resolved names, with a policy of one entry that covers "pinned.example". */
#include "preload/resolved.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/preload.h"
#include "runner.h"

#define PINNED "pinned.example"

static int asked;

int preload_covers(const char *name) {
  asked++;
  return strncmp(name, "pinned", strlen("pinned")) == 0;
}

struct wanted {
  const char *name;
  int found;
};

static bool compare(const char *name, void *arg) {
  struct wanted *wanted = arg;

  wanted->found += strcmp(name, wanted->name) == 0;
  return true;
}

static int count_names(const char *name, uint32_t address) {
  struct wanted wanted = {.name = name};
  struct in_addr v4 = {htonl(address)};

  CU_ASSERT_TRUE(resolved_seen.names_of(AF_INET, &v4, compare, &wanted));
  return wanted.found;
}

static void remember(const char *name, uint32_t address) {
  struct in_addr v4 = {htonl(address)};

  resolved_remember(name, AF_INET, &v4);
}

static int missing(const char *name, uint32_t first, uint32_t count) {
  int absent = 0;

  for (uint32_t i = 0; i < count; i++)
    absent += count_names(name, first + i) != 1;
  return absent;
}

/* One DNS answer can hold some 4,000 addresses. Nobody is asked as long as there is room. */
static void test_large_answer(void) {
  for (uint32_t i = 0; i < 4000; i++)
    remember(PINNED, 0x0a000000 + i);
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000), 0);
  CU_ASSERT_EQUAL(count_names(PINNED, 0x0a000000 + 4000), 0);
  CU_ASSERT_EQUAL(asked, 0);
  /* The same again is nothing more to keep. */
  for (uint32_t i = 0; i < 4000; i++)
    remember(PINNED, 0x0a000000 + i);
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000), 0);
}

/* Other names, far more than there is room for, do not push it out; and the newest of them are there. */
static void test_others_evict_nothing(void) {
  char name[32];

  for (uint32_t i = 0; i < 60000; i++) {
    snprintf(name, sizeof name, "other%u.example", i / 3);
    remember(name, 0x0b000000 + i);
  }
  CU_ASSERT_TRUE(asked > 0);
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000), 0);
  CU_ASSERT_EQUAL(missing("other19999.example", 0x0b000000 + 59997, 3), 0);
  CU_ASSERT_EQUAL(count_names("other0.example", 0x0b000000), 0);
}

/* Names that never get an address fill it no more than others. */
static void test_names_without_addresses(void) {
  char name[260];

  for (int i = 0; i < 30000; i++) {
    snprintf(name, sizeof name, "%0200d.example", i);
    resolved_begin(name);
    resolved_end(name);
  }
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000), 0);
}

/* While its addresses are being looked for a name counts for all of them. */
static void test_pending(void) {
  resolved_begin("pinned-later.example");
  CU_ASSERT_EQUAL(count_names("pinned-later.example", 0x7f000001), 1);
  remember("pinned-later.example", 0x7f000002);
  resolved_end("pinned-later.example");
  CU_ASSERT_EQUAL(count_names("pinned-later.example", 0x7f000001), 0);
  CU_ASSERT_EQUAL(count_names("pinned-later.example", 0x7f000002), 1);
}

static void test_forms(void) {
  struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 9}};
  struct in6_addr v6 = {.s6_addr = {0x20, 1, 0xd, 0xb8}};
  struct wanted wanted = {.name = PINNED};

  resolved_remember(PINNED, AF_INET6, &mapped);
  CU_ASSERT_EQUAL(count_names(PINNED, 0x7f000009), 1);
  resolved_remember(PINNED, AF_INET6, &v6);
  CU_ASSERT_TRUE(resolved_seen.names_of(AF_INET6, &v6, compare, &wanted));
  CU_ASSERT_EQUAL(wanted.found, 1);
}

static bool is_pinned(const char *name, void *arg) {
  (*(int *)arg)++;
  return strcmp(name, PINNED) == 0;
}

static bool is_none(const char *name, void *arg) {
  (void)name;
  (*(int *)arg)++;
  return false;
}

/* Each name is asked for once under one policy. */
static void test_any_name(void) {
  int calls = 0, again = 0;

  CU_ASSERT_TRUE(resolved_seen.any_name(7, is_pinned, &calls));
  CU_ASSERT_FALSE(resolved_seen.any_name(8, is_none, &calls));
  CU_ASSERT_FALSE(resolved_seen.any_name(8, is_none, &again));
  CU_ASSERT_EQUAL(again, 0);
  CU_ASSERT_TRUE(resolved_seen.any_name(9, is_pinned, &again));
}

#define THREADS 4
#define EACH 3000

static void *resolve(void *arg) {
  uint32_t first = *(const uint32_t *)arg;

  for (uint32_t i = 0; i < EACH; i++)
    remember("pinned-by-threads.example", first + i);
  return NULL;
}

/* Children forked meanwhile can go on, and nothing that was remembered is lost. */
static void test_threads_and_forks(void) {
  pthread_t threads[THREADS];
  uint32_t first[THREADS];

  for (uint32_t i = 0; i < THREADS; i++) {
    first[i] = 0x0c000000 + i * EACH;
    CU_ASSERT_EQUAL(pthread_create(&threads[i], NULL, resolve, &first[i]), 0);
  }
  for (int i = 0; i < 20; i++) {
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
      for (uint32_t address = 1; address < 20000; address++)
        remember("pinned-in-child.example", address);
      _exit(count_names("pinned-in-child.example", 19999) >= 1 ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
  }
  for (uint32_t i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  for (uint32_t i = 0; i < THREADS * EACH; i++)
    CU_ASSERT_TRUE(count_names("pinned-by-threads.example", 0x0c000000 + i) >= 1);
}

/* Beyond all bounds a covered name counts for each address. */
static void test_covered_without_end(void) {
  for (uint32_t i = 0; i < 300000; i++)
    remember("pinned-everywhere.example", 0x10000000 + i);
  CU_ASSERT_TRUE(count_names("pinned-everywhere.example", 0x10000000) >= 1);
  CU_ASSERT_TRUE(count_names("pinned-everywhere.example", 0x10000000 + 299999) >= 1);
  CU_ASSERT_TRUE(count_names("pinned-everywhere.example", 1) >= 1);
  CU_ASSERT_TRUE(count_names(PINNED, 0x0a000000) >= 1);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"an answer of 4,000 addresses", test_large_answer},
      {"other names evict nothing", test_others_evict_nothing},
      {"names without addresses", test_names_without_addresses},
      {"pending", test_pending},
      {"forms of addresses", test_forms},
      {"any name", test_any_name},
      {"threads and forks", test_threads_and_forks},
      {"covered without end", test_covered_without_end},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"resolved", NULL, NULL, tests};
  return unit_run(&suite);
}
