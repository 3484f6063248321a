/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of image_stage.h: a policy, questions to it, and memory that ends at an unreadable page. */
#include "image_stage.h"

#include <sys/mman.h>
#include <unistd.h>

#define PINS(...) [PIN_LIST_PINS] = SAMPLE_LIST(__VA_ARGS__)

static const uint16_t some_ports[] = {443, 8443, 9443};

static const struct pin_entry entries[] = {
    {.name = "foo.com", .lists = {PINS({1}, {2})}, .comment = "two keys"},
    {.name = "*.foo.com", .lists = {PINS({3})}, .file = "/etc/pinning/policy.d/foo.cfg"},
    {.name = "tree.org",
     .include_subdomains = true,
     .ports = some_ports,
     .port_count = 3,
     .require = PIN_REQUIRE_ALL,
     .lists =
         {PINS({4}), [PIN_LIST_INTERMEDIATES] = SAMPLE_LIST({5}), [PIN_LIST_ANCHORS] = SAMPLE_LIST({6})}},
    /* More than an entry stores inline, shared by two entries. */
    {.name = "long.org", .lists = {PINS({21}, {22}, {23}, {24}, {25}, {26}, {27}, {28}, {4})}},
    {.name = "*.long.org", .lists = {PINS({21}, {22}, {23}, {24}, {25}, {26}, {27}, {28}, {4})}},
    {.name = "audit.org", .mode = PIN_MODE_AUDIT, .lists = {PINS({1})}},
    {.name = "192.0.2.1", .expires = 500, .lists = {[PIN_LIST_FINGERPRINTS] = SAMPLE_LIST({7}, {8})}},
    {.name = NULL},
};

static const struct pin_source_identity sources[] = {
    {.path = "/nonexistent/policy.cfg", .exists = false},
    {.path = "/nonexistent/policy.d", .exists = false, .is_directory = true},
    {.path = NULL},
};

const struct sample_spec stage_spec = {
    .entries = entries,
    .blocked_keys = SAMPLE_LIST({9}),
    .exempt_anchors = SAMPLE_LIST({10}),
    .sources = sources,
};

static const char *const names[STAGE_NAMES] = {
    "foo.com",   "www.foo.com", "a.b.foo.com", ".foo.com",        "x.tree.org", "long.org",    "a.long.org",
    "audit.org", "192.0.2.1",   "::1",         "unknown.example", "com",        "WWW.FOO.COM."};

/* Paths of one to three keys; certificates have the same digests as their keys. */
static const uint8_t paths[STAGE_PATHS][3] = {{1}, {3},    {4, 5, 6}, {4, 5, 1}, {7},
                                              {9}, {1, 9}, {11, 10},  {11},      {0}};

/* Memory whose last byte is right before an unreadable page. */
static struct {
  uint8_t *memory;
  size_t size;
} stage;

bool stage_open(size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  stage.size = (size + 2 * page - 1) / page * page;
  void *memory = mmap(NULL, stage.size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return false;
  stage.memory = memory;
  return mprotect(stage.memory + stage.size, page, PROT_NONE) == 0;
}

void stage_close(void) {
  if (stage.memory)
    munmap(stage.memory, stage.size + (size_t)sysconf(_SC_PAGESIZE));
  stage.memory = NULL;
}

uint8_t *stage_put(const void *image, size_t size) {
  uint8_t *staged = stage.memory + stage.size - pin_image_round_up(size);
  memcpy(staged, image, size);
  return staged;
}

void stage_ask(const void *image, size_t size, struct stage_answers *ret_answers) {
  struct pin_policy policy;
  memset(ret_answers, 0, sizeof *ret_answers);
  ret_answers->opened = pin_policy_open(image, size, &policy) == PIN_OK;
  if (!ret_answers->opened)
    return;
  for (size_t n = 0; n < STAGE_NAMES; n++) {
    for (size_t p = 0; p < STAGE_PATHS; p++) {
      struct pin_path_key keys[3];
      struct pin_path path = {.keys = keys, .count = 0, .vouch = sample_vouch};
      struct pin_verdict verdict;
      memset(keys, 0, sizeof keys);
      for (; path.count < 3 && paths[p][path.count] != 0; path.count++)
        keys[path.count].key.bytes[0] = keys[path.count].certificate.bytes[0] = paths[p][path.count];
      sample_ask(&policy, names[n], 443, &path, &verdict);
      ret_answers->said[n][p].outcome = verdict.outcome;
      ret_answers->said[n][p].reason = verdict.reason;
    }
  }
}

bool stage_is_safe(const struct stage_answers *answers, const struct stage_answers *before) {
  if (!answers->opened)
    return true;
  for (size_t n = 0; n < STAGE_NAMES; n++) {
    for (size_t p = 0; p < STAGE_PATHS; p++) {
      bool same = answers->said[n][p].outcome == before->said[n][p].outcome &&
                  answers->said[n][p].reason == before->said[n][p].reason;
      bool damaged =
          answers->said[n][p].outcome == PIN_REFUSED && answers->said[n][p].reason == PIN_REASON_DAMAGED;
      if (!same && !damaged)
        return false;
    }
  }
  return true;
}

static bool read_entry(const struct pin_entry *entry, void *arg) {
  struct stage_visit *visited = arg;
  visited->count++;
  visited->bytes += strlen(entry->name) + strlen(entry->comment) + strlen(entry->file);
  for (uint32_t i = 0; i < entry->port_count; i++)
    visited->bytes += entry->ports[i] != 0;
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    for (uint32_t i = 0; i < entry->lists[list].count; i++)
      visited->bytes += entry->lists[list].digests[i].bytes[31] == 0;
  }
  return true;
}

enum pin_status stage_visit_all(const void *image, size_t size, struct stage_visit *ret_visited) {
  struct pin_policy policy;
  memset(ret_visited, 0, sizeof *ret_visited);
  if (pin_policy_open(image, size, &policy) != PIN_OK)
    return PIN_DAMAGED;
  return pin_policy_visit(&policy, read_entry, ret_visited);
}
