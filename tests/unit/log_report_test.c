/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* pinctl reads back what pin_report writes, whatever the names and subjects contain, and wherever the line
 * is cut. */
#include "logs/log_report.h"
#include "runner.h"
#include "sample.h"

#include <string.h>

#define TRAILER " program=curl pid=4711 uid=1000"
#define LONGEST_TEXT 240

static const struct pin_entry entries[] = {
    {.name = "api.example.com",
     .mode = PIN_MODE_AUDIT,
     .file = "/etc/my policies/\"a\".cfg",
     .lists = {[PIN_LIST_PINS] = SAMPLE_LIST({1}), [PIN_LIST_BACKUP_PINS] = SAMPLE_LIST({2}, {3})}},
    {.name = NULL},
};
static const struct sample_spec spec = {.entries = entries};
static struct sample sample;

static int set_up(void) {
  return sample_make(&spec, &sample) ? 0 : 1;
}

static int tear_down(void) {
  sample_clear(&sample);
  return 0;
}

/* The same sequence of numbers in every run. */
static unsigned next_number(uint32_t *state) {
  *state = *state * 1664525 + 1013904223;
  return *state >> 16;
}

/* Mostly characters with a meaning for the reader. */
static void make_text(uint32_t *state, char ret_text[LONGEST_TEXT]) {
  static const char marks[] = "\"\\ =.x0key1verdict...\n\t\x1b\x7f\xc3\xbc\xe2\x80\xae";
  size_t length = next_number(state) % (LONGEST_TEXT - 1);
  for (size_t i = 0; i < length; i++)
    ret_text[i] = next_number(state) % 3 != 0 ? marks[next_number(state) % (sizeof marks - 1)]
                                              : (char)(1 + next_number(state) % 255);
  ret_text[length] = '\0';
}

/* A text that was too long ends in "...". */
static bool is_text_or_beginning(const char *read, const char *text) {
  size_t length = strlen(read);
  if (strcmp(read, text) == 0)
    return true;
  return length >= 3 && strcmp(read + length - 3, "...") == 0 && strncmp(read, text, length - 3) == 0;
}

static void check_keys(const struct report *report, char subjects[2][LONGEST_TEXT]) {
  CU_ASSERT_EQUAL(report_key_count(report), 2);
  CU_ASSERT_TRUE(report_path_is_whole(report));
  for (size_t depth = 0; depth < 2; depth++) {
    struct pin_digest key = {{0}};
    const char *subject = "none";
    CU_ASSERT_TRUE(report_key(report, depth, &key, &subject));
    CU_ASSERT_EQUAL(key.bytes[0], 8 + depth);
    CU_ASSERT_TRUE(is_text_or_beginning(subject, subjects[depth]));
  }
}

static void test_any_text(void) {
  uint32_t state = 1;
  for (int round = 0; round < 5000; round++) {
    char subjects[2][LONGEST_TEXT], text[PIN_REPORT_SIZE + sizeof TRAILER];
    make_text(&state, subjects[0]);
    make_text(&state, subjects[1]);
    const struct pin_path_key keys[] = {{.key = {{8}}, .subject = subjects[0]},
                                        {.key = {{9}}, .subject = subjects[1]}};
    const struct pin_path path = {.keys = keys, .count = 2};
    struct pin_verdict verdict;
    struct report report;
    sample_ask(&sample.policy, "api.example.com", 443, &path, &verdict);
    size_t length = pin_report(&verdict, &path, text, PIN_REPORT_SIZE);
    strcpy(text + length, TRAILER);
    bool read = report_read(text, &report);
    CU_ASSERT_TRUE(read);
    if (!read)
      continue;
    check_keys(&report, subjects);
    CU_ASSERT_FALSE(report.cut);
    CU_ASSERT_STRING_EQUAL(report_get(&report, "verdict"), "audited");
    CU_ASSERT_STRING_EQUAL(report_get(&report, "entry"), "/etc/my policies/\"a\".cfg:1");
    CU_ASSERT_STRING_EQUAL(report_get(&report, "program"), "curl");
    CU_ASSERT_EQUAL(report_number(&report, "port"), 443);
    CU_ASSERT_EQUAL(report_number(&report, "uid"), 1000);
    report_clear(&report);
  }
}

static void test_any_host(void) {
  uint32_t state = 2;
  for (int round = 0; round < 5000; round++) {
    char host[LONGEST_TEXT], text[PIN_REPORT_SIZE + sizeof TRAILER];
    make_text(&state, host);
    struct pin_verdict verdict = {
        .outcome = PIN_REFUSED, .reason = PIN_REASON_NO_POLICY, .blocked_depth = -1, .name = host, .port = 0};
    struct report report;
    size_t length = pin_report(&verdict, NULL, text, PIN_REPORT_SIZE);
    strcpy(text + length, TRAILER);
    bool read = report_read(text, &report);
    CU_ASSERT_TRUE(read);
    if (!read)
      continue;
    CU_ASSERT_TRUE(is_text_or_beginning(report_get(&report, "host"), host));
    CU_ASSERT_EQUAL(report.count, 7);
    report_clear(&report);
  }
}

/* Every pair of a line that was cut is one of the whole line. */
static void test_any_size(void) {
  const struct pin_path_key keys[] = {{.key = {{8}}, .subject = "CN=a \"b\" c=d"}, {.key = {{9}}}};
  const struct pin_path path = {.keys = keys, .count = 2};
  struct pin_verdict verdict;
  struct report whole;
  char text[PIN_REPORT_SIZE + sizeof TRAILER];
  sample_ask(&sample.policy, "api.example.com", 443, &path, &verdict);
  const size_t length = pin_report(&verdict, &path, text, PIN_REPORT_SIZE);
  strcpy(text + length, TRAILER);
  CU_ASSERT_TRUE(report_read(text, &whole));
  for (size_t size = sizeof "verdict=audited ..."; size <= length; size++) {
    struct report part;
    strcpy(text + pin_report(&verdict, &path, text, size), TRAILER);
    bool read = report_read(text, &part);
    CU_ASSERT_TRUE(read && part.cut && !report_path_is_whole(&part));
    for (size_t i = 0; read && i < part.count; i++)
      CU_ASSERT_STRING_EQUAL(part.pairs[i].value, report_get(&whole, part.pairs[i].key));
    report_clear(&part);
  }
  report_clear(&whole);
}

/* Only the bytes of the line are read, and a line that is no report leaves nothing to free. */
static void test_rubbish(void) {
  uint32_t state = 3;
  size_t read = 0;
  for (int round = 0; round < 20000; round++) {
    char text[LONGEST_TEXT + 16] = "verdict=refused ";
    struct report report;
    make_text(&state, text + (round % 2 == 0 ? strlen(text) : 0));
    if (report_read(text, &report)) {
      read++;
      report_clear(&report);
    }
    CU_ASSERT_EQUAL(report.count, 0);
  }
  /* Random bytes are mostly control characters. */
  CU_ASSERT_TRUE(read > 0 && read < 10000);
}

int main(void) {
  static const struct unit_test tests[] = {{"any text", test_any_text},
                                           {"any host", test_any_host},
                                           {"any size", test_any_size},
                                           {"rubbish", test_rubbish},
                                           {NULL, NULL}};
  static const struct unit_suite suite = {"log_report", set_up, tear_down, tests};
  return unit_run(&suite);
}
