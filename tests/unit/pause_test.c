/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Which refusals a file of pauses turns into audits: none that involves a name which is not paused. */
#include "runner.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW 1000

static const struct pin_entry entries[] = {
    {.name = "*.wild", .lists = {[PIN_LIST_PINS] = SAMPLE_LIST({1})}},
    {.name = "other", .lists = {[PIN_LIST_PINS] = SAMPLE_LIST({1})}},
    {.name = "good", .lists = {[PIN_LIST_PINS] = SAMPLE_LIST({2})}},
    {.name = "audit", .mode = PIN_MODE_AUDIT, .lists = {[PIN_LIST_PINS] = SAMPLE_LIST({1})}},
    {.name = NULL},
};

struct pause_case {
  const char *lines; /* of the file, without the first and the last */
  const char *names[3];
  enum pin_outcome outcome;
  int64_t until;
};

static const struct pause_case cases[] = {
    {"", {"a.wild"}, PIN_REFUSED, 0},
    {"900 2000 a.wild\n", {"a.wild"}, PIN_AUDITED, 2000},
    {"1000 2000 a.wild\n", {"a.wild"}, PIN_AUDITED, 2000},
    {"1001 2000 a.wild\n", {"a.wild"}, PIN_REFUSED, 0},
    {"900 1000 a.wild\n", {"a.wild"}, PIN_REFUSED, 0},
    {"900 1001 a.wild\n", {"a.wild"}, PIN_AUDITED, 1001},
    {"900 2000 *.wild\n", {"a.wild"}, PIN_AUDITED, 2000},
    {"900 2000 wild subdomains\n", {"a.wild"}, PIN_AUDITED, 2000},
    {"900 2000 wild\n", {"a.wild"}, PIN_REFUSED, 0},
    {"900 2000 ild subdomains\n", {"a.wild"}, PIN_REFUSED, 0},
    {"900 2000 .wild subdomains\n", {"a.wild"}, PIN_REFUSED, 0},
    /* Two names of one entry, or of two entries: both have to be paused. */
    {"900 2000 a.wild\n", {"a.wild", "b.wild"}, PIN_REFUSED, 0},
    {"900 2000 b.wild\n", {"a.wild", "b.wild"}, PIN_REFUSED, 0},
    {"900 2000 a.wild\n900 1500 b.wild\n", {"a.wild", "b.wild"}, PIN_AUDITED, 1500},
    {"900 2000 a.wild\n", {"a.wild", "other"}, PIN_REFUSED, 0},
    {"900 2000 other\n", {"a.wild", "other"}, PIN_REFUSED, 0},
    {"900 2000 other\n900 3000 a.wild\n", {"a.wild", "other"}, PIN_AUDITED, 2000},
    /* A name that is satisfied, or refuses nothing, needs no pause. */
    {"900 2000 a.wild\n", {"a.wild", "good"}, PIN_AUDITED, 2000},
    {"900 2000 a.wild\n", {"a.wild", "audit"}, PIN_AUDITED, 2000},
    {"900 2000 audit\n", {"a.wild", "audit"}, PIN_REFUSED, 0},
    {"900 2000 good\n", {"good"}, PIN_ACCEPTED, 0},
    /* The whole machine, and the longest of several pauses. */
    {"900 2000 *\n", {"a.wild", "other"}, PIN_AUDITED, 2000},
    {"900 2000 a.wild\n900 3000 *.wild\n", {"a.wild"}, PIN_AUDITED, 3000},
    {"900 2000 *\n", {"good"}, PIN_ACCEPTED, 0},
    {"900 2000 *\n", {"audit"}, PIN_AUDITED, 0},
    /* An invalid name. */
    {"900 2000 a.wild\n", {"x..wild"}, PIN_REFUSED, 0},
    {"900 2000 wild subdomains\n", {"x..wild"}, PIN_REFUSED, 0},
    /* With one bad line, no line counts. */
    {"900 2000 a.wild\n900 2000\n", {"a.wild"}, PIN_REFUSED, 0},
    {"900 2000 a.wild\n2000 900 b\n", {"a.wild"}, PIN_REFUSED, 0},
    {"900 2000 a.wild\n900 605701 b\n", {"a.wild"}, PIN_REFUSED, 0},
    {"900 605700 a.wild\n", {"a.wild"}, PIN_AUDITED, 605700},
    {"900 2000 a.wild\n\n", {"a.wild"}, PIN_REFUSED, 0},
    {"900 2000 a.wild below\n", {"a.wild"}, PIN_REFUSED, 0},
    {"900 99999999999999999999 a.wild\n", {"a.wild"}, PIN_REFUSED, 0},
    {"-900 2000 a.wild\n", {"a.wild"}, PIN_REFUSED, 0},
};

static char path[] = "/tmp/pause-test-XXXXXX";

static int set_up(void) {
  int fd = mkstemp(path);
  if (fd >= 0)
    close(fd);
  return fd < 0;
}

static int tear_down(void) {
  return unlink(path);
}

static void write_file(const char *lines) {
  FILE *file = fopen(path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  fprintf(file, "pinning-pause 1\n%send\n", lines);
  fclose(file);
}

static void judge(const struct pin_policy *policy, const struct pause_case *test,
                  struct pin_verdict *verdict) {
  static const struct pin_path_key keys[] = {{.key.bytes = {2}}};
  const struct pin_path shown = {.keys = keys, .count = 1};
  struct pin_peer peer = {.names = test->names, .port = 443, .now = NOW};
  while (peer.name_count < 3 && test->names[peer.name_count] != NULL)
    peer.name_count++;
  if (pin_select(policy, &peer, verdict) != PIN_NEEDS_NOTHING)
    pin_judge(policy, &shown, NOW, verdict);
}

static void check_cases(void) {
  static const struct sample_spec spec = {.entries = entries};
  struct sample sample;
  if (!sample_make(&spec, &sample))
    return;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct pin_verdict verdict;
    write_file(cases[i].lines);
    judge(&sample.policy, &cases[i], &verdict);
    pin_pause_apply(path, &verdict);
    bool good = verdict.outcome == cases[i].outcome && verdict.paused_until == cases[i].until;
    if (!good)
      printf("case %zu: %s, until %lld\n", i, pin_outcome_word(verdict.outcome),
             (long long)verdict.paused_until);
    CU_ASSERT_TRUE(good);
  }
  sample_clear(&sample);
}

/* If no single host causes the refusal, only the whole machine can be paused. */
static void check_general(void) {
  static const enum pin_reason reasons[] = {PIN_REASON_NO_POLICY, PIN_REASON_TOO_MUCH_TO_SEE,
                                            PIN_REASON_TOO_MANY_NAMES, PIN_REASON_DAMAGED,
                                            PIN_REASON_BLOCKED_KEY};
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
    struct pin_verdict verdict = {.reason = reasons[i], .name = "a.wild", .now = NOW};
    write_file("900 2000 a.wild\n900 2000 wild subdomains\n");
    pin_pause_apply(path, &verdict);
    CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
    write_file("900 2000 *\n");
    pin_pause_apply(path, &verdict);
    CU_ASSERT_EQUAL(verdict.outcome, PIN_AUDITED);
  }
}

/* Above the cut there may be a blocked key, for which the pause of a host does not count. */
static void check_cut(void) {
  static const struct {
    const char *line;
    bool blocking;
    enum pin_outcome outcome;
  } paused[] = {{"900 2000 a.wild\n", false, PIN_AUDITED},
                {"900 2000 a.wild\n", true, PIN_REFUSED},
                {"900 2000 *\n", true, PIN_AUDITED}};
  static const struct pin_path_key keys[] = {{.key.bytes = {2}}};
  static const struct pin_path shown = {.keys = keys, .count = 1, .cut = true};
  static const char *const name = "a.wild";
  const struct pin_peer peer = {.names = &name, .name_count = 1, .port = 443, .now = NOW};
  for (size_t i = 0; i < sizeof paused / sizeof *paused; i++) {
    const struct sample_spec blocking = {.entries = entries, .blocked_keys = SAMPLE_LIST({7})};
    const struct sample_spec usual = {.entries = entries};
    struct pin_verdict verdict;
    struct sample sample;
    if (!sample_make(paused[i].blocking ? &blocking : &usual, &sample))
      return;
    write_file(paused[i].line);
    if (pin_select(&sample.policy, &peer, &verdict) != PIN_NEEDS_NOTHING)
      pin_judge(&sample.policy, &shown, NOW, &verdict);
    CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_PATH_CUT);
    pin_pause_apply(path, &verdict);
    CU_ASSERT_EQUAL(verdict.outcome, paused[i].outcome);
    sample_clear(&sample);
  }
}

static void check_paths(void) {
  char found[64];
  CU_ASSERT_TRUE(pin_pause_path(PIN_DEFAULT_POLICY, found, sizeof found));
  CU_ASSERT_STRING_EQUAL(found, PIN_DEFAULT_PAUSE);
  CU_ASSERT_TRUE(pin_pause_path("/home/x/policy.cfg", found, sizeof found));
  CU_ASSERT_STRING_EQUAL(found, "/home/x/policy.cfg.pause");
  CU_ASSERT_FALSE(pin_pause_path("/home/x/policy.cfg", found, strlen("/home/x/policy.cfg.pause")));
  CU_ASSERT_FALSE(pin_pause_path(PIN_DEFAULT_POLICY, found, strlen(PIN_DEFAULT_PAUSE)));
}

static void check_missing(void) {
  struct pin_verdict verdict = {.reason = PIN_REASON_NO_POLICY, .now = NOW};
  pin_pause_apply("/nowhere/policy.pause", &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
}

int main(void) {
  static const struct unit_test tests[] = {{"cases", check_cases},     {"general", check_general},
                                           {"cut", check_cut},         {"paths", check_paths},
                                           {"missing", check_missing}, {NULL, NULL}};
  static const struct unit_suite suite = {"pause", set_up, tear_down, tests};
  return unit_run(&suite);
}
