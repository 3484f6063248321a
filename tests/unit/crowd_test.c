/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Many entries of one name, each for other ports: each port finds its own entry, a key of another port does
 * not count, and an unknown port or damage leads to a refusal.
 */
#include "image.h"
#include "image_builder.h"
#include "runner.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAME "x.org"
#define MOST 65535u
#define OUTSIDER "*.other.org"

/* Entries with ports and their own keys. */
struct crowd {
  struct pin_entry *entries;
  struct pin_digest *keys;
  uint16_t *ports;
  size_t count, port_count;
  struct sample sample;
};

static struct pin_digest key_of(size_t number) {
  struct pin_digest key = {{(uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number, 1}};
  return key;
}

/* Room for one name for each port, and a few more entries. */
static void begin(struct crowd *ret_crowd) {
  *ret_crowd = (struct crowd){.entries = calloc(MOST + 8, sizeof *ret_crowd->entries),
                              .keys = calloc(MOST + 8, sizeof *ret_crowd->keys),
                              .ports = calloc(MOST + 8, sizeof *ret_crowd->ports)};
  if (!ret_crowd->entries || !ret_crowd->keys || !ret_crowd->ports)
    abort();
}

static void end(struct crowd *crowd) {
  sample_clear(&crowd->sample);
  free(crowd->entries);
  free(crowd->keys);
  free(crowd->ports);
}

/* Makes an entry for each `step`th port from `first` on; step 0: for every port. */
static struct pin_entry *add(struct crowd *crowd, const char *name, unsigned first, unsigned step,
                             unsigned count) {
  const size_t i = crowd->count++;
  struct pin_entry *entry = &crowd->entries[i];
  crowd->keys[i] = key_of(i);
  *entry = (struct pin_entry){.name = name, .ports = crowd->ports + crowd->port_count, .port_count = count};
  entry->lists[PIN_LIST_PINS] = (struct pin_digest_list){&crowd->keys[i], 1};
  for (unsigned k = 0; k < count; k++)
    crowd->ports[crowd->port_count++] = (uint16_t)(first + k * step);
  return entry;
}

static bool make(struct crowd *crowd) {
  const struct sample_spec spec = {.entries = crowd->entries};
  return sample_make(&spec, &crowd->sample);
}

/* The verdict on a peer with the key of the entry with this number. */
static void ask(const struct crowd *crowd, const char *name, uint16_t port, size_t key,
                struct pin_verdict *ret_verdict) {
  const struct pin_path_key keys[] = {{.key = key_of(key)}};
  const struct pin_path path = {.keys = keys, .count = 1, .vouch = sample_vouch};
  sample_ask(&crowd->sample.policy, name, port, &path, ret_verdict);
}

static bool is_accepted(const struct crowd *crowd, const char *name, uint16_t port, size_t key) {
  struct pin_verdict verdict;
  ask(crowd, name, port, key, &verdict);
  return verdict.outcome == PIN_ACCEPTED && verdict.count == 1 && verdict.findings[0].entry.line == key + 1;
}

static bool is_refused(const struct crowd *crowd, const char *name, uint16_t port, size_t key,
                       enum pin_reason reason) {
  struct pin_verdict verdict;
  ask(crowd, name, port, key, &verdict);
  return verdict.outcome == PIN_REFUSED && verdict.reason == reason;
}

static bool is_uncovered(const struct crowd *crowd, const char *name, uint16_t port) {
  struct pin_verdict verdict;
  ask(crowd, name, port, 0, &verdict);
  return verdict.outcome == PIN_NOT_COVERED && pin_covers(&crowd->sample.policy, name, port) == 0;
}

/* ---- All ports ---- */

static bool count_entry(const struct pin_entry *entry, void *arg) {
  size_t *count = arg;
  *count += strcmp(entry->name, NAME) == 0;
  return true;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void test_each_port(void) {
  struct crowd crowd;
  size_t wrong = 0, visited = 0;
  begin(&crowd);
  for (unsigned port = 1; port < MOST; port++)
    add(&crowd, NAME, port, 1, 1);
  const double before = seconds();
  if (make(&crowd)) {
    const double made = seconds();
    for (unsigned port = 1; port < MOST; port++)
      wrong += !is_accepted(&crowd, NAME, (uint16_t)port, port - 1);
    const double asked = seconds();
    printf("%u entries: %.2f s to compile, %.2f us a lookup and its verdict\n", MOST - 1, made - before,
           1e6 * (asked - made) / (MOST - 1));
    for (unsigned port = 1; port < MOST; port++) {
      /* Keys of the neighbouring ports and of a distant one, all of the same name. */
      wrong += !is_refused(&crowd, NAME, (uint16_t)port, port, PIN_REASON_NO_PIN);
      wrong += !is_refused(&crowd, NAME, (uint16_t)port, port + 15, PIN_REASON_NO_PIN);
      wrong += !is_refused(&crowd, NAME, (uint16_t)port, (port + 30000) % MOST, PIN_REASON_NO_PIN);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(is_uncovered(&crowd, NAME, MOST));
    CU_ASSERT_TRUE(is_uncovered(&crowd, "www." NAME, 443));
    CU_ASSERT_TRUE(is_uncovered(&crowd, "org", 443));
    CU_ASSERT_TRUE(is_refused(&crowd, NAME, 0, 442, PIN_REASON_TOO_MANY_NAMES));
    CU_ASSERT_EQUAL(pin_covers(&crowd.sample.policy, NAME, 0), PIN_SELECTED_ENTRIES);
    CU_ASSERT_EQUAL(pin_covers(&crowd.sample.policy, NAME, 443), PIN_SELECTED_ENTRIES);
    CU_ASSERT_EQUAL(pin_policy_visit(&crowd.sample.policy, count_entry, &visited), PIN_OK);
    CU_ASSERT_EQUAL(visited, MOST - 1);
    CU_ASSERT_EQUAL(pin_policy_visit_base(&crowd.sample.policy, NAME, count_entry, &visited), PIN_OK);
    CU_ASSERT_EQUAL(visited, 2 * (MOST - 1));
  }
  end(&crowd);
}

/* ---- Lists of ports ---- */

/* Seventeen entries share each group of ports, so that nearly all are found by pointers. */
static void test_lists(void) {
  enum { ENTRIES = 17, PORTS = 3800 };
  struct crowd crowd;
  size_t wrong = 0, visited = 0;
  begin(&crowd);
  for (unsigned i = 0; i < ENTRIES; i++)
    add(&crowd, NAME, 1 + i, ENTRIES, PORTS);
  if (make(&crowd)) {
    for (unsigned port = 1; port <= ENTRIES * PORTS; port++) {
      const size_t own = (port - 1) % ENTRIES;
      wrong += !is_accepted(&crowd, NAME, (uint16_t)port, own);
      wrong += !is_refused(&crowd, NAME, (uint16_t)port, (own + 1) % ENTRIES, PIN_REASON_NO_PIN);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(is_uncovered(&crowd, NAME, ENTRIES * PORTS + 1));
    CU_ASSERT_TRUE(is_uncovered(&crowd, NAME, MOST));
    CU_ASSERT_TRUE(is_refused(&crowd, NAME, 0, 0, PIN_REASON_TOO_MANY_NAMES));
    CU_ASSERT_EQUAL(pin_policy_visit(&crowd.sample.policy, count_entry, &visited), PIN_OK);
    CU_ASSERT_EQUAL(pin_policy_visit_base(&crowd.sample.policy, NAME, count_entry, &visited), PIN_OK);
    CU_ASSERT_EQUAL(visited, (size_t)2 * ENTRIES);
  }
  end(&crowd);
}

/* ---- Which entries are a crowd ---- */

/* If the port is unknown, as many entries as a verdict holds are alternatives; one more is too many. */
static void test_bound(void) {
  for (unsigned count = PIN_IMAGE_FEW; count <= PIN_IMAGE_FEW + 1; count++) {
    struct crowd crowd;
    struct pin_verdict verdict;
    begin(&crowd);
    for (unsigned i = 0; i < count; i++)
      add(&crowd, NAME, 100 * (i + 1), 1, 1);
    if (make(&crowd)) {
      ask(&crowd, NAME, 0, 3, &verdict);
      CU_ASSERT_EQUAL(verdict.count, PIN_IMAGE_FEW);
      for (size_t i = 0; i < verdict.count; i++)
        CU_ASSERT_EQUAL(verdict.findings[i].entry.line, i + 1);
      CU_ASSERT_EQUAL(verdict.outcome == PIN_ACCEPTED, count == PIN_IMAGE_FEW);
      CU_ASSERT_EQUAL(verdict.reason == PIN_REASON_TOO_MANY_NAMES, count > PIN_IMAGE_FEW);
      CU_ASSERT_TRUE(is_accepted(&crowd, NAME, 400, 3));
      CU_ASSERT_TRUE(is_refused(&crowd, NAME, 400, 4, PIN_REASON_NO_PIN));
      CU_ASSERT_TRUE(is_uncovered(&crowd, NAME, 401));
      CU_ASSERT_TRUE(is_uncovered(&crowd, NAME, 99));
    }
    end(&crowd);
  }
}

/* Entries of one base that are not a crowd together: of another kind, and with subdomains. */
static void test_classes(void) {
  enum { EACH = 20 };
  struct crowd crowd;
  begin(&crowd);
  for (unsigned i = 0; i < EACH; i++) {
    add(&crowd, NAME, 1 + i, 1, 1);
    add(&crowd, "*." NAME, 101 + i, 1, 1);
    add(&crowd, NAME, 201 + i, 1, 1)->include_subdomains = true;
    add(&crowd, "192.0.2.1", 1 + i, 1, 1);
  }
  const size_t domain = crowd.count;
  add(&crowd, "tree.org", 0, 1, 0)->include_subdomains = true;
  for (unsigned i = 0; i < EACH; i++)
    add(&crowd, "*.tree.org", 1 + i, 1, 1)->mode = PIN_MODE_OFF;
  if (make(&crowd)) {
    size_t wrong = 0;
    for (unsigned i = 0; i < EACH; i++) {
      wrong += !is_accepted(&crowd, NAME, (uint16_t)(1 + i), 4 * i);
      wrong += !is_accepted(&crowd, "www." NAME, (uint16_t)(101 + i), 4 * i + 1);
      wrong += !is_accepted(&crowd, NAME, (uint16_t)(201 + i), 4 * i + 2);
      wrong += !is_accepted(&crowd, "www." NAME, (uint16_t)(201 + i), 4 * i + 2);
      wrong += !is_accepted(&crowd, "a.www." NAME, (uint16_t)(201 + i), 4 * i + 2);
      wrong += !is_accepted(&crowd, "192.0.2.1", (uint16_t)(1 + i), 4 * i + 3);
      wrong += !is_uncovered(&crowd, "www." NAME, (uint16_t)(1 + i));
      wrong += !is_uncovered(&crowd, NAME, (uint16_t)(101 + i));
      wrong += !is_uncovered(&crowd, "a.www." NAME, (uint16_t)(101 + i));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    /* A crowd without an entry for the port does not replace its parent. */
    CU_ASSERT_TRUE(is_accepted(&crowd, "a.tree.org", 99, domain));
    CU_ASSERT_TRUE(is_refused(&crowd, "a.tree.org", 99, 0, PIN_REASON_NO_PIN));
    CU_ASSERT_TRUE(is_refused(&crowd, "a.tree.org", 0, domain, PIN_REASON_TOO_MANY_NAMES));
    CU_ASSERT_TRUE(is_accepted(&crowd, "tree.org", 0, domain));
    CU_ASSERT_TRUE(is_refused(&crowd, "." NAME, 201, 2, PIN_REASON_BAD_NAME));
    CU_ASSERT_TRUE(is_refused(&crowd, "192.0.2.1", 0, 3, PIN_REASON_TOO_MANY_NAMES));
  }
  end(&crowd);
}

/* ---- Damage ---- */

static void make_small(struct crowd *ret_crowd) {
  begin(ret_crowd);
  for (unsigned i = 0; i < PIN_IMAGE_FEW + 1; i++)
    add(ret_crowd, NAME, 1 + i, PIN_IMAGE_FEW + 1, 3);
  add(ret_crowd, OUTSIDER, 443, 1, 1);
  make(ret_crowd);
}

/* Whether each port of the small crowd gets the same answer as before, or a refusal because of damage. */
static bool is_safe(const struct crowd *crowd) {
  static const uint16_t ports[] = {0, 1, 17, 18, 35, 51, 52};
  for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
    struct pin_verdict verdict;
    const size_t own = (ports[i] - 1u) % (PIN_IMAGE_FEW + 1);
    ask(crowd, NAME, ports[i], own, &verdict);
    if (verdict.outcome == PIN_REFUSED && verdict.reason == PIN_REASON_DAMAGED)
      continue;
    if (ports[i] == 0 && verdict.reason != PIN_REASON_TOO_MANY_NAMES)
      return false;
    if (ports[i] == 52 && verdict.outcome != PIN_NOT_COVERED)
      return false;
    if (ports[i] != 0 && ports[i] != 52 &&
        (verdict.outcome != PIN_ACCEPTED || verdict.findings[0].entry.line != own + 1))
      return false;
  }
  return true;
}

static void test_damage(void) {
  struct crowd crowd;
  size_t wrong = 0, opened = 0;
  make_small(&crowd);
  CU_ASSERT_TRUE(is_safe(&crowd));
  uint8_t *image = crowd.sample.image;
  const struct pin_policy sound = crowd.sample.policy;
  for (size_t at = 0; at < crowd.sample.size; at++) {
    image[at] ^= 0x10;
    if (pin_policy_open(image, crowd.sample.size, &crowd.sample.policy) == PIN_OK) {
      opened++;
      wrong += !is_safe(&crowd);
    }
    image[at] ^= 0x10;
  }
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_TRUE(opened > crowd.sample.size / 2);
  crowd.sample.policy = sound;
  end(&crowd);
}

/* As an attacker who can compute checksums: calls `change` for each record, and repairs the checksums. */
static void rewrite(struct crowd *crowd, void (*change)(struct pin_image_record *record)) {
  struct pin_image opened;
  uint8_t *image = crowd->sample.image;
  if (!pin_image_open(image, crowd->sample.size, &opened))
    abort();
  const uint32_t *offsets = (const uint32_t *)(void *)(image + opened.head.offsets.offset);
  for (uint64_t i = 0; i < UINT64_C(1) << opened.head.bucket_bits; i++) {
    uint8_t *bucket = image + opened.head.buckets.offset + offsets[i] * (uint64_t)PIN_IMAGE_UNIT;
    const uint64_t size = (offsets[i + 1] - offsets[i]) * (uint64_t)PIN_IMAGE_UNIT;
    struct pin_image_record record;
    for (uint64_t at = sizeof(uint64_t); at < size; at += record.size) {
      memcpy(&record, bucket + at, sizeof record);
      change(&record);
      memcpy(bucket + at, &record, sizeof record);
    }
    const uint64_t checksum = pin_image_checksum(opened.head.stamp, PIN_BLOCK_BUCKET, i, bucket, size);
    memcpy(bucket, &checksum, sizeof checksum);
  }
}

static void mislead(struct pin_image_record *record) {
  if (record->role == PIN_ROLE_POINTER)
    record->line += 32;
}

static void point_beyond(struct pin_image_record *record) {
  if (record->role == PIN_ROLE_POINTER)
    record->line = UINT32_MAX;
}

static void use_no_role(struct pin_image_record *record) {
  record->role = PIN_ROLE_POINTER + 1;
}

static void make_all_pointers(struct pin_image_record *record) {
  if (record->role == PIN_ROLE_OF_CROWD)
    record->role = PIN_ROLE_POINTER;
}

/* A pointer has to lead to an entry; anything else counts as damage. */
static void test_hostile(void) {
  void (*const changes[])(struct pin_image_record *) = {mislead, point_beyond, use_no_role,
                                                        make_all_pointers};
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    struct crowd crowd;
    make_small(&crowd);
    rewrite(&crowd, changes[i]);
    CU_ASSERT_TRUE(is_refused(&crowd, NAME, 18, 0, PIN_REASON_DAMAGED));
    CU_ASSERT_TRUE(is_refused(&crowd, NAME, 35, 0, PIN_REASON_DAMAGED));
    CU_ASSERT_TRUE(is_refused(&crowd, NAME, 51, 16, PIN_REASON_DAMAGED));
    CU_ASSERT_EQUAL(pin_covers(&crowd.sample.policy, NAME, 51), PIN_SELECTED_REFUSAL);
    end(&crowd);
  }
}

int main(void) {
  static const struct unit_test tests[] = {
      {"each port", test_each_port},
      {"lists of ports", test_lists},
      {"the bound", test_bound},
      {"classes", test_classes},
      {"damage", test_damage},
      {"hostile", test_hostile},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"crowd", NULL, NULL, tests};
  return unit_run(&suite);
}
