/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Verdicts on hosts without an entry: the setting `unlisted`, and the effect of the policy's mode on it. */
#include "runner.h"
#include "sample.h"

#include <stdio.h>
#include <string.h>

static const uint16_t https[] = {443};
static const struct pin_entry entries[] = {
    {.name = "leaf", .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "audit", .mode = PIN_MODE_AUDIT, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "off", .mode = PIN_MODE_OFF},
    {.name = "off-443", .mode = PIN_MODE_OFF, .ports = https, .port_count = 1},
    {.name = "expired", .expires = 999, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "*.wild", .mode = PIN_MODE_OFF},
    {.name = NULL},
};

enum setting {
  IGNORE,
  OBSERVE,
  REFUSE,
  REFUSE_AUDIT,
  OBSERVE_AUDIT,
  REFUSE_OFF,
  OBSERVE_OFF,
  BLOCKING,
  OBSERVE_BLOCKING,
  EMPTY,
  SETTINGS
};

static const struct pin_entry nothing[] = {{.name = NULL}};

static const struct sample_spec specs[SETTINGS] = {
    [IGNORE] = {.entries = entries},
    [OBSERVE] = {.entries = entries, .unlisted = PIN_UNLISTED_OBSERVE, .exempt_anchors = SAMPLE_LIST({8})},
    [REFUSE] = {.entries = entries, .unlisted = PIN_UNLISTED_REFUSE, .exempt_anchors = SAMPLE_LIST({8})},
    [REFUSE_AUDIT] = {.entries = entries, .unlisted = PIN_UNLISTED_REFUSE, .mode = PIN_MODE_AUDIT},
    [OBSERVE_AUDIT] = {.entries = entries, .unlisted = PIN_UNLISTED_OBSERVE, .mode = PIN_MODE_AUDIT},
    [REFUSE_OFF] = {.entries = entries, .unlisted = PIN_UNLISTED_REFUSE, .mode = PIN_MODE_OFF},
    [OBSERVE_OFF] = {.entries = entries, .unlisted = PIN_UNLISTED_OBSERVE, .mode = PIN_MODE_OFF},
    [BLOCKING] = {.entries = entries, .unlisted = PIN_UNLISTED_REFUSE, .blocked_keys = SAMPLE_LIST({7})},
    [OBSERVE_BLOCKING] = {.entries = entries,
                          .unlisted = PIN_UNLISTED_OBSERVE,
                          .blocked_keys = SAMPLE_LIST({7})},
    [EMPTY] = {.entries = nothing, .unlisted = PIN_UNLISTED_REFUSE},
};

static const struct {
  enum setting setting;
  const char *names[2];
  uint16_t port;
  uint8_t path[4]; /* keys from depth 0 on; ends with 0 */
  enum pin_outcome outcome;
  enum pin_reason reason;
} cases[] = {
    /* Unless the policy says so, no host needs an entry. */
    {IGNORE, {"other"}, 443, {9}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    {IGNORE, {NULL}, 443, {9}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    {OBSERVE, {"other"}, 443, {9}, PIN_AUDITED, PIN_REASON_UNLISTED},
    {OBSERVE, {NULL}, 443, {9}, PIN_AUDITED, PIN_REASON_UNLISTED},
    {OBSERVE, {"other"}, 443, {0}, PIN_AUDITED, PIN_REASON_UNLISTED},
    {OBSERVE, {"other"}, 443, {9, 8}, PIN_AUDITED, PIN_REASON_UNLISTED},
    {REFUSE, {"other"}, 443, {9}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {REFUSE, {"other"}, 443, {1, 2, 3}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {REFUSE, {NULL}, 443, {1}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {REFUSE, {"other"}, 443, {0}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {REFUSE, {NULL}, 0, {0}, PIN_REFUSED, PIN_REASON_UNLISTED},
    /* An exempt anchor exempts from pins, but does not make a host listed. */
    {REFUSE, {"other"}, 443, {9, 8}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {REFUSE, {"x..y"}, 443, {9}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {REFUSE, {"192.0.2.1"}, 443, {9}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {EMPTY, {"other"}, 443, {9}, PIN_REFUSED, PIN_REASON_UNLISTED},
    /* Below, beside and above a listed name. */
    {REFUSE, {"x.leaf"}, 443, {1}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {REFUSE, {"wild"}, 443, {1}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {REFUSE, {"a.b.wild"}, 443, {1}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {REFUSE, {"off-443"}, 8443, {1}, PIN_REFUSED, PIN_REASON_UNLISTED},
    /* A listed host is judged by its entry. */
    {REFUSE, {"leaf"}, 443, {1, 2}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {REFUSE, {"leaf"}, 443, {9, 2}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {REFUSE, {"leaf"}, 443, {9, 8}, PIN_EXEMPT, PIN_REASON_EXEMPT_ANCHOR},
    {REFUSE, {"audit"}, 443, {9}, PIN_AUDITED, PIN_REASON_NO_PIN},
    {REFUSE, {"expired"}, 443, {9}, PIN_AUDITED, PIN_REASON_NO_PIN},
    {REFUSE, {"off"}, 443, {9}, PIN_ACCEPTED, PIN_REASON_OFF},
    {REFUSE, {"off"}, 0, {0}, PIN_ACCEPTED, PIN_REASON_OFF},
    {REFUSE, {"a.wild"}, 443, {9}, PIN_ACCEPTED, PIN_REASON_OFF},
    {REFUSE, {"off-443"}, 443, {9}, PIN_ACCEPTED, PIN_REASON_OFF},
    {REFUSE, {"other", "leaf"}, 443, {1}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {REFUSE, {"other", "leaf"}, 443, {9}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {OBSERVE, {"leaf"}, 443, {1}, PIN_ACCEPTED, PIN_REASON_MATCHED},
    {OBSERVE, {"leaf"}, 443, {9}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {OBSERVE, {"off"}, 443, {9}, PIN_ACCEPTED, PIN_REASON_OFF},
    /* If the port is unknown, an entry for some ports that requires no key does not count. */
    {REFUSE, {"off-443"}, 0, {9}, PIN_ACCEPTED, PIN_REASON_OFF},
    {OBSERVE, {"off-443"}, 0, {9}, PIN_ACCEPTED, PIN_REASON_OFF},
    /* The policy's mode. */
    {REFUSE_AUDIT, {"other"}, 443, {9}, PIN_AUDITED, PIN_REASON_UNLISTED},
    {OBSERVE_AUDIT, {"other"}, 443, {9}, PIN_AUDITED, PIN_REASON_UNLISTED},
    {REFUSE_AUDIT, {"leaf"}, 443, {9}, PIN_REFUSED, PIN_REASON_NO_PIN},
    {REFUSE_OFF, {"other"}, 443, {9}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    {OBSERVE_OFF, {"other"}, 443, {9}, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED},
    /* If a key is blocked too, the blocked key is the reason. */
    {BLOCKING, {"other"}, 443, {7}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING, {"other"}, 443, {9}, PIN_REFUSED, PIN_REASON_UNLISTED},
    {BLOCKING, {"off"}, 443, {7}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {BLOCKING, {"off"}, 443, {9}, PIN_ACCEPTED, PIN_REASON_OFF},
    {OBSERVE_BLOCKING, {"other"}, 443, {9, 7}, PIN_REFUSED, PIN_REASON_BLOCKED_KEY},
    {OBSERVE_BLOCKING, {"other"}, 443, {9}, PIN_AUDITED, PIN_REASON_UNLISTED},
};

static struct sample samples[SETTINGS];

static int set_up(void) {
  for (int i = 0; i < SETTINGS; i++) {
    if (!sample_make(&specs[i], &samples[i]))
      return 1;
  }
  return 0;
}

static int tear_down(void) {
  for (int i = 0; i < SETTINGS; i++)
    sample_clear(&samples[i]);
  return 0;
}

static enum pin_reason answer;
static size_t asked;

static enum pin_reason say(void *arg, const struct pin_finding *finding, size_t depth) {
  (void)arg;
  (void)depth;
  CU_ASSERT_PTR_NOT_NULL(finding->name);
  asked++;
  return answer;
}

static void test_table(void) {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct pin_policy *policy = &samples[cases[i].setting].policy;
    struct pin_path_key keys[4];
    const struct pin_path path = {
        .keys = keys, .count = sample_path(cases[i].path, keys), .vouch = sample_vouch};
    const struct pin_peer peer = {.names = cases[i].names,
                                  .name_count =
                                      (cases[i].names[0] != NULL) + (size_t)(cases[i].names[1] != NULL),
                                  .port = cases[i].port,
                                  .now = 1000};
    struct pin_verdict verdict;
    if (pin_select(policy, &peer, &verdict) != PIN_NEEDS_NOTHING)
      pin_judge(policy, &path, peer.now, &verdict);
    if (verdict.outcome == cases[i].outcome && verdict.reason == cases[i].reason)
      continue;
    fprintf(stderr, "case %zu (%s): %s, %s\n", i, cases[i].names[0] ? cases[i].names[0] : "no name",
            pin_outcome_word(verdict.outcome), pin_reason_word(verdict.reason));
    CU_FAIL("wrong verdict");
  }
}

/* For what the keys are needed; a policy without the setting costs nothing. */
static void test_needs(void) {
  static const struct {
    enum setting setting;
    const char *name;
    enum pin_needs needs;
  } needs[] = {{IGNORE, "other", PIN_NEEDS_NOTHING},    {IGNORE, "off", PIN_NEEDS_NOTHING},
               {OBSERVE, "other", PIN_NEEDS_KEYS},      {OBSERVE, "off", PIN_NEEDS_NOTHING},
               {REFUSE, "other", PIN_NEEDS_KEYS},       {REFUSE, "off", PIN_NEEDS_NOTHING},
               {REFUSE_OFF, "other", PIN_NEEDS_NOTHING}};
  for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
    const struct pin_peer peer = {.names = &needs[i].name, .name_count = 1, .port = 443, .now = 1000};
    struct pin_verdict verdict;
    CU_ASSERT_EQUAL(pin_select(&samples[needs[i].setting].policy, &peer, &verdict), needs[i].needs);
    CU_ASSERT_FALSE(verdict.outcome == PIN_ACCEPTED && needs[i].needs != PIN_NEEDS_NOTHING);
  }
}

/* Asks for a name that was concluded: from an unverified certificate, or from any socket. */
static void ask_concluded(enum setting setting, const char *name, uint8_t key,
                          struct pin_verdict *ret_verdict) {
  const struct pin_policy *policy = &samples[setting].policy;
  const struct pin_path_key shown = {.key = {{key}}};
  const struct pin_path path = {.keys = &shown, .count = 1, .vouch = sample_vouch};
  pin_select_begin(policy, 443, 1000, ret_verdict);
  (void)pin_select_name(ret_verdict, name, 443);
  for (size_t i = 0; i < ret_verdict->count; i++)
    ret_verdict->findings[i].concluded = true;
  if (pin_select_end(ret_verdict) != PIN_NEEDS_NOTHING)
    pin_judge(policy, &path, 1000, ret_verdict);
}

/* A server with the name of a listed host counts as that host only with its key. */
static void test_concluded(void) {
  static const struct {
    enum setting setting;
    const char *name;
    uint8_t key;
    enum pin_outcome outcome;
    enum pin_reason reason;
  } concluded[] = {
      {REFUSE, "off", 9, PIN_REFUSED, PIN_REASON_UNLISTED},
      {REFUSE, "off-443", 9, PIN_REFUSED, PIN_REASON_UNLISTED},
      {REFUSE, "a.wild", 9, PIN_REFUSED, PIN_REASON_UNLISTED},
      {REFUSE, "audit", 9, PIN_REFUSED, PIN_REASON_UNLISTED},
      {REFUSE, "expired", 9, PIN_REFUSED, PIN_REASON_UNLISTED},
      {REFUSE, "leaf", 9, PIN_REFUSED, PIN_REASON_NO_PIN},
      {REFUSE, "leaf", 1, PIN_ACCEPTED, PIN_REASON_MATCHED},
      {REFUSE, "audit", 1, PIN_ACCEPTED, PIN_REASON_MATCHED},
      {REFUSE, "leaf", 8, PIN_EXEMPT, PIN_REASON_EXEMPT_ANCHOR},
      {REFUSE_AUDIT, "off", 9, PIN_AUDITED, PIN_REASON_UNLISTED},
      {OBSERVE, "off", 9, PIN_AUDITED, PIN_REASON_UNLISTED},
      {OBSERVE, "audit", 9, PIN_AUDITED, PIN_REASON_NO_PIN},
      {IGNORE, "off", 9, PIN_ACCEPTED, PIN_REASON_OFF},
      {IGNORE, "audit", 9, PIN_AUDITED, PIN_REASON_NO_PIN},
  };
  for (size_t i = 0; i < sizeof concluded / sizeof concluded[0]; i++) {
    struct pin_verdict verdict;
    ask_concluded(concluded[i].setting, concluded[i].name, concluded[i].key, &verdict);
    if (verdict.outcome == concluded[i].outcome && verdict.reason == concluded[i].reason)
      continue;
    fprintf(stderr, "case %zu (%s): %s, %s\n", i, concluded[i].name, pin_outcome_word(verdict.outcome),
            pin_reason_word(verdict.reason));
    CU_FAIL("wrong verdict");
  }
}

/* Outside TLS, the caller turns the setting off. */
static void test_taken_back(void) {
  struct pin_verdict verdict;
  pin_select_begin(&samples[REFUSE].policy, 0, 1000, &verdict);
  CU_ASSERT_EQUAL(verdict.unlisted, PIN_UNLISTED_REFUSE);
  verdict.unlisted = PIN_UNLISTED_IGNORE;
  CU_ASSERT_EQUAL(pin_select_name(&verdict, "other", 0), PIN_SELECTED_NOTHING);
  CU_ASSERT_EQUAL(pin_select_end(&verdict), PIN_NEEDS_NOTHING);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_NOT_COVERED);
}

/* A peer that shows no key shows no blocked one; it is not listed either. */
static void test_silent(void) {
  static const struct {
    enum setting setting;
    const char *name;
    enum pin_outcome outcome;
    enum pin_reason reason;
  } silent[] = {
      {BLOCKING, "other", PIN_REFUSED, PIN_REASON_UNLISTED},
      {OBSERVE_BLOCKING, "other", PIN_AUDITED, PIN_REASON_UNLISTED},
      {OBSERVE_BLOCKING, "leaf", PIN_REFUSED, PIN_REASON_NO_KEY},
      {REFUSE, "leaf", PIN_REFUSED, PIN_REASON_NO_KEY},
      {REFUSE, "audit", PIN_AUDITED, PIN_REASON_NO_KEY},
      {IGNORE, "audit", PIN_AUDITED, PIN_REASON_NO_KEY},
  };
  for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
    const struct pin_peer peer = {.names = &silent[i].name, .name_count = 1, .port = 443, .now = 1000};
    struct pin_verdict verdict;
    CU_ASSERT_EQUAL(pin_select(&samples[silent[i].setting].policy, &peer, &verdict), PIN_NEEDS_KEYS);
    pin_judge_silent(&verdict);
    CU_ASSERT_EQUAL(verdict.outcome, silent[i].outcome);
    CU_ASSERT_EQUAL(verdict.reason, silent[i].reason);
    CU_ASSERT_EQUAL(pin_allows(&verdict), silent[i].outcome != PIN_REFUSED);
  }
}

/* Keys may be learnt from the log, so the log has all that there is to say of the certificate. */
static void test_certificate(void) {
  static const struct {
    const char *name;
    enum pin_reason answer, noted;
    const char *pair;
  } told[] = {
      {"other", PIN_REASON_MATCHED, PIN_REASON_MATCHED, " certificate=good key0="},
      {"other", PIN_REASON_WRONG_NAME, PIN_REASON_WRONG_NAME, " certificate=wrong-name key0="},
      {"other", PIN_REASON_OUT_OF_DATE, PIN_REASON_OUT_OF_DATE, " certificate=out-of-date key0="},
      {"other", PIN_REASON_NO_PIN, PIN_REASON_WRONG_NAME, " certificate=wrong-name key0="},
      {"audit", PIN_REASON_MATCHED, PIN_REASON_MATCHED, " certificate=good key0="},
      {"audit", PIN_REASON_NOT_A_SERVER, PIN_REASON_NOT_A_SERVER, " certificate=not-a-server key0="},
      {"leaf", PIN_REASON_MATCHED, PIN_REASON_UNDECIDED, NULL},
      {"off", PIN_REASON_MATCHED, PIN_REASON_UNDECIDED, NULL},
  };
  const struct pin_path_key shown = {.key = {{9}}};
  const struct pin_path path = {.keys = &shown, .count = 1, .vouch = say};
  for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
    char line[PIN_REPORT_SIZE];
    struct pin_verdict verdict;
    answer = told[i].answer;
    asked = 0;
    sample_ask(&samples[OBSERVE].policy, told[i].name, 443, &path, &verdict);
    pin_report(&verdict, &path, line, sizeof line);
    CU_ASSERT_EQUAL(verdict.certificate, told[i].noted);
    CU_ASSERT_EQUAL(asked, told[i].pair != NULL ? 1 : 0);
    if (told[i].pair != NULL)
      CU_ASSERT_PTR_NOT_NULL(strstr(line, told[i].pair));
    if (told[i].pair == NULL)
      CU_ASSERT_PTR_NULL(strstr(line, "certificate="));
  }
}

int main(void) {
  static const struct unit_test tests[] = {
      {"hosts with and without an entry", test_table},
      {"the keys are only needed where the policy cares", test_needs},
      {"a name that was concluded lists nobody", test_concluded},
      {"a caller takes the setting back", test_taken_back},
      {"a peer that shows no key", test_silent},
      {"what is said of the certificate", test_certificate},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"unlisted", set_up, tear_down, tests};
  return unit_run(&suite);
}
