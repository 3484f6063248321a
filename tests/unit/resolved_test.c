/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The shim's memory of resolved names, with a policy of one entry that covers "pinned.example". */
#include "preload/resolved.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/preload.h"
#include "runner.h"

#define PINNED "pinned.example"
#define COVERED_ADDRESS "10.99.0.1"       /* has the policy's other entry */
#define COVERED_ADDRESS_LATER "10.99.0.2" /* has another one */

static int asked;
static bool addresses_are_covered;     /* whether each has an entry */
static bool unsure;                    /* whether it is unknown what the policy covers */
static const char *covered = "pinned"; /* the beginning of covered names */
static void (*meanwhile)(void);        /* another thread does this while the memory asks the policy */

int preload_covers(const char *name) {
  if (asked++ % 64 == 0 && meanwhile != NULL)
    meanwhile();
  return unsure || strncmp(name, covered, strlen(covered)) == 0 || strcmp(name, COVERED_ADDRESS) == 0 ||
         strcmp(name, COVERED_ADDRESS_LATER) == 0 ||
         (addresses_are_covered && name[0] >= '0' && name[0] <= '9');
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

#define COVERING(generation, covers, arg) (&(struct pinning_covering){generation, covers, arg})

/* A policy that was never asked, which covers the name as well. */
static bool covers_too(const char *name, void *arg) {
  return unsure || strncmp(name, covered, strlen(covered)) == 0 || strcmp(name, arg) == 0;
}

static const struct pinning_covering *covering(const char *name) {
  static struct pinning_covering answer = {.generation = 1000, .covers = covers_too};

  answer.generation++;
  answer.arg = (void *)(uintptr_t)name;
  return &answer;
}

static int count_names(const char *name, uint32_t address) {
  struct wanted wanted = {.name = name};
  struct in_addr v4 = {htonl(address)};

  CU_ASSERT_TRUE(resolved_seen.names_of(covering(name), AF_INET, &v4, compare, &wanted));
  return wanted.found;
}

static void remember(const char *name, uint32_t address) {
  struct in_addr v4 = {htonl(address)};

  resolved_remember(name, AF_INET, &v4);
}

/* "PREFIX0.example" and so on, each with one address. */
static void remember_many(const char *prefix, uint32_t first, uint32_t count) {
  char name[40];

  for (uint32_t i = 0; i < count; i++) {
    snprintf(name, sizeof name, "%s%u.example", prefix, i);
    remember(name, first + i);
  }
}

/* Only each `step`th address, because looking at each takes long. */
static int missing(const char *name, uint32_t first, uint32_t count, uint32_t step) {
  int absent = 0;

  for (uint32_t i = 0; i < count; i += step)
    absent += count_names(name, first + i) != 1;
  return absent;
}

/* Go's runtime, which a program may load after names were resolved, clears the auxiliary vector of the
 * process. */
static void test_random_bytes_are_cleared(void) {
  unsigned char *random = (unsigned char *)getauxval(AT_RANDOM);
  unsigned char before[16];

  CU_ASSERT_PTR_NOT_NULL_FATAL(random);
  remember(PINNED, 0x0a636363);
  CU_ASSERT_EQUAL(count_names(PINNED, 0x0a636363), 1);
  memcpy(before, random, sizeof before);
  memset(random, 0, sizeof before);
  CU_ASSERT_EQUAL(count_names(PINNED, 0x0a636363), 1);
  memcpy(random, before, sizeof before);
}

/* One DNS answer can have some 4,000 addresses. The policy is not asked as long as there is room. */
static void test_large_answer(void) {
  for (uint32_t i = 0; i < 4000; i++)
    remember(PINNED, 0x0a000000 + i);
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000, 1), 0);
  CU_ASSERT_EQUAL(count_names(PINNED, 0x0a000000 + 4000), 0);
  CU_ASSERT_EQUAL(asked, 0);
  /* The same addresses again need no more room. */
  for (uint32_t i = 0; i < 4000; i++)
    remember(PINNED, 0x0a000000 + i);
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000, 1), 0);
}

/* Other names, far more than fit, do not push the name out; and the newest of them are kept. */
static void test_others_evict_nothing(void) {
  char name[32];

  for (uint32_t i = 0; i < 60000; i++) {
    snprintf(name, sizeof name, "other%u.example", i / 3);
    remember(name, 0x0b000000 + i);
  }
  CU_ASSERT_TRUE(asked > 0);
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000, 1), 0);
  CU_ASSERT_EQUAL(missing("other19999.example", 0x0b000000 + 59997, 3, 1), 0);
  CU_ASSERT_EQUAL(count_names("other0.example", 0x0b000000), 0);
}

/* Names that never get an address take no more room than others. */
static void test_names_without_addresses(void) {
  char name[260];

  for (int i = 0; i < 30000; i++) {
    snprintf(name, sizeof name, "%0200d.example", i);
    resolved_begin(name);
    resolved_end(name);
  }
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000, 1), 0);
}

/* While its addresses are being looked up, a name counts for all addresses. */
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
  CU_ASSERT_TRUE(resolved_seen.names_of(covering(wanted.name), AF_INET6, &v6, compare, &wanted));
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

/* The policy is asked once for each name. */
static void test_any_name(void) {
  int calls = 0, again = 0;

  CU_ASSERT_TRUE(resolved_seen.any_name(COVERING(7, is_pinned, &calls)));
  CU_ASSERT_FALSE(resolved_seen.any_name(COVERING(8, is_none, &calls)));
  CU_ASSERT_FALSE(resolved_seen.any_name(COVERING(8, is_none, &again)));
  CU_ASSERT_EQUAL(again, 0);
  CU_ASSERT_TRUE(resolved_seen.any_name(COVERING(9, is_pinned, &again)));
}

struct visited {
  int names, pinned, most;
};

static bool is_pinned_name(const char *name, void *arg) {
  (void)arg;
  return strcmp(name, PINNED) == 0;
}

static bool note_visit(const char *name, void *arg) {
  struct visited *visited = arg;

  visited->names++;
  visited->pinned += strcmp(name, PINNED) == 0 || strcmp(name, COVERED_ADDRESS) == 0;
  return visited->names < visited->most;
}

static void test_every(void) {
  struct visited names = {.most = 100000};
  int calls = 0, again = 0;

  remember(PINNED, 0x0a010203);
  CU_ASSERT_TRUE(resolved_seen.every_name(COVERING(21, is_pinned_name, NULL), note_visit, &names));
  CU_ASSERT_EQUAL(names.names, 1);
  CU_ASSERT_EQUAL(names.pinned, 1);
  CU_ASSERT_TRUE(resolved_seen.every_name(COVERING(22, is_none, &calls), note_visit, &names));
  CU_ASSERT_TRUE(resolved_seen.every_name(COVERING(22, is_none, &again), note_visit, &names));
  CU_ASSERT_EQUAL(names.names, 1);
  CU_ASSERT_TRUE(calls > 1);
  CU_ASSERT_EQUAL(again, 0);
}

static bool is_covered_address(const char *address, void *arg) {
  *(int *)arg += 1;
  return strcmp(address, COVERED_ADDRESS) == 0 || strcmp(address, "10.1.2.3") == 0;
}

/* The policy is asked once for each address, because there may be thousands. */
static void test_every_address(void) {
  struct visited addresses = {.most = 100000}, again = {.most = 100000}, first = {.most = 1};
  int calls = 0, calls_again = 0;

  remember(PINNED, 0x0a010203);
  remember("pinned-too.example", 0x0a010203);
  remember("other-at.example", 0x0a630001);
  CU_ASSERT_TRUE(
      resolved_seen.every_address(COVERING(51, is_covered_address, &calls), note_visit, &addresses));
  CU_ASSERT_EQUAL(addresses.names, 2);
  CU_ASSERT_EQUAL(addresses.pinned, 1);
  CU_ASSERT_TRUE(calls > 1000);
  CU_ASSERT_TRUE(
      resolved_seen.every_address(COVERING(51, is_covered_address, &calls_again), note_visit, &again));
  CU_ASSERT_EQUAL(again.names, 2);
  CU_ASSERT_EQUAL(calls_again, 2);
  CU_ASSERT_TRUE(resolved_seen.every_address(COVERING(52, is_none, &calls), note_visit, &again));
  CU_ASSERT_EQUAL(again.names, 2);
  CU_ASSERT_FALSE(
      resolved_seen.every_address(COVERING(53, is_covered_address, &calls_again), note_visit, &first));
  CU_ASSERT_EQUAL(first.names, 1);
}

/* The entry is for the address, and its name has none: other names, however many, do not push it out. */
static void test_covered_address_stays(void) {
  struct visited addresses = {.most = 100000};
  int calls = 0;

  remember("other-at.example", 0x0a630001);
  remember_many("other-beside", 0x0d000000, 60000);
  CU_ASSERT_TRUE(
      resolved_seen.every_address(COVERING(61, is_covered_address, &calls), note_visit, &addresses));
  CU_ASSERT_EQUAL(addresses.pinned, 1);
  CU_ASSERT_TRUE(calls < 20000);
}

static bool any_of(uint64_t generation, pinning_visit_name_fn *covers, int *calls, uint32_t address) {
  struct in_addr v4 = {htonl(address)};

  return resolved_seen.any_name_of(COVERING(generation, covers, calls), AF_INET, &v4);
}

/* With many names for one address, the policy is asked once, and again when the address gets another name. */
static void test_any_name_of(void) {
  int calls = 0, again = 0;

  for (int i = 0; i < 3000; i++) {
    char name[40];

    snprintf(name, sizeof name, "other-of%d.example", i);
    remember(name, 0x0a020304);
  }
  CU_ASSERT_FALSE(any_of(31, is_pinned, &calls, 0x0a020304));
  CU_ASSERT_EQUAL(calls, 3000);
  CU_ASSERT_FALSE(any_of(31, is_pinned, &again, 0x0a020304));
  CU_ASSERT_FALSE(any_of(31, is_pinned, &again, 0x0a020305));
  CU_ASSERT_EQUAL(again, 0);
  remember(PINNED, 0x0a020304);
  CU_ASSERT_TRUE(any_of(31, is_pinned, &again, 0x0a020304));
  CU_ASSERT_EQUAL(again, 1);
  remember("other-of-last.example", 0x0a020304);
  CU_ASSERT_TRUE(any_of(31, is_pinned, &again, 0x0a020304));
  again = 0;
  CU_ASSERT_TRUE(any_of(31, is_pinned, &again, 0x0a020304));
  CU_ASSERT_EQUAL(again, 0);
  CU_ASSERT_FALSE(any_of(32, is_none, &again, 0x0a020304));
  CU_ASSERT_TRUE(again > 3000);
  CU_ASSERT_TRUE(any_of(33, is_pinned, &again, 0x0a020304));
}

/* A name that counts for every address is not kept for a single one. */
static void test_any_name_everywhere(void) {
  int calls = 0;

  CU_ASSERT_FALSE(resolved_seen.any_name_of(COVERING(41, is_pinned, &calls), AF_UNSPEC, NULL));
  resolved_begin(PINNED);
  CU_ASSERT_TRUE(resolved_seen.any_name_of(COVERING(41, is_pinned, &calls), AF_UNSPEC, NULL));
  CU_ASSERT_FALSE(any_of(41, is_pinned, &calls, 0x0a020306));
  CU_ASSERT_FALSE(resolved_seen.any_name_of(COVERING(42, is_none, &calls), AF_UNSPEC, NULL));
  resolved_end(PINNED);
  CU_ASSERT_FALSE(resolved_seen.any_name_of(COVERING(41, is_pinned, &calls), AF_UNSPEC, NULL));
}

/* ThreadSanitizer takes seconds in a child that was forked beside threads, and minutes for the tests with a
 * single thread. */
#ifdef __SANITIZE_THREAD__
#define ONLY_THREADS true
#define CHILDREN 2
#define IN_CHILD 1000
#else
#define ONLY_THREADS false
#define CHILDREN 20
#define IN_CHILD 20000
#endif

#define THREADS 4
#define EACH 3000

static void *resolve(void *arg) {
  uint32_t first = *(const uint32_t *)arg;

  for (uint32_t i = 0; i < EACH; i++)
    remember("pinned-by-threads.example", first + i);
  return NULL;
}

/* Children that are forked meanwhile can continue, and nothing that was remembered is lost. */
static void test_threads_and_forks(void) {
  pthread_t threads[THREADS];
  uint32_t first[THREADS];

  for (uint32_t i = 0; i < THREADS; i++) {
    first[i] = 0x0c000000 + i * EACH;
    CU_ASSERT_EQUAL(pthread_create(&threads[i], NULL, resolve, &first[i]), 0);
  }
  for (int i = 0; i < CHILDREN; i++) {
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
      for (uint32_t address = 1; address < IN_CHILD; address++)
        remember("pinned-in-child.example", address);
      _exit(count_names("pinned-in-child.example", IN_CHILD - 1) >= 1 ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
  }
  for (uint32_t i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  for (uint32_t i = 0; i < THREADS * EACH; i++)
    CU_ASSERT_TRUE(count_names("pinned-by-threads.example", 0x0c000000 + i) >= 1);
}

/* Beyond all limits, a covered name counts for each address. */
static void test_covered_without_end(void) {
  for (uint32_t i = 0; i < 300000; i++)
    remember("pinned-everywhere.example", 0x10000000 + i);
  CU_ASSERT_TRUE(count_names("pinned-everywhere.example", 0x10000000) >= 1);
  CU_ASSERT_TRUE(count_names("pinned-everywhere.example", 0x10000000 + 299999) >= 1);
  CU_ASSERT_TRUE(count_names("pinned-everywhere.example", 1) >= 1);
  CU_ASSERT_TRUE(count_names(PINNED, 0x0a000000) >= 1);
}

static void conclude(void) {
  int calls = 0;

  (void)resolved_seen.any_name(COVERING(11, is_none, &calls));
}

/* What another thread finds out for a connection, while a full memory is reduced, does not make an uncovered
 * name a covered one. */
static void test_asked_while_cut(void) {
  meanwhile = conclude;
  remember_many("other-meanwhile", 0x0e000000, 20000);
  meanwhile = NULL;
  CU_ASSERT_EQUAL(count_names("other-meanwhile0.example", 0x0e000000), 0);
  CU_ASSERT_EQUAL(count_names("other-meanwhile19999.example", 0x0e000000 + 19999), 1);
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000, 37), 0);
}

/* Names below a covered parent need not exist. Names that are still being looked up are not forgotten. */
static void test_covered_without_addresses(void) {
  char name[40];
  int before, after = 0;

  resolved_begin("pinned-slow.example");
  for (int i = 0; i < 40000; i++) {
    snprintf(name, sizeof name, "pinned-absent%d.example", i);
    resolved_begin(name);
    resolved_end(name);
  }
  CU_ASSERT_EQUAL(count_names("pinned-slow.example", 0x7f000001), 1);
  resolved_end("pinned-slow.example");
  CU_ASSERT_EQUAL(count_names("pinned-slow.example", 0x7f000001), 0);
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000, 37), 0);
  before = asked;
  CU_ASSERT_FALSE(resolved_seen.any_name(COVERING(12, is_none, &after)));
  CU_ASSERT_TRUE(after < 20000);
  CU_ASSERT_EQUAL(asked, before);
}

/* As long as it is unknown what is covered, no name is dropped, and later nothing remains of that state. */
static void test_unsure(void) {
  unsure = true;
  remember_many("other-unsure", 0x0f000000, 20000);
  CU_ASSERT_EQUAL(count_names("other-unsure0.example", 0x0f000000), 1);
  CU_ASSERT_EQUAL(count_names("other-unsure19999.example", 0x0f000000 + 19999), 1);
  unsure = false;
  CU_ASSERT_EQUAL(count_names("other-unsure0.example", 0x0f000000), 1);
  CU_ASSERT_EQUAL(count_names("other-unsure0.example", 0x7f000001), 0);
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000, 37), 0);
}

static bool are_known(const char *name, uint32_t address) {
  struct wanted wanted = {.name = name};
  struct in_addr v4 = {htonl(address)};

  return resolved_seen.names_of(covering(name), AF_INET, &v4, compare, &wanted);
}

/* Names below a covered parent, with one address, as many as an outsider likes: beyond a limit the address is
 * marked as having unknown names, as long as they are covered. */
static void test_crowd(void) {
  char name[40];

  for (uint32_t i = 0; i < 10000; i++) {
    snprintf(name, sizeof name, "pinned-crowd%u.example", i);
    remember(name, 0x0d000001);
    if (i == 4096)
      CU_ASSERT_EQUAL(count_names("pinned-crowd1.example", 0x0d000001), 1);
  }
  asked = 0;
  CU_ASSERT_FALSE(are_known(PINNED, 0x0d000001));
  CU_ASSERT_TRUE(asked < 10000);
  CU_ASSERT_EQUAL(missing(PINNED, 0x0a000000, 4000, 37), 0);
  covered = "pinned.";
  CU_ASSERT_EQUAL(count_names("pinned-crowd0.example", 0x0d000001), 1);
  CU_ASSERT_EQUAL(count_names("pinned-crowd9999.example", 0x0d000001), 1);
  covered = "pinned";
  CU_ASSERT_FALSE(are_known(PINNED, 0x0d000001));
  unsure = true;
  CU_ASSERT_FALSE(are_known(PINNED, 0x0d000001));
  unsure = false;
}

/* Another policy covers none of the many names, so the address is no longer marked. */
static void test_crowd_everywhere(void) {
  remember_many("pinned-many", 0x20000000, 60000);
  CU_ASSERT_FALSE(are_known(PINNED, 0x20000000));
  covered = "pinned.";
  CU_ASSERT_TRUE(count_names("pinned-many0.example", 0x20000000) >= 1);
  CU_ASSERT_TRUE(count_names("pinned-many59999.example", 0x20000000 + 59999) >= 1);
  CU_ASSERT_TRUE(count_names(PINNED, 0x0a000000) >= 1);
  covered = "pinned";
}

static bool is_covered_later(const char *address, void *arg) {
  (void)arg;
  return strcmp(address, COVERED_ADDRESS_LATER) == 0;
}

/* A name whose addresses are no longer kept may get one that has an entry. */
static void test_covered_address_of_crowd(void) {
  struct visited none = {.most = 100000}, addresses = {.most = 100000};

  CU_ASSERT_TRUE(resolved_seen.every_address(COVERING(71, is_covered_later, NULL), note_visit, &none));
  CU_ASSERT_EQUAL(none.names, 0);
  remember("pinned-many0.example", 0x0a630002);
  CU_ASSERT_TRUE(resolved_seen.every_address(COVERING(71, is_covered_later, NULL), note_visit, &addresses));
  CU_ASSERT_EQUAL(addresses.names, 1);
}

/* In a separate process. Beyond all limits, a covered address is lost, under any name, and may then be that
 * of any connection. */
static int lose_covered_address(void) {
  int calls = 0;

  addresses_are_covered = true;
  remember_many("other-covered", 0x50000000, 140000);
  return resolved_seen.any_name(COVERING(81, is_none, &calls)) ? 0 : 1;
}

static void test_covered_addresses_without_end(void) {
  int status = -1;
  pid_t child = fork();

  if (child == 0)
    _exit(lose_covered_address());
  CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
  CU_ASSERT_EQUAL(status, 0);
}

/* Beyond all limits, a covered name is lost, and may then belong to any address, for good. Until then the
 * policy is asked only from time to time, and afterwards not at all. */
static void test_covered_names_without_end(void) {
  struct wanted wanted = {.name = PINNED};
  char name[40];

  asked = 0;
  remember_many("pinned-name", 0x30000000, 140000);
  CU_ASSERT_TRUE(asked < 20 * 140000);
  covered = "none";
  CU_ASSERT_FALSE(are_known(PINNED, 0x30000000));
  CU_ASSERT_TRUE(resolved_seen.any_name(COVERING(13, compare, &wanted)));
  asked = 0;
  for (uint32_t i = 0; i < 1000; i++) {
    snprintf(name, sizeof name, "pinned-later%u.example", i);
    remember(name, 0x0d000001);
  }
  CU_ASSERT_EQUAL(asked, 0);
}

#define FILLING 30000

/* In a separate process. step: 0: all have the same address. */
static int fill(uint32_t step) {
  char name[40];

  for (uint32_t i = 0; i < FILLING; i++) {
    snprintf(name, sizeof name, "pinned-filling%u.example", i);
    remember(name, 0x40000000 + i * step);
  }
  if (step == 0)
    return are_known(PINNED, 0x40000000) ? 1 : 0;
  return count_names("pinned-filling0.example", 0x40000000) == 1 &&
                 count_names(name, 0x40000000 + FILLING - 1) == 1
             ? 0
             : 1;
}

static double seconds_to_fill(uint32_t step) {
  int status = -1;
  struct rusage used;
  pid_t child = fork();

  if (child == 0)
    _exit(fill(step));
  CU_ASSERT_EQUAL(wait4(child, &status, 0, &used), child);
  CU_ASSERT_EQUAL(status, 0);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* One address for all names takes little longer than one for each. */
static void test_names_of_one_address(void) {
  CU_ASSERT_TRUE(seconds_to_fill(0) < 3 * seconds_to_fill(1));
}

int main(void) {
  static const struct unit_test threads[] = {
      {"an answer of 4,000 addresses", test_large_answer},
      {"threads and forks", test_threads_and_forks},
      {"asked while it is cut down", test_asked_while_cut},
      {NULL, NULL},
  };
  static const struct unit_test all[] = {
      {"names of one address", test_names_of_one_address},
      {"random bytes are cleared", test_random_bytes_are_cleared},
      {"an answer of 4,000 addresses", test_large_answer},
      {"other names evict nothing", test_others_evict_nothing},
      {"names without addresses", test_names_without_addresses},
      {"pending", test_pending},
      {"forms of addresses", test_forms},
      {"any name", test_any_name},
      {"every name", test_every},
      {"every address", test_every_address},
      {"a covered address stays", test_covered_address_stays},
      {"any name of an address", test_any_name_of},
      {"any name of every address", test_any_name_everywhere},
      {"threads and forks", test_threads_and_forks},
      {"asked while it is cut down", test_asked_while_cut},
      {"covered names without addresses", test_covered_without_addresses},
      {"nobody can tell", test_unsure},
      {"covered without end", test_covered_without_end},
      {"a crowd of covered names", test_crowd},
      {"a crowd of covered names everywhere", test_crowd_everywhere},
      {"a covered address of such a crowd", test_covered_address_of_crowd},
      {"covered addresses without end", test_covered_addresses_without_end},
      {"covered names without end", test_covered_names_without_end},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"resolved", NULL, NULL, ONLY_THREADS ? threads : all};
  return unit_run(&suite);
}
