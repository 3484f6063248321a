/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Verdicts on a path of keys, by each list and setting of an entry. */
#include "runner.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Keys are given by their first byte, certificates by that of their key plus 100: the peer's own key is 1,
 * the issuing CA's 2, its issuer's 3. 7 is blocked, 8 is an exempt anchor, 9 is a wrong key that differs in
 * nothing else.
 */

static const struct pin_entry entries[] = {
    {.name = "leaf", .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "middle", .lists = {SAMPLE_GIVEN(PINS, {2})}},
    {.name = "two", .lists = {SAMPLE_GIVEN(PINS, {4}, {3})}},
    {.name = "backup", .lists = {SAMPLE_GIVEN(PINS, {4}), SAMPLE_GIVEN(BACKUP_PINS, {1})}},
    {.name = "only-backup", .lists = {SAMPLE_GIVEN(BACKUP_PINS, {1})}},
    {.name = "certificate", .lists = {SAMPLE_GIVEN(FINGERPRINTS, {102})}},
    {.name = "pin-or-certificate", .lists = {SAMPLE_GIVEN(PINS, {4}), SAMPLE_GIVEN(FINGERPRINTS, {101})}},
    {.name = "intermediate", .lists = {SAMPLE_GIVEN(INTERMEDIATES, {2})}},
    {.name = "any", .lists = {SAMPLE_GIVEN(PINS, {1}), SAMPLE_GIVEN(INTERMEDIATES, {2})}},
    {.name = "all",
     .require = PIN_REQUIRE_ALL,
     .lists = {SAMPLE_GIVEN(PINS, {1}), SAMPLE_GIVEN(INTERMEDIATES, {2})}},
    {.name = "all-one", .require = PIN_REQUIRE_ALL, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "all-backup",
     .require = PIN_REQUIRE_ALL,
     .lists = {SAMPLE_GIVEN(BACKUP_PINS, {1}), SAMPLE_GIVEN(INTERMEDIATES, {2})}},
    {.name = "anchor", .lists = {SAMPLE_GIVEN(ANCHORS, {3})}},
    {.name = "pin-and-anchor", .lists = {SAMPLE_GIVEN(PINS, {1}), SAMPLE_GIVEN(ANCHORS, {3})}},
    {.name = "everything",
     .lists = {SAMPLE_GIVEN(PINS, {1}), SAMPLE_GIVEN(INTERMEDIATES, {2}), SAMPLE_GIVEN(ANCHORS, {3})}},
    {.name = "nothing"},
    {.name = "audit", .mode = PIN_MODE_AUDIT, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "off", .mode = PIN_MODE_OFF, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "off-nothing", .mode = PIN_MODE_OFF},
    {.name = "expired", .expires = 999, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "expiring", .expires = 1000, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "expired-enforce",
     .expires = 999,
     .on_expiry = PIN_ON_EXPIRY_ENFORCE,
     .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "expired-audit",
     .expires = 999,
     .mode = PIN_MODE_AUDIT,
     .on_expiry = PIN_ON_EXPIRY_ENFORCE,
     .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = NULL},
};

/* The policy: the entries above with these settings. */
enum setting { PLAIN, BLOCKING, BLOCKING_ONLY, BLOCKING_AUDIT, BLOCKING_OFF, SETTING_COUNT };

static const struct sample_spec specs[SETTING_COUNT] = {
    [PLAIN] = {.entries = entries, .exempt_anchors = SAMPLE_LIST({8})},
    [BLOCKING] = {.entries = entries,
                  .blocked_keys = SAMPLE_LIST({6}, {7}),
                  .exempt_anchors = SAMPLE_LIST({8})},
    [BLOCKING_ONLY] = {.entries = entries, .blocked_keys = SAMPLE_LIST({7})},
    [BLOCKING_AUDIT] = {.entries = entries,
                        .mode = PIN_MODE_AUDIT,
                        .blocked_keys = SAMPLE_LIST({7}),
                        .exempt_anchors = SAMPLE_LIST({8})},
    [BLOCKING_OFF] = {.entries = entries, .mode = PIN_MODE_OFF, .blocked_keys = SAMPLE_LIST({7})},
};

struct verdict_case {
  enum setting setting;
  const char *names[2];
  uint8_t path[4]; /* keys from depth 0 on; ends with 0 */
  enum pin_outcome outcome;
  enum pin_reason reason;
};

static const struct verdict_case cases[] = {
    /* Pins match at any depth; a similar key does not match. */
    {PLAIN, {"leaf"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"leaf"}, {1}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"leaf"}, {2, 1, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"leaf"}, {2, 3, 1}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"leaf"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"leaf"}, {9}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"leaf"}, {101, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"leaf"}, {0}, PIN_REFUSED, PIN_REASON_NO_KEY},
    {PLAIN, {"middle"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"middle"}, {2}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"middle"}, {1, 9, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"two"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"two"}, {4, 9}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"two"}, {1, 2, 9}, PIN_REFUSED, PIN_REASON_NO_PIN},
    /* Backup pins count like pins. */
    {PLAIN, {"backup"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"backup"}, {4, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"backup"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"only-backup"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"only-backup"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"only-backup"}, {0}, PIN_REFUSED, PIN_REASON_NO_KEY},
    /* Fingerprints match certificates, pins match keys, and never the other way round. */
    {PLAIN, {"certificate"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"certificate"}, {1, 9, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"certificate"}, {102, 9, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"certificate"}, {0}, PIN_REFUSED, PIN_REASON_NO_KEY},
    {PLAIN, {"pin-or-certificate"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"pin-or-certificate"}, {4, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"pin-or-certificate"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    /* Intermediates match only an issuing CA. */
    {PLAIN, {"intermediate"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"intermediate"}, {9, 2}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"intermediate"}, {1, 3, 2}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"intermediate"}, {2, 9, 3}, PIN_REFUSED, PIN_REASON_NO_INTERMEDIATE},
    {PLAIN, {"intermediate"}, {2}, PIN_REFUSED, PIN_REASON_NO_INTERMEDIATE},
    {PLAIN, {"intermediate"}, {1, 9, 3}, PIN_REFUSED, PIN_REASON_NO_INTERMEDIATE},
    {PLAIN, {"intermediate"}, {0}, PIN_REFUSED, PIN_REASON_NO_KEY},
    /* require. */
    {PLAIN, {"any"}, {1, 9, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"any"}, {9, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"any"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"any"}, {9, 4, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"any"}, {2, 9, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"all"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"all"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"all"}, {1, 9, 3}, PIN_REFUSED, PIN_REASON_NO_INTERMEDIATE},
    {PLAIN, {"all"}, {2, 1, 3}, PIN_REFUSED, PIN_REASON_NO_INTERMEDIATE},
    {PLAIN, {"all"}, {9, 4, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"all-one"}, {1, 9, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"all-one"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"all-backup"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"all-backup"}, {1, 9, 3}, PIN_REFUSED, PIN_REASON_NO_INTERMEDIATE},
    {PLAIN, {"all-backup"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    /* Anchors match only at the end of the path. */
    {PLAIN, {"anchor"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"anchor"}, {3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"anchor"}, {1, 3, 2}, PIN_REFUSED, PIN_REASON_NO_ANCHOR},
    {PLAIN, {"anchor"}, {3, 2}, PIN_REFUSED, PIN_REASON_NO_ANCHOR},
    {PLAIN, {"anchor"}, {1, 2, 9}, PIN_REFUSED, PIN_REASON_NO_ANCHOR},
    {PLAIN, {"anchor"}, {0}, PIN_REFUSED, PIN_REASON_NO_KEY},
    {PLAIN, {"pin-and-anchor"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"pin-and-anchor"}, {1, 2, 9}, PIN_REFUSED, PIN_REASON_NO_ANCHOR},
    {PLAIN, {"pin-and-anchor"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"pin-and-anchor"}, {1}, PIN_REFUSED, PIN_REASON_NO_ANCHOR},
    {PLAIN, {"everything"}, {9, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"everything"}, {1, 9, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"everything"}, {9, 4, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"everything"}, {1, 2, 9}, PIN_REFUSED, PIN_REASON_NO_ANCHOR},
    /* An entry that accepts nothing accepts nothing. */
    {PLAIN, {"nothing"}, {1, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    /* Modes. */
    {PLAIN, {"audit"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"audit"}, {9, 2, 3}, PIN_AUDITED, PIN_REASON_NO_PIN},
    {PLAIN, {"audit"}, {0}, PIN_AUDITED, PIN_REASON_NO_KEY},
    {PLAIN, {"off"}, {9, 2, 3}, PIN_ACCEPTED, PIN_REASON_OFF},
    {PLAIN, {"off"}, {0}, PIN_ACCEPTED, PIN_REASON_OFF},
    {PLAIN, {"off-nothing"}, {9}, PIN_ACCEPTED, PIN_REASON_OFF},
    /* Expiry: the second of `expires` itself is still valid. */
    {PLAIN, {"expired"}, {9, 2, 3}, PIN_AUDITED, PIN_REASON_NO_PIN},
    {PLAIN, {"expired"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"expired"}, {0}, PIN_AUDITED, PIN_REASON_NO_KEY},
    {PLAIN, {"expiring"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"expired-enforce"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"expired-enforce"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"expired-audit"}, {9, 2, 3}, PIN_AUDITED, PIN_REASON_NO_PIN},
    /* Several names: all must accept; an enforced refusal outweighs an audited one, which outweighs a match.
     */
    {PLAIN, {"leaf", "middle"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"leaf", "middle"}, {1, 9, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"leaf", "middle"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"other", "leaf"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"leaf", "other"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"audit", "intermediate"}, {9, 4, 3}, PIN_REFUSED, PIN_REASON_NO_INTERMEDIATE},
    {PLAIN, {"audit", "intermediate"}, {9, 2, 3}, PIN_AUDITED, PIN_REASON_NO_PIN},
    {PLAIN, {"intermediate", "audit"}, {9, 2, 3}, PIN_AUDITED, PIN_REASON_NO_PIN},
    {PLAIN, {"expired", "anchor"}, {9, 2, 4}, PIN_REFUSED, PIN_REASON_NO_ANCHOR},
    {PLAIN, {"off", "leaf"}, {9, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"off", "leaf"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {PLAIN, {"off", "audit"}, {9, 2, 3}, PIN_AUDITED, PIN_REASON_NO_PIN},
    {PLAIN, {"audit", "leaf"}, {0}, PIN_REFUSED, PIN_REASON_NO_KEY},
    /* No entry, nothing blocked. */
    {PLAIN, {"other"}, {9}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    {PLAIN, {NULL}, {9}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    {PLAIN, {"other"}, {0}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    /* Exempt anchors: only at the end of the path, only for covered hosts. */
    {PLAIN, {"leaf"}, {9, 2, 8}, PIN_EXEMPT, PIN_REASON_EXEMPT_ANCHOR},
    {PLAIN, {"leaf"}, {8}, PIN_EXEMPT, PIN_REASON_EXEMPT_ANCHOR},
    {PLAIN, {"leaf", "middle"}, {9, 8}, PIN_EXEMPT, PIN_REASON_EXEMPT_ANCHOR},
    {PLAIN, {"leaf"}, {9, 8, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"leaf"}, {8, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {PLAIN, {"other"}, {9, 2, 8}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    {PLAIN, {"off"}, {9, 2, 8}, PIN_ACCEPTED, PIN_REASON_OFF},
    {PLAIN, {"nothing"}, {9, 2, 8}, PIN_EXEMPT, PIN_REASON_EXEMPT_ANCHOR},
    /* Blocked keys outweigh exempt anchors and pins, at every depth and for every host. */
    {BLOCKING, {"leaf"}, {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {BLOCKING, {"leaf"}, {1, 7, 3}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING, {"leaf"}, {1, 2, 6}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING, {"leaf"}, {7, 2, 8}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING, {"leaf"}, {9, 7, 3}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING, {"leaf"}, {9, 2, 8}, PIN_EXEMPT, PIN_REASON_EXEMPT_ANCHOR},
    {BLOCKING, {"leaf"}, {107, 2, 3}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {BLOCKING, {"audit"}, {1, 7, 3}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING, {"off"}, {7}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING, {"off"}, {9}, PIN_ACCEPTED, PIN_REASON_OFF},
    {BLOCKING, {"other"}, {7}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING, {"other"}, {9}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    {BLOCKING, {"other"}, {0}, PIN_REFUSED, PIN_REASON_NO_KEY},
    {BLOCKING, {NULL}, {9, 7}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING, {NULL}, {9}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    {BLOCKING_AUDIT, {"other"}, {7}, PIN_AUDITED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING_AUDIT, {"leaf"}, {1, 7}, PIN_AUDITED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING_AUDIT, {"leaf"}, {9, 7}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {BLOCKING_AUDIT, {"leaf"}, {7, 8}, PIN_AUDITED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING_AUDIT, {"audit"}, {9, 7}, PIN_AUDITED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING_AUDIT, {"other"}, {0}, PIN_AUDITED, PIN_REASON_NO_KEY},
    {BLOCKING_AUDIT, {"leaf"}, {0}, PIN_REFUSED, PIN_REASON_NO_KEY},
    {BLOCKING_OFF, {"other"}, {7}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    {BLOCKING_OFF, {"leaf"}, {1, 7}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {BLOCKING_OFF, {"leaf"}, {9, 7}, PIN_REFUSED, PIN_REASON_NO_PIN},
};

static struct sample samples[SETTING_COUNT];

static int set_up(void) {
  for (int i = 0; i < SETTING_COUNT; i++) {
    if (!sample_make(&specs[i], &samples[i]))
      return 1;
  }
  return 0;
}

static int tear_down(void) {
  for (int i = 0; i < SETTING_COUNT; i++)
    sample_clear(&samples[i]);
  return 0;
}

/* Gives a finding about the peer's certificate, and counts the calls. */
struct said {
  enum pin_reason reason;
  size_t asked;
  size_t depth; /* of the last question */
};

static enum pin_reason say(void *arg, const struct pin_finding *finding, size_t depth) {
  struct said *said = arg;
  CU_ASSERT_PTR_NOT_NULL(finding->name);
  said->asked++;
  said->depth = depth;
  return said->reason;
}

/* The certificate is as it should be. */
static struct said good = {.reason = PIN_REASON_MATCHED};

static void judge(const struct verdict_case *test, struct pin_verdict *ret_verdict) {
  const struct pin_policy *policy = &samples[test->setting].policy;
  struct pin_path_key keys[4];
  const struct pin_path path = {
      .keys = keys, .count = sample_path(test->path, keys), .vouch = say, .vouch_arg = &good};
  const size_t name_count = (test->names[0] != NULL) + (size_t)(test->names[1] != NULL);
  const struct pin_peer peer = {.names = test->names, .name_count = name_count, .port = 443, .now = 1000};
  enum pin_needs needs = pin_select(policy, &peer, ret_verdict);
  if (needs != PIN_NEEDS_NOTHING) {
    CU_ASSERT_EQUAL(ret_verdict->outcome, PIN_REFUSED);
    pin_judge(policy, &path, peer.now, ret_verdict);
  }
}

static void test_table(void) {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct verdict_case *test = &cases[i];
    struct pin_verdict verdict;
    judge(test, &verdict);
    if (verdict.outcome != test->outcome || verdict.reason != test->reason) {
      fprintf(stderr, "case %zu (%s, path %u %u %u): %s, %s\n", i,
              test->names[0] ? test->names[0] : "no name", test->path[0], test->path[1], test->path[2],
              pin_outcome_word(verdict.outcome), pin_reason_word(verdict.reason));
      CU_FAIL("wrong verdict");
    }
    CU_ASSERT_EQUAL(pin_allows(&verdict), test->outcome != PIN_REFUSED);
  }
}

/* A final verdict does not change with a later path. */
static void test_judged_once(void) {
  const struct verdict_case refused = {PLAIN, {"leaf"}, {9}, PIN_REFUSED, PIN_REASON_NO_PIN};
  const struct pin_path_key right = {.key = {{1}}};
  const struct pin_path path = {.keys = &right, .count = 1};
  struct pin_verdict verdict;
  judge(&refused, &verdict);
  pin_judge(&samples[PLAIN].policy, &path, 1000, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
  CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_NO_PIN);
  /* The state in which pin_select leaves a damaged image: without a finding, but not as uncovered. */
  const char *const names[] = {"nobody.example"};
  const struct pin_peer peer = {.names = names, .name_count = 1, .now = 1000};
  struct pin_policy damaged = samples[PLAIN].policy;
  uint64_t *image = calloc(1, damaged.size + sizeof *image);
  damaged.image = (const uint8_t *)image;
  CU_ASSERT_EQUAL(pin_select(&damaged, &peer, &verdict), PIN_NEEDS_NOTHING);
  CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_DAMAGED);
  pin_judge(&samples[PLAIN].policy, &path, 1000, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
  CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_DAMAGED);
  free(image);
}

static void test_details(void) {
  const struct verdict_case second = {PLAIN, {"off", "all"}, {1, 9, 2}, PIN_ACCEPTED, PIN_REASON_MATCHED};
  const struct verdict_case audited = {PLAIN, {"leaf", "audit"}, {9, 8, 3}, PIN_REFUSED, PIN_REASON_NO_PIN};
  const struct verdict_case blocked = {BLOCKING, {"leaf"}, {1, 2, 7}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY};
  struct pin_verdict verdict;
  judge(&second, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_ACCEPTED);
  CU_ASSERT_EQUAL(verdict.decisive, 1);
  CU_ASSERT_STRING_EQUAL(verdict.name, "all");
  CU_ASSERT_EQUAL(verdict.findings[1].depth[PIN_LIST_PINS], 0);
  CU_ASSERT_EQUAL(verdict.findings[1].depth[PIN_LIST_INTERMEDIATES], 2);
  CU_ASSERT_EQUAL(verdict.findings[1].depth[PIN_LIST_ANCHORS], -1);
  CU_ASSERT_EQUAL(verdict.findings[0].depth[PIN_LIST_PINS], -1);
  judge(&audited, &verdict);
  CU_ASSERT_EQUAL(verdict.decisive, 0);
  CU_ASSERT_EQUAL(verdict.findings[1].reason, PIN_REASON_NO_PIN);
  judge(&blocked, &verdict);
  CU_ASSERT_EQUAL(verdict.blocked_depth, 2);
  CU_ASSERT_EQUAL(verdict.decisive, verdict.count);
}

static bool asks_for_anchor(const struct pin_verdict *verdict) {
  for (size_t i = 0; i < verdict->count; i++) {
    if (verdict->findings[i].entry.lists[PIN_LIST_ANCHORS].count > 0)
      return true;
  }
  return false;
}

/* A path that satisfies is accepted, alone and with any keys above it; an accepted path satisfies if nothing
 * above it can matter. Returns whether it did. */
static bool test_prefix(const struct verdict_case *whole, const struct verdict_case *prefix) {
  const struct pin_policy *policy = &samples[whole->setting].policy;
  const size_t name_count = (whole->names[0] != NULL) + (size_t)(whole->names[1] != NULL);
  const struct pin_peer peer = {.names = whole->names, .name_count = name_count, .port = 443, .now = 1000};
  struct pin_path_key keys[4];
  const struct pin_path path = {
      .keys = keys, .count = sample_path(prefix->path, keys), .vouch = say, .vouch_arg = &good};
  struct pin_verdict verdict, of_prefix, of_whole;
  bool needs_keys = pin_select(policy, &peer, &verdict) != PIN_NEEDS_NOTHING;
  bool satisfied = needs_keys && pin_is_satisfied(policy, &path, &verdict);
  judge(prefix, &of_prefix);
  judge(whole, &of_whole);
  if (satisfied && (of_prefix.outcome != PIN_ACCEPTED || of_whole.outcome != PIN_ACCEPTED))
    CU_FAIL("satisfied, but not accepted");
  if (!satisfied && needs_keys && whole->setting == BLOCKING_OFF && !asks_for_anchor(&verdict) &&
      of_prefix.outcome == PIN_ACCEPTED)
    CU_FAIL("accepted, but not satisfied");
  return satisfied;
}

static void test_satisfied(void) {
  static const uint8_t keys[] = {1, 2, 3, 4, 7, 8, 9};
  enum { KEYS = sizeof keys, PATHS = KEYS * KEYS * KEYS, NAMES = sizeof entries / sizeof entries[0] };
  size_t satisfied[SETTING_COUNT] = {0};
  for (size_t i = 0; i < (size_t)SETTING_COUNT * NAMES * NAMES * PATHS; i++) {
    size_t p = i % PATHS, n = i / PATHS % (NAMES * NAMES);
    struct verdict_case whole = {
        .setting = (enum setting)(i / PATHS / NAMES / NAMES),
        /* Replaces the last name, which has no entry, by an invalid name. */
        .names = {entries[n / NAMES].name ? entries[n / NAMES].name : ".audit", entries[n % NAMES].name},
        .path = {keys[p % KEYS], keys[p / KEYS % KEYS], keys[p / KEYS / KEYS]},
    };
    for (int cut = 1; cut <= 3; cut++) {
      struct verdict_case prefix = whole;
      memset(prefix.path + cut, 0, sizeof prefix.path - (size_t)cut);
      satisfied[whole.setting] += test_prefix(&whole, &prefix);
    }
  }
  /* Policies with exempt anchors or blocked keys need the whole path. */
  CU_ASSERT_EQUAL(satisfied[PLAIN], 0);
  CU_ASSERT_EQUAL(satisfied[BLOCKING], 0);
  CU_ASSERT_EQUAL(satisfied[BLOCKING_ONLY], 0);
  CU_ASSERT_EQUAL(satisfied[BLOCKING_AUDIT], 0);
  CU_ASSERT_TRUE(satisfied[BLOCKING_OFF] > 1000);
}

/* A verdict that nothing filled in, or that was filled in wrongly, allows nothing. */
static void test_allows(void) {
  struct pin_verdict verdict;
  memset(&verdict, 0, sizeof verdict);
  CU_ASSERT_FALSE(pin_allows(&verdict));
  verdict.outcome = (enum pin_outcome)77;
  CU_ASSERT_FALSE(pin_allows(&verdict));
  verdict.outcome = PIN_AUDITED;
  CU_ASSERT_TRUE(pin_allows(&verdict));
}

/* One judgement of a path, with a finding about the peer's certificate. */
static void ask(enum setting setting, const char *name, const struct pin_path *path,
                struct pin_verdict *ret_verdict) {
  const struct pin_policy *policy = &samples[setting].policy;
  sample_ask(policy, name, 443, path, ret_verdict);
  struct pin_verdict selected;
  const struct pin_peer peer = {.names = &name, .name_count = 1, .port = 443, .now = 1000};
  if (pin_select(policy, &peer, &selected) != PIN_NEEDS_NOTHING && pin_is_satisfied(policy, path, &selected))
    CU_ASSERT_EQUAL(ret_verdict->outcome, PIN_ACCEPTED);
}

/* An entry that names only CAs depends on what they certify, so the certificate is checked; with an entry for
 * the peer's key it is not. */
static void test_vouched(void) {
  static const struct {
    enum setting setting;
    const char *name;
    uint8_t path[4];
    bool asks;
    size_t depth; /* of the key that is relied on */
  } cases_of[] = {
      {PLAIN, "middle", {1, 2, 3}, true, 1},
      {PLAIN, "middle", {9, 1, 2, 3}, true, 2},
      {PLAIN, "middle", {2, 3}, false, 0},
      {PLAIN, "leaf", {1, 2, 3}, false, 0},
      {PLAIN, "leaf", {9, 1, 3}, true, 1},
      {PLAIN, "certificate", {1, 2, 3}, true, 1},
      {PLAIN, "certificate", {2, 3}, false, 0},
      {PLAIN, "intermediate", {1, 2, 3}, true, 1},
      {PLAIN, "any", {9, 2, 3}, true, 1},
      {PLAIN, "any", {1, 2, 3}, false, 0},
      {PLAIN, "all", {1, 2, 3}, false, 0},
      {PLAIN, "anchor", {1, 2, 3}, true, 2},
      {PLAIN, "anchor", {3}, false, 0},
      {PLAIN, "pin-and-anchor", {1, 2, 3}, false, 0},
      {PLAIN, "everything", {9, 2, 3}, true, 2},
      {PLAIN, "everything", {1, 9, 3}, false, 0},
      {BLOCKING_OFF, "middle", {1, 2}, true, 1},
      {BLOCKING_OFF, "intermediate", {1, 2}, true, 1},
      {BLOCKING_OFF, "certificate", {1, 2}, true, 1},
  };
  static const enum pin_reason bad[] = {PIN_REASON_WRONG_NAME, PIN_REASON_OUT_OF_DATE,
                                        PIN_REASON_NOT_A_SERVER};
  for (size_t i = 0; i < sizeof cases_of / sizeof cases_of[0]; i++) {
    struct pin_path_key keys[4];
    struct said said = {.reason = PIN_REASON_MATCHED};
    struct pin_path path = {
        .keys = keys, .count = sample_path(cases_of[i].path, keys), .vouch = say, .vouch_arg = &said};
    struct pin_verdict verdict;
    ask(cases_of[i].setting, cases_of[i].name, &path, &verdict);
    CU_ASSERT_EQUAL(verdict.outcome, PIN_ACCEPTED);
    CU_ASSERT_EQUAL(said.asked > 0, cases_of[i].asks);
    CU_ASSERT_EQUAL(said.depth, cases_of[i].depth);
    for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
      said.reason = bad[b];
      ask(cases_of[i].setting, cases_of[i].name, &path, &verdict);
      CU_ASSERT_EQUAL(verdict.outcome, cases_of[i].asks ? PIN_REFUSED : PIN_ACCEPTED);
      CU_ASSERT_EQUAL(verdict.reason, cases_of[i].asks ? bad[b] : PIN_REASON_MATCHED);
    }
    /* No callback to ask, or an invalid answer. */
    said.reason = PIN_REASON_OFF;
    ask(cases_of[i].setting, cases_of[i].name, &path, &verdict);
    CU_ASSERT_EQUAL(verdict.outcome, cases_of[i].asks ? PIN_REFUSED : PIN_ACCEPTED);
    path.vouch = NULL;
    ask(cases_of[i].setting, cases_of[i].name, &path, &verdict);
    CU_ASSERT_EQUAL(verdict.reason, cases_of[i].asks ? PIN_REASON_WRONG_NAME : PIN_REASON_MATCHED);
  }
}

/* An exempt anchor is a CA that is relied on, so the certificate is checked too; the peer's own key decides
 * without it. */
static void test_exempt_is_vouched(void) {
  static const struct {
    const char *name;
    uint8_t path[4];
    enum pin_reason said;
    enum pin_outcome outcome;
    enum pin_reason reason;
  } asked[] = {
      {"leaf", {9, 2, 8}, PIN_REASON_MATCHED, PIN_EXEMPT, PIN_REASON_EXEMPT_ANCHOR},
      {"leaf", {9, 2, 8}, PIN_REASON_WRONG_NAME, PIN_REFUSED, PIN_REASON_WRONG_NAME},
      {"leaf", {9, 2, 8}, PIN_REASON_OUT_OF_DATE, PIN_REFUSED, PIN_REASON_OUT_OF_DATE},
      {"leaf", {9, 2, 8}, PIN_REASON_NOT_A_SERVER, PIN_REFUSED, PIN_REASON_NOT_A_SERVER},
      {"leaf", {1, 2, 8}, PIN_REASON_WRONG_NAME, PIN_ACCEPTED, PIN_REASON_MATCHED},
      {"middle", {1, 2, 8}, PIN_REASON_WRONG_NAME, PIN_REFUSED, PIN_REASON_WRONG_NAME},
      {"leaf", {8}, PIN_REASON_WRONG_NAME, PIN_EXEMPT, PIN_REASON_EXEMPT_ANCHOR},
      {"audit", {9, 8}, PIN_REASON_WRONG_NAME, PIN_AUDITED, PIN_REASON_WRONG_NAME},
  };
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
    struct pin_path_key keys[4];
    struct said said = {.reason = asked[i].said};
    const struct pin_path path = {
        .keys = keys, .count = sample_path(asked[i].path, keys), .vouch = say, .vouch_arg = &said};
    struct pin_verdict verdict;
    ask(PLAIN, asked[i].name, &path, &verdict);
    CU_ASSERT_EQUAL(verdict.outcome, asked[i].outcome);
    CU_ASSERT_EQUAL(verdict.reason, asked[i].reason);
  }
}

/* Above a cut nothing counts as absent: no blocked key, no anchor, no pin. What is below the cut counts. */
static void test_cut(void) {
  static const struct {
    enum setting setting;
    const char *name;
    uint8_t path[4];
    enum pin_outcome outcome;
    enum pin_reason reason;
  } asked[] = {
      {PLAIN, "leaf", {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
      {PLAIN, "middle", {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
      {PLAIN, "leaf", {9, 2, 3}, PIN_REFUSED, PIN_REASON_PATH_CUT},
      {PLAIN, "audit", {9, 2, 3}, PIN_AUDITED, PIN_REASON_PATH_CUT},
      {PLAIN, "anchor", {1, 2, 3}, PIN_REFUSED, PIN_REASON_PATH_CUT},
      {PLAIN, "pin-and-anchor", {1, 2, 3}, PIN_REFUSED, PIN_REASON_PATH_CUT},
      {PLAIN, "leaf", {9, 2, 8}, PIN_REFUSED, PIN_REASON_PATH_CUT},
      {PLAIN, "other", {9, 2, 3}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
      {BLOCKING, "leaf", {1, 2, 3}, PIN_REFUSED, PIN_REASON_PATH_CUT},
      {BLOCKING, "other", {1, 2, 3}, PIN_REFUSED, PIN_REASON_PATH_CUT},
      {BLOCKING, "off", {1, 2, 3}, PIN_REFUSED, PIN_REASON_PATH_CUT},
      {BLOCKING, "leaf", {1, 7, 3}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
      {BLOCKING, "leaf", {0}, PIN_REFUSED, PIN_REASON_NO_KEY},
      {BLOCKING_AUDIT, "other", {1, 2, 3}, PIN_AUDITED, PIN_REASON_PATH_CUT},
      {BLOCKING_OFF, "leaf", {1, 2, 3}, PIN_ACCEPTED, PIN_REASON_MATCHED},
  };
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
    struct pin_path_key keys[4];
    struct said said = {.reason = PIN_REASON_MATCHED};
    const struct pin_path path = {.keys = keys,
                                  .count = sample_path(asked[i].path, keys),
                                  .cut = true,
                                  .vouch = say,
                                  .vouch_arg = &said};
    struct pin_verdict verdict;
    ask(asked[i].setting, asked[i].name, &path, &verdict);
    CU_ASSERT_EQUAL(verdict.outcome, asked[i].outcome);
    CU_ASSERT_EQUAL(verdict.reason, asked[i].reason);
  }
}

int main(void) {
  static const struct unit_test tests[] = {
      {"entry by path", test_table},
      {"judged once", test_judged_once},
      {"details", test_details},
      {"a path that satisfies", test_satisfied},
      {"vouched for", test_vouched},
      {"exempt, and vouched for", test_exempt_is_vouched},
      {"cut", test_cut},
      {"allows", test_allows},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"verdict", set_up, tear_down, tests};
  return unit_run(&suite);
}
