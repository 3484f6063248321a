/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Verdicts by entries that are limited to ports, and verdicts on several names one after another. */
#include "runner.h"
#include "sample.h"

#include <stdio.h>

static const uint16_t https[] = {443}, mail[] = {25, 465};
static const struct pin_entry limited_entries[] = {
    {.name = "ports", .ports = https, .port_count = 1, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "ports", .ports = mail, .port_count = 2, .lists = {SAMPLE_GIVEN(PINS, {2})}},
    {.name = NULL},
};

/* Entries of one name for different ports. The first is asked for; the others count only if the port is
 * unknown. */
static const uint16_t port_443[] = {443}, port_8443[] = {8443}, port_9443[] = {9443};
static const struct pin_entry port_entries[] = {
    {.name = "many", .ports = port_443, .port_count = 1, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "many", .ports = port_8443, .port_count = 1, .lists = {SAMPLE_GIVEN(PINS, {2})}},
    {.name = "off", .ports = port_443, .port_count = 1, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "off", .ports = port_8443, .port_count = 1, .mode = PIN_MODE_OFF},
    {.name = "audit", .ports = port_443, .port_count = 1, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "audit",
     .ports = port_8443,
     .port_count = 1,
     .mode = PIN_MODE_AUDIT,
     .lists = {SAMPLE_GIVEN(PINS, {2})}},
    {.name = "old", .ports = port_443, .port_count = 1, .lists = {SAMPLE_GIVEN(PINS, {1})}},
    {.name = "old",
     .ports = port_8443,
     .port_count = 1,
     .expires = 999,
     .on_expiry = PIN_ON_EXPIRY_ENFORCE,
     .lists = {SAMPLE_GIVEN(PINS, {2})}},
    {.name = "anchored", .ports = port_443, .port_count = 1, .lists = {SAMPLE_GIVEN(ANCHORS, {1})}},
    {.name = "anchored", .ports = port_8443, .port_count = 1, .lists = {SAMPLE_GIVEN(PINS, {2})}},
    {.name = "alone", .ports = port_9443, .port_count = 1, .lists = {SAMPLE_GIVEN(PINS, {3})}},
    {.name = NULL},
};

static const struct {
  const char *names[2];
  uint16_t port;
  uint8_t path[4];
  enum pin_outcome outcome;
  bool satisfied; /* what pin_is_satisfied has to say */
} port_cases[] = {
    {{"many"}, 443, {1}, PIN_ACCEPTED, true},
    {{"many"}, 443, {2}, PIN_REFUSED, false},
    {{"many"}, 8443, {1}, PIN_REFUSED, false},
    {{"many"}, 9443, {1}, PIN_NOT_COVERED, false},
    {{"many"}, 0, {1}, PIN_ACCEPTED, true},
    {{"many"}, 0, {2}, PIN_ACCEPTED, true},
    {{"many"}, 0, {9, 2}, PIN_ACCEPTED, true},
    {{"many"}, 0, {9}, PIN_REFUSED, false},
    {{"many"}, 0, {0}, PIN_REFUSED, false},
    /* Different names must all be satisfied. */
    {{"many", "alone"}, 0, {1}, PIN_REFUSED, false},
    {{"many", "alone"}, 0, {3}, PIN_REFUSED, false},
    {{"many", "alone"}, 0, {2, 3}, PIN_ACCEPTED, true},
    /* An entry with mode off accepts anything, and an expired one has outdated keys. */
    {{"off"}, 0, {1}, PIN_ACCEPTED, true},
    {{"off"}, 0, {9}, PIN_REFUSED, false},
    {{"audit"}, 0, {1}, PIN_ACCEPTED, true},
    {{"audit"}, 0, {2}, PIN_ACCEPTED, true},
    {{"audit"}, 0, {9}, PIN_REFUSED, false},
    {{"old"}, 0, {1}, PIN_ACCEPTED, true},
    {{"old"}, 0, {2}, PIN_REFUSED, false},
    {{"anchored"}, 0, {2, 9}, PIN_ACCEPTED, true},
    {{"anchored"}, 0, {9, 1}, PIN_ACCEPTED, false},
    {{"anchored"}, 0, {1, 9}, PIN_REFUSED, false},
};

static void test_alternatives(void) {
  const struct sample_spec spec = {.entries = port_entries};
  struct sample made;
  if (!sample_make(&spec, &made))
    return;
  for (size_t i = 0; i < sizeof port_cases / sizeof port_cases[0]; i++) {
    struct pin_path_key keys[4];
    const struct pin_path path = {
        .keys = keys, .count = sample_path(port_cases[i].path, keys), .vouch = sample_vouch};
    const struct pin_peer peer = {.names = port_cases[i].names,
                                  .name_count = port_cases[i].names[1] != NULL ? 2 : 1,
                                  .port = port_cases[i].port,
                                  .now = 1000};
    struct pin_verdict verdict;
    bool satisfied = false;
    if (pin_select(&made.policy, &peer, &verdict) != PIN_NEEDS_NOTHING) {
      satisfied = pin_is_satisfied(&made.policy, &path, &verdict);
      pin_judge(&made.policy, &path, peer.now, &verdict);
    }
    if (verdict.outcome != port_cases[i].outcome || satisfied != port_cases[i].satisfied) {
      fprintf(stderr, "port case %zu (%s): %s, %ssatisfied\n", i, port_cases[i].names[0],
              pin_outcome_word(verdict.outcome), satisfied ? "" : "not ");
      CU_FAIL("wrong verdict");
    }
  }
  sample_clear(&made);
}

/* The port of one of two spellings is known: no other entry can replace that of this port. */
static void test_port_known_later(void) {
  const struct sample_spec spec = {.entries = port_entries};
  const struct pin_path_key second = {.key = {{2}}};
  const struct pin_path path = {.keys = &second, .count = 1};
  struct pin_verdict verdict;
  struct sample made;
  if (!sample_make(&spec, &made))
    return;
  pin_select_begin(&made.policy, 0, 1000, &verdict);
  CU_ASSERT_EQUAL(pin_select_name(&verdict, "many", 0), PIN_SELECTED_ENTRIES);
  CU_ASSERT_EQUAL(pin_select_name(&verdict, "MANY", 443), PIN_SELECTED_NOTHING);
  CU_ASSERT_EQUAL(pin_select_end(&verdict), PIN_NEEDS_KEYS);
  pin_judge(&made.policy, &path, 1000, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
  sample_clear(&made);
}

/* If the caller could not look everywhere, the verdict is a refusal, whatever else there is. */
static void test_refused_while_selecting(void) {
  const struct sample_spec spec = {.entries = port_entries};
  struct pin_verdict verdict;
  struct sample made;
  if (!sample_make(&spec, &made))
    return;
  pin_select_begin(&made.policy, 443, 1000, &verdict);
  CU_ASSERT_EQUAL(pin_select_name(&verdict, "nobody", 443), PIN_SELECTED_NOTHING);
  pin_select_refuse(&verdict, PIN_REASON_TOO_MUCH_TO_SEE);
  pin_select_refuse(&verdict, PIN_REASON_TOO_MANY_NAMES);
  CU_ASSERT_EQUAL(pin_select_name(&verdict, "many", 443), PIN_SELECTED_REFUSAL);
  CU_ASSERT_EQUAL(pin_select_end(&verdict), PIN_NEEDS_NOTHING);
  pin_judge(&made.policy, &(struct pin_path){.count = 0}, 1000, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
  CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_TOO_MUCH_TO_SEE);
  sample_clear(&made);
}

/* Entries for ports apply when the port is unknown: then all of them must accept. */
static void test_unknown_port(void) {
  static const struct {
    uint16_t port;
    uint8_t path[4];
    enum pin_outcome outcome;
  } asked[] = {
      {443, {1}, PIN_ACCEPTED}, {443, {2}, PIN_REFUSED},    {25, {2}, PIN_ACCEPTED},
      {465, {1}, PIN_REFUSED},  {80, {9}, PIN_NOT_COVERED}, {0, {1, 2}, PIN_ACCEPTED},
      {0, {1}, PIN_ACCEPTED},   {0, {2}, PIN_ACCEPTED},     {0, {9}, PIN_REFUSED},
  };
  const struct sample_spec spec = {.entries = limited_entries};
  struct sample made;
  const bool ready = sample_make(&spec, &made);
  for (size_t i = 0; ready && i < sizeof asked / sizeof asked[0]; i++) {
    struct pin_verdict verdict;
    struct pin_path_key keys[4];
    const struct pin_path path = {
        .keys = keys, .count = sample_path(asked[i].path, keys), .vouch = sample_vouch};
    sample_ask(&made.policy, "ports", asked[i].port, &path, &verdict);
    CU_ASSERT_EQUAL(verdict.outcome, asked[i].outcome);
  }
  sample_clear(&made);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"unknown port", test_unknown_port},
      {"one name, several ports", test_alternatives},
      {"port known later", test_port_known_later},
      {"refused while selecting", test_refused_while_selecting},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"verdict by ports", NULL, NULL, tests};
  return unit_run(&suite);
}
