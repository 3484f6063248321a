/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The line that reports a verdict: its words, its escapes, and where it is cut. */
#include "runner.h"
#include "sample.h"

#include <stdio.h>
#include <string.h>

/* Digests whose first byte is 1 to 4, as the report writes them. */
#define D1 "sha256/AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define D2 "sha256/AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define D3 "sha256/AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define D4 "sha256/BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const struct pin_entry entries[] = {
    {.name = "api.example.com", .lists = {[PIN_LIST_PINS] = SAMPLE_LIST({1})}},
    {.name = "all.example.com",
     .require = PIN_REQUIRE_ALL,
     .lists = {[PIN_LIST_PINS] = SAMPLE_LIST({1}),
               [PIN_LIST_BACKUP_PINS] = SAMPLE_LIST({2}, {3}),
               [PIN_LIST_INTERMEDIATES] = SAMPLE_LIST({4})}},
    {.name = "old.example.com",
     .expires = 999,
     .file = "/etc/my policies/\"a\".cfg",
     .lists = {[PIN_LIST_PINS] = SAMPLE_LIST({1})}},
    {.name = "audit.example.com", .mode = PIN_MODE_AUDIT, .lists = {[PIN_LIST_ANCHORS] = SAMPLE_LIST({1})}},
    {.name = "off.example.com", .mode = PIN_MODE_OFF},
    {.name = "many.example.com",
     .lists = {[PIN_LIST_PINS] = SAMPLE_LIST({21}, {22}, {23}, {24}, {25}, {26}, {27}, {28}, {29}, {30}, {31},
                                             {32}, {33})}},
    {.name = NULL},
};

static const struct sample_spec spec = {
    .entries = entries, .blocked_keys = SAMPLE_LIST({7}), .exempt_anchors = SAMPLE_LIST({8})};

static const struct pin_path_key wrong_keys[] = {
    {.key = {{2}}, .subject = "CN=api.example.com"},
    {.key = {{3}}, .subject = "C=US, O=Let's Encrypt, CN=R11"},
    {.key = {{4}}, .subject = NULL},
};
static const struct pin_path wrong_path = {.keys = wrong_keys, .count = 3};
static const struct pin_path_key right_key = {.key = {{1}}, .subject = "CN=x"};
static const struct pin_path right_path = {.keys = &right_key, .count = 1};
static const struct pin_path_key blocked_keys[] = {{.key = {{1}}}, {.key = {{7}}}};
static const struct pin_path blocked_path = {.keys = blocked_keys, .count = 2};
static const struct pin_path_key exempt_key = {.key = {{8}}, .subject = "CN=Our proxy"};
static const struct pin_path exempt_path = {.keys = &exempt_key, .count = 1};
static const struct pin_path no_path = {.keys = NULL, .count = 0};

#define WRONG_KEYS                                                                                           \
  " key0=\"" D2 " CN=api.example.com\" key1=\"" D3 " C=US, O=Let's Encrypt, CN=R11\" key2=\"" D4 "\""

static const struct {
  const char *name;
  uint16_t port;
  const struct pin_path *path;
  const char *report;
} cases[] = {
    {"API.example.com.", 443, &wrong_path,
     "verdict=refused reason=no-pin host=API.example.com. port=443 mode=enforce "
     "entry=/etc/pinning/policy.cfg:1" WRONG_KEYS " expected=\"pins " D1 "\""},
    {"all.example.com", 0, &no_path,
     "verdict=refused reason=no-key host=all.example.com port=unknown mode=enforce "
     "entry=/etc/pinning/policy.cfg:2 expected=\"pins " D1 " backup_pins " D2 " " D3 " intermediates " D4
     " require all\""},
    {"all.example.com", 443, &right_path,
     "verdict=refused reason=no-intermediate host=all.example.com port=443 mode=enforce "
     "entry=/etc/pinning/policy.cfg:2 key0=\"" D1 " CN=x\" expected=\"pins " D1 " backup_pins " D2 " " D3
     " intermediates " D4 " require all\""},
    {"old.example.com", 443, &wrong_path,
     "verdict=audited reason=no-pin host=old.example.com port=443 mode=enforce "
     "entry=\"/etc/my policies/\\x22a\\x22.cfg:3\" expired=1970-01-01T00:16:39Z" WRONG_KEYS
     " expected=\"pins " D1 "\""},
    {"audit.example.com", 443, &wrong_path,
     "verdict=audited reason=no-anchor host=audit.example.com port=443 mode=audit "
     "entry=/etc/pinning/policy.cfg:4" WRONG_KEYS " expected=\"anchors " D1 "\""},
    {"off.example.com", 443, &right_path,
     "verdict=accepted reason=off host=off.example.com port=443 mode=off entry=/etc/pinning/policy.cfg:5 "
     "key0=\"" D1 " CN=x\""},
    {"api.example.com", 443, &right_path,
     "verdict=accepted reason=matched host=api.example.com port=443 mode=enforce "
     "entry=/etc/pinning/policy.cfg:1 key0=\"" D1 " CN=x\""},
    {"x..api.example.com", 443, &right_path,
     "verdict=refused reason=bad-name host=x..api.example.com port=443 mode=enforce "
     "entry=/etc/pinning/policy.cfg:1 key0=\"" D1 " CN=x\""},
    {"api.example.com", 443, &blocked_path,
     "verdict=refused reason=blocked-key host=api.example.com port=443 key0=\"" D1
     "\" key1=\"sha256/BwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" blocked=1"},
    {"api.example.com", 443, &exempt_path,
     "verdict=exempt reason=exempt-anchor host=api.example.com port=443 mode=enforce "
     "entry=/etc/pinning/policy.cfg:1 key0=\"sha256/CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= CN=Our "
     "proxy\""},
    {"other.example.com", 443, &right_path,
     "verdict=not-covered reason=not-covered host=other.example.com port=443"},
    {"2001:db8::1", 443, &right_path, "verdict=not-covered reason=not-covered host=2001:db8::1 port=443"},
    {"", 443, &right_path, "verdict=not-covered reason=not-covered host=\"\" port=443"},
    {"a b\n\"\\\x7f\xff", 443, &right_path,
     "verdict=not-covered reason=not-covered host=\"a b\\x0A\\x22\\x5C\\x7F\\xFF\" port=443"},
    {"a=b", 443, &right_path, "verdict=not-covered reason=not-covered host=\"a=b\" port=443"},
};

/* How a subject that the peer made up is written. */
static const struct {
  const char *subject, *written;
} subjects[] = {
    {"CN=plain", "CN=plain"},
    {"CN=Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x94\x91", "CN=Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x94\x91"},
    {"CN=\" verdict=accepted", "CN=\\x22 verdict=accepted"},
    {"CN=a\nverdict=accepted", "CN=a\\x0Averdict=accepted"},
    {"CN=\x1b[2J\r\t\b", "CN=\\x1B[2J\\x0D\\x09\\x08"},
    {"CN=\\x22", "CN=\\x5Cx22"},
    {"CN=\xc2\x9b"
     "31m",
     "CN=\\xC2\\x9B31m"}, /* a control character of eight bits */
    {"CN=\xe2\x80\xae"
     "moc",
     "CN=\\xE2\\x80\\xAEmoc"},          /* right to left from here on */
    {"CN=\xd8\x9c.", "CN=\\xD8\\x9C."}, /* a mark of the Arabic script that does so for what is next to it */
    {"CN=\xe2\x81\xa6\xe2\x80\xa8", "CN=\\xE2\\x81\\xA6\\xE2\\x80\\xA8"},
    {"CN=\x80\xbf\xc0\xaf\xc1\x81", "CN=\\x80\\xBF\\xC0\\xAF\\xC1\\x81"},
    {"CN=\xe0\x82\xa1\xf0\x82\x82\xac",
     "CN=\\xE0\\x82\\xA1\\xF0\\x82\\x82\\xAC"},                  /* longer than it need be */
    {"CN=\xed\xa0\x80", "CN=\\xED\\xA0\\x80"},                   /* half of a surrogate pair */
    {"CN=\xf4\x90\x80\x80\xf8", "CN=\\xF4\\x90\\x80\\x80\\xF8"}, /* beyond the last code point */
    {"CN=\xe2\x82", "CN=\\xE2\\x82"},                            /* cut short */
    {"CN=\xf0\x9f\x94", "CN=\\xF0\\x9F\\x94"},
};

static struct sample sample;

static int set_up(void) {
  return sample_make(&spec, &sample) ? 0 : 1;
}

static int tear_down(void) {
  sample_clear(&sample);
  return 0;
}

static void test_lines(void) {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct pin_verdict verdict;
    char report[PIN_REPORT_SIZE];
    sample_ask(&sample.policy, cases[i].name, cases[i].port, cases[i].path, &verdict);
    size_t length = pin_report(&verdict, cases[i].path, report, sizeof report);
    CU_ASSERT_EQUAL(length, strlen(report));
    CU_ASSERT_STRING_EQUAL(report, cases[i].report);
    if (strcmp(report, cases[i].report) != 0)
      fprintf(stderr, "is     %s\nshould %s\n", report, cases[i].report);
  }
}

static void test_subjects(void) {
  for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
    const struct pin_path_key key = {.key = {{1}}, .subject = subjects[i].subject};
    const struct pin_path path = {.keys = &key, .count = 1};
    struct pin_verdict verdict;
    char report[PIN_REPORT_SIZE], expected[256];
    sample_ask(&sample.policy, "api.example.com", 443, &path, &verdict);
    pin_report(&verdict, &path, report, sizeof report);
    snprintf(expected, sizeof expected, " key0=\"" D1 " %s\"", subjects[i].written);
    const char *found = strstr(report, " key0=");
    CU_ASSERT_STRING_EQUAL(found ? found : "", expected);
  }
}

/* At any size, the line is a beginning of the whole one, cut between pairs, and says so if it is cut. */
static void test_sizes(void) {
  struct pin_verdict verdict;
  char whole[PIN_REPORT_SIZE], part[PIN_REPORT_SIZE];
  sample_ask(&sample.policy, "api.example.com", 443, &wrong_path, &verdict);
  const size_t length = pin_report(&verdict, &wrong_path, whole, sizeof whole);
  for (size_t size = 1; size <= length + 1; size++) {
    memset(part, 0x55, sizeof part);
    size_t written = pin_report(&verdict, &wrong_path, part, size);
    CU_ASSERT_TRUE(written < size);
    CU_ASSERT_EQUAL(part[written], '\0');
    CU_ASSERT_EQUAL(part[size], 0x55);
    if (size == length + 1) {
      CU_ASSERT_STRING_EQUAL(part, whole);
      continue;
    }
    if (written == 0) {
      CU_ASSERT_TRUE(size < 4);
      continue;
    }
    CU_ASSERT_EQUAL(strcmp(part + written - 3, "..."), 0);
    size_t kept = written > 4 ? written - 4 : 0;
    CU_ASSERT_EQUAL(memcmp(part, whole, kept), 0);
    CU_ASSERT_TRUE(kept == 0 || memcmp(whole + kept, " key", 4) == 0 || strchr(" ", whole[kept]) != NULL);
  }
  memset(part, 0x55, sizeof part);
  CU_ASSERT_EQUAL(pin_report(&verdict, &wrong_path, part, 0), 0);
  CU_ASSERT_EQUAL(part[0], 0x55);
}

/* A peer with endless subjects and a long path cannot push the expected keys out of the line. */
static void test_expected_stays(void) {
  static char subject[5000];
  struct pin_path_key keys[100];
  const struct pin_path path = {.keys = keys, .count = 100};
  struct pin_verdict verdict;
  char report[PIN_REPORT_SIZE];
  memset(subject, '\n', sizeof subject - 1);
  memset(keys, 0, sizeof keys);
  for (size_t i = 0; i < 100; i++) {
    keys[i].key.bytes[0] = 99;
    keys[i].subject = subject;
  }
  sample_ask(&sample.policy, "many.example.com", 443, &path, &verdict);
  size_t length = pin_report(&verdict, &path, report, sizeof report);
  CU_ASSERT_PTR_NOT_NULL(strstr(report, " key9=\"sha256/"));
  CU_ASSERT_PTR_NULL(strstr(report, " key10="));
  CU_ASSERT_PTR_NOT_NULL(strstr(report, "...\" keys=+90 expected=\"pins sha256/"));
  CU_ASSERT_EQUAL(strcmp(report + length - 5, "= +3\""), 0);
}

/* The report of a verdict that nothing filled in, without a path. */
static void test_nothing(void) {
  struct pin_verdict verdict;
  char report[PIN_REPORT_SIZE];
  memset(&verdict, 0, sizeof verdict);
  verdict.blocked_depth = -1;
  pin_report(&verdict, NULL, report, sizeof report);
  CU_ASSERT_STRING_EQUAL(report, "verdict=refused reason=undecided port=unknown");
  verdict.reason = PIN_REASON_NO_POLICY;
  verdict.name = "api.example.com";
  verdict.port = 443;
  pin_report(&verdict, &right_path, report, sizeof report);
  CU_ASSERT_STRING_EQUAL(report, "verdict=refused reason=no-policy host=api.example.com port=443 key0=\"" D1
                                 " CN=x\"");
}

/* Days at the ends of months, years and centuries, and impossible times. */
static void test_expiry(void) {
  static const struct {
    int64_t expires;
    const char *written;
  } times[] = {
      {0, "1970-01-01T00:00:00Z"},
      {-1, "1969-12-31T23:59:59Z"},
      {951782399, "2000-02-28T23:59:59Z"},
      {951782400, "2000-02-29T00:00:00Z"},
      {951868800, "2000-03-01T00:00:00Z"},
      {1709210096, "2024-02-29T12:34:56Z"},
      {1735689599, "2024-12-31T23:59:59Z"},
      {1735689600, "2025-01-01T00:00:00Z"},
      {1814399999, "2027-06-30T23:59:59Z"},
      {4107542399, "2100-02-28T23:59:59Z"},
      {4107542400, "2100-03-01T00:00:00Z"},
      {253402300799, "9999-12-31T23:59:59Z"},
      {-62167219200, "0000-01-01T00:00:00Z"},
      {INT64_MIN + 1, "-292277022657-01-27T08:29:53Z"},
  };
  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
    struct pin_verdict verdict;
    char report[PIN_REPORT_SIZE], expected[64];
    sample_ask(&sample.policy, "old.example.com", 443, &wrong_path, &verdict);
    verdict.findings[0].entry.expires = times[i].expires;
    pin_report(&verdict, NULL, report, sizeof report);
    snprintf(expected, sizeof expected, " expired=%s expected=", times[i].written);
    CU_ASSERT_PTR_NOT_NULL(strstr(report, expected));
    if (!strstr(report, expected))
      fprintf(stderr, "%s: %s\n", times[i].written, report);
  }
}

static void test_words(void) {
  for (int i = 0; i < PIN_REASON_COUNT; i++) {
    const char *word = pin_reason_word((enum pin_reason)i);
    CU_ASSERT_PTR_NOT_NULL(pin_reason_text((enum pin_reason)i));
    CU_ASSERT_PTR_NOT_NULL(word);
    CU_ASSERT_EQUAL(strspn(word ? word : " ", "abcdefghijklmnopqrstuvwxyz-"), strlen(word ? word : ""));
    for (int k = 0; k < i; k++)
      CU_ASSERT_STRING_NOT_EQUAL(word, pin_reason_word((enum pin_reason)k));
  }
  CU_ASSERT_STRING_EQUAL(pin_reason_text(PIN_REASON_NO_PIN), "no key on the path is pinned");
  CU_ASSERT_STRING_EQUAL(pin_reason_word((enum pin_reason)1000), "unknown");
  CU_ASSERT_STRING_EQUAL(pin_outcome_word((enum pin_outcome)1000), "unknown");
  CU_ASSERT_STRING_EQUAL(pin_outcome_word(PIN_NOT_COVERED), "not-covered");
  CU_ASSERT_STRING_EQUAL(pin_list_name(PIN_LIST_BACKUP_PINS), "backup_pins");
}

int main(void) {
  static const struct unit_test tests[] = {
      {"lines", test_lines},     {"subjects", test_subjects},
      {"sizes", test_sizes},     {"what was expected stays", test_expected_stays},
      {"nothing", test_nothing}, {"expiry", test_expiry},
      {"words", test_words},     {NULL, NULL},
  };
  static const struct unit_suite suite = {"report", set_up, tear_down, tests};
  return unit_run(&suite);
}
