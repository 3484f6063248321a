/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Which entries of a policy cover a peer, by its names, addresses and port. */
#include "runner.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PINS                                                                                                 \
  { [PIN_LIST_PINS] = SAMPLE_LIST({1}) }
#define PORTS(...)                                                                                           \
  .ports = (const uint16_t[]){__VA_ARGS__}, .port_count = sizeof((const uint16_t[]){__VA_ARGS__}) / 2

static const struct pin_entry entries[] = {
    {.name = "foo.com", .lists = PINS},
    {.name = "*.foo.com", .lists = PINS},
    {.name = "api.foo.com", .lists = PINS},
    {.name = "tree.org", .include_subdomains = true, .lists = PINS},
    {.name = "*.tree.org", .lists = PINS},
    {.name = "deep.tree.org", .include_subdomains = true, .lists = PINS},
    {.name = "off.tree.org", .include_subdomains = true, .mode = PIN_MODE_OFF},
    {.name = "*.only.net", .lists = PINS},
    {.name = "*.any.net", .include_subdomains = true, .lists = PINS},
    {.name = "ports.net", PORTS(443, 8443), .lists = PINS},
    {.name = "ports.net", PORTS(25), .lists = PINS},
    {.name = "a.b.ports.net", PORTS(443), .lists = PINS},
    {.name = "*.b.ports.net", PORTS(25), .lists = PINS},
    {.name = "b.ports.net", .include_subdomains = true, PORTS(5432), .lists = PINS},
    {.name = "audit.net", .include_subdomains = true, .mode = PIN_MODE_AUDIT, .lists = PINS},
    {.name = "192.0.2.1", .lists = PINS},
    {.name = "2001:db8::1", PORTS(443), .lists = PINS},
    {.name = "1", .include_subdomains = true, .lists = PINS},
    {.name = "localhost", .lists = PINS},
    {.name = "doubt.net", .include_subdomains = true, .lists = PINS},
    {.name = "*.doubt.net", PORTS(8443), .mode = PIN_MODE_AUDIT, .lists = PINS},
    {.name = "off.doubt.net", PORTS(8443), .mode = PIN_MODE_OFF},
    {.name = "always.off.doubt.net", .mode = PIN_MODE_OFF},
    {.name = "lapsed.doubt.net", PORTS(8443), .expires = 1, .lists = PINS},
    {.name = "sure.doubt.net", PORTS(8443), .lists = PINS},
    {.name = NULL},
};

static const struct pin_digest_list some_pins[PIN_LIST_COUNT] = PINS;
static const struct pin_digest_list some_keys = SAMPLE_LIST({9});

/* One entry for each answer of pin_select. */
static const struct pin_entry needy_entries[] = {
    {.name = "keys", .lists = PINS},
    {.name = "certificates", .lists = {[PIN_LIST_FINGERPRINTS] = SAMPLE_LIST({1})}},
    {.name = "off", .mode = PIN_MODE_OFF, .lists = {[PIN_LIST_FINGERPRINTS] = SAMPLE_LIST({1})}},
    {.name = NULL},
};

#define NO_LINES                                                                                             \
  { 0 }

/* The lines of the entries that cover a name at a port: the indices above, from 1. */
static const struct {
  const char *name;
  uint16_t port;
  uint32_t lines[3];
} cases[] = {
    /* Neither part of a label nor the wrong end of a name matches. */
    {"bar.foo.com.notfoo.com", 443, NO_LINES},
    {"notfoo.com", 443, NO_LINES},
    {"xfoo.com", 443, NO_LINES},
    {"foo.com.evil.example", 443, NO_LINES},
    {"foo.co", 443, NO_LINES},
    {"foo.comm", 443, NO_LINES},
    {"com", 443, NO_LINES},
    {"", 443, NO_LINES},
    {"...", 443, NO_LINES},
    {"nottree.org", 443, NO_LINES},
    {"foo.com\n", 443, NO_LINES},
    {"foo com", 443, NO_LINES},
    {"foo%2ecom", 443, NO_LINES},
    {"*", 443, NO_LINES},
    /* Nor does a name with the same hash except for the bit of the case. */
    {"foo\x0e"
     "com",
     443, NO_LINES},
    {"a.foo\x0e"
     "com",
     443, NO_LINES},
    {"\x11", 443, NO_LINES},
    {"x.\x11", 443, NO_LINES},
    /* The exact name. */
    {"foo.com", 443, {1}},
    {"FOO.Com", 443, {1}},
    {"foo.com.", 443, {1}},
    {"foo.com....", 443, {1}},
    {"localhost", 443, {19}},
    {"api.foo.com", 443, {3}},
    /* A wildcard covers one label, never none or two. */
    {"www.foo.com", 443, {2}},
    {"WWW.FOO.COM.", 443, {2}},
    {"*.foo.com", 443, {2}},
    {"\x01.foo.com", 443, {2}},
    {"a.b.foo.com", 443, NO_LINES},
    {"www.api.foo.com", 443, NO_LINES},
    {"only.net", 443, NO_LINES},
    {"a.only.net", 443, {8}},
    {"a.a.only.net", 443, NO_LINES},
    /* Subdomains: the nearest parent, after the wildcard. */
    {"tree.org", 443, {4}},
    {"x.tree.org", 443, {5}},
    {"y.x.tree.org", 443, {4}},
    {"z.y.x.tree.org", 443, {4}},
    {"deep.tree.org", 443, {6}},
    {"x.deep.tree.org", 443, {6}},
    {"z.y.x.deep.tree.org", 443, {6}},
    {"off.tree.org", 443, {7}},
    {"x.off.tree.org", 443, {7}},
    {"any.net", 443, NO_LINES},
    {"a.any.net", 443, {9}},
    {"b.a.any.net", 443, {9}},
    /* Ports: entries for other ports are skipped; if the port is unknown, they apply. */
    {"ports.net", 443, {10}},
    {"ports.net", 8443, {10}},
    {"ports.net", 25, {11}},
    {"ports.net", 80, NO_LINES},
    {"ports.net", 0, {10, 11}},
    {"a.b.ports.net", 443, {12}},
    {"a.b.ports.net", 25, {13}},
    {"a.b.ports.net", 5432, {14}},
    {"a.b.ports.net", 80, NO_LINES},
    {"a.b.ports.net", 0, {12}},
    {"c.b.ports.net", 443, NO_LINES},
    /* Without a port, an entry that refuses nothing and may be for another port does not hide one that
       refuses. */
    {"off.doubt.net", 8443, {22}},
    {"off.doubt.net", 443, {20}},
    {"off.doubt.net", 0, {22, 21, 20}},
    {"x.doubt.net", 8443, {21}},
    {"x.doubt.net", 443, {20}},
    {"x.doubt.net", 0, {21, 20}},
    {"always.off.doubt.net", 0, {23}},
    {"lapsed.doubt.net", 8443, {24}},
    {"lapsed.doubt.net", 0, {24, 21, 20}},
    {"sure.doubt.net", 0, {25}},
    /* Addresses only match addresses. */
    {"192.0.2.1", 443, {16}},
    {"192.0.2.1.", 443, {16}},
    {"::ffff:192.0.2.1", 443, {16}},
    {"::FFFF:C000:0201", 443, {16}},
    {"192.0.2.2", 443, NO_LINES},
    {"5.192.0.2.1", 443, {18}},
    /* getaddrinfo(3) reads this as 2.0.0.1, and the next three as 192.0.2.1. */
    {"2.1", 443, NO_LINES},
    {"192.0.513", 443, {16}},
    {"0xc0000201", 443, {16}},
    {"[::ffff:192.0.2.1]", 443, {16}},
    {"2001:db8::1", 443, {17}},
    {"2001:0DB8:0:0:0:0:0:1", 443, {17}},
    {"2001:db8::1%eth0", 443, {17}},
    {"2001:db8::1", 80, NO_LINES},
    {"2001:db8::2", 443, NO_LINES},
};

/* For a name with an empty label: the lines of the entries because of which it is refused. */
static const struct {
  const char *name;
  uint32_t lines[3];
  enum pin_outcome outcome;
} bad_names[] = {
    {"www..unknown.com", NO_LINES, PIN_NOT_COVERED},
    {".unknown.com", NO_LINES, PIN_NOT_COVERED},
    {"foo..com", NO_LINES, PIN_NOT_COVERED},
    {"foo.com..unknown.com", NO_LINES, PIN_NOT_COVERED},
    {"www..foo.com", {1, 2}, PIN_REFUSED},
    {"www...foo.com", {1, 2}, PIN_REFUSED},
    {".foo.com", {1, 2}, PIN_REFUSED},
    {".FOO.com..", {1, 2}, PIN_REFUSED},
    {"a..b..foo.com", {1, 2}, PIN_REFUSED},
    {"..foo.com", {1, 2}, PIN_REFUSED},
    {"x..www.foo.com", {2}, PIN_REFUSED},
    {".api.foo.com", {3}, PIN_REFUSED},
    {"x..a.b.foo.com", NO_LINES, PIN_NOT_COVERED},
    {".only.net", {8}, PIN_REFUSED},
    {".y.x.tree.org", {4}, PIN_REFUSED},
    {"..x.deep.tree.org", {6}, PIN_REFUSED},
    {".off.tree.org", {7}, PIN_ACCEPTED},
    {".audit.net", {15}, PIN_AUDITED},
    {"192.0.2..1", {18}, PIN_REFUSED},
};

static struct sample sample;

static int set_up(void) {
  const struct sample_spec spec = {.entries = entries};
  return sample_make(&spec, &sample) ? 0 : 1;
}

static int tear_down(void) {
  sample_clear(&sample);
  return 0;
}

static bool has_lines(const struct pin_verdict *verdict, const uint32_t lines[3]) {
  size_t count = 0;
  while (count < 3 && lines[count] != 0)
    count++;
  if (verdict->count != count)
    return false;
  for (size_t i = 0; i < count; i++) {
    bool found = false;
    for (size_t k = 0; k < count; k++)
      found = found || verdict->findings[k].entry.line == lines[i];
    if (!found)
      return false;
  }
  return true;
}

static enum pin_needs select_names(const char *const *names, size_t count, uint16_t port,
                                   struct pin_verdict *ret_verdict) {
  const struct pin_peer peer = {.names = names, .name_count = count, .port = port, .now = 1000};
  return pin_select(&sample.policy, &peer, ret_verdict);
}

static void test_names(void) {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct pin_verdict verdict;
    enum pin_needs needs = select_names(&cases[i].name, 1, cases[i].port, &verdict);
    if (!has_lines(&verdict, cases[i].lines))
      CU_FAIL(cases[i].name);
    bool is_open = false;
    for (size_t k = 0; k < verdict.count; k++)
      is_open = is_open || verdict.findings[k].entry.mode != PIN_MODE_OFF;
    CU_ASSERT_EQUAL(needs, is_open ? PIN_NEEDS_KEYS : PIN_NEEDS_NOTHING);
    CU_ASSERT_EQUAL(verdict.outcome == PIN_REFUSED, is_open);
    CU_ASSERT_EQUAL(verdict.outcome == PIN_NOT_COVERED, verdict.count == 0);
    CU_ASSERT_PTR_EQUAL(verdict.name, cases[i].name);
  }
}

static void test_bad_names(void) {
  for (size_t i = 0; i < sizeof bad_names / sizeof bad_names[0]; i++) {
    struct pin_verdict verdict;
    enum pin_needs needs = select_names(&bad_names[i].name, 1, 443, &verdict);
    CU_ASSERT_EQUAL(needs, PIN_NEEDS_NOTHING);
    if (!has_lines(&verdict, bad_names[i].lines) || verdict.outcome != bad_names[i].outcome)
      CU_FAIL(bad_names[i].name);
    if (verdict.outcome == PIN_REFUSED || verdict.outcome == PIN_AUDITED)
      CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_BAD_NAME);
  }
}

/* An audited bad name must not hide an enforced name. */
static void test_bad_name_beside_another(void) {
  const char *names[] = {".audit.net", "foo.com"};
  const struct pin_path_key right = {.key = {{1}}}, wrong = {.key = {{2}}};
  struct pin_path path = {.keys = &wrong, .count = 1};
  struct pin_verdict verdict;
  CU_ASSERT_EQUAL(select_names(names, 2, 443, &verdict), PIN_NEEDS_KEYS);
  pin_judge(&sample.policy, &path, 1000, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
  CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_NO_PIN);
  CU_ASSERT_PTR_EQUAL(verdict.name, names[1]);
  path.keys = &right;
  CU_ASSERT_EQUAL(select_names(names, 2, 443, &verdict), PIN_NEEDS_KEYS);
  pin_judge(&sample.policy, &path, 1000, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_AUDITED);
  CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_BAD_NAME);
  /* An enforced bad name makes further names unnecessary. */
  names[0] = ".foo.com";
  CU_ASSERT_EQUAL(select_names(names, 2, 443, &verdict), PIN_NEEDS_NOTHING);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
  CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_BAD_NAME);
  /* It is also the reason if it comes after a name whose keys are no longer looked at. */
  names[0] = "foo.com";
  names[1] = ".foo.com";
  CU_ASSERT_EQUAL(select_names(names, 2, 443, &verdict), PIN_NEEDS_NOTHING);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
  CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_BAD_NAME);
  CU_ASSERT_PTR_EQUAL(verdict.name, names[1]);
}

static void test_several_names(void) {
  const char *names[] = {"foo.com", "unknown.example", "FOO.COM.", "www.foo.com", "192.0.2.1"};
  struct pin_verdict verdict;
  select_names(names, 5, 443, &verdict);
  CU_ASSERT_TRUE(has_lines(&verdict, (const uint32_t[3]){1, 2, 16}));
  CU_ASSERT_PTR_EQUAL(verdict.findings[0].name, names[0]);
  select_names(NULL, 0, 443, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_NOT_COVERED);
  CU_ASSERT_EQUAL(verdict.count, 0);
  CU_ASSERT_PTR_NULL(verdict.name);
}

/* One entry covers many names. Each name is remembered once, with the entry that it led to; an address
 * belongs to the entry. */
static void test_further_names(void) {
  const char *names[] = {"a.foo.com",    "b.foo.com",      "x.y.tree.org", "a.foo.com",       "*.y.tree.org",
                         "off.tree.org", "x.off.tree.org", "192.0.2.1",    "::ffff:192.0.2.1"};
  struct pin_verdict verdict;
  select_names(names, 9, 443, &verdict);
  CU_ASSERT_EQUAL(verdict.count, 4);
  CU_ASSERT_EQUAL(verdict.further_count, 2);
  CU_ASSERT_FALSE(verdict.names_lost);
  CU_ASSERT_PTR_EQUAL(verdict.further[0].name, names[1]);
  CU_ASSERT_PTR_EQUAL(verdict.findings[verdict.further[0].finding].name, names[0]);
  CU_ASSERT_PTR_EQUAL(verdict.further[1].name, names[4]);
  CU_ASSERT_PTR_EQUAL(verdict.findings[verdict.further[1].finding].name, names[2]);
  /* The caller learns which names it must keep. */
  pin_select_begin(&sample.policy, 443, 1000, &verdict);
  CU_ASSERT_EQUAL(pin_select_name(&verdict, "a.foo.com", 443), PIN_SELECTED_ENTRIES);
  CU_ASSERT_EQUAL(pin_select_name(&verdict, "a.foo.com", 443), PIN_SELECTED_NOTHING);
  CU_ASSERT_EQUAL(pin_select_name(&verdict, "b.foo.com", 443), PIN_SELECTED_ENTRIES);
  CU_ASSERT_EQUAL(pin_select_name(&verdict, "b.foo.com", 443), PIN_SELECTED_NOTHING);
}

/* Beyond the limit, the peer's own key still decides, but a CA does not. */
static void test_too_many_further_names(void) {
  static char texts[PIN_MAX_FURTHER_NAMES + 2][24];
  const char *names[PIN_MAX_FURTHER_NAMES + 2];
  const struct pin_path_key keys[] = {{.key = {{1}}}, {.key = {{2}}}, {.key = {{1}}}};
  for (size_t i = 0; i < PIN_MAX_FURTHER_NAMES + 2; i++) {
    snprintf(texts[i], sizeof texts[i], "host%zu.foo.com", i);
    names[i] = texts[i];
  }
  for (size_t more = 0; more < 2; more++) {
    struct pin_path own = {.keys = keys, .count = 2, .vouch = sample_vouch};
    struct pin_path issuer = {.keys = keys + 1, .count = 2, .vouch = sample_vouch};
    struct pin_verdict verdict;
    CU_ASSERT_EQUAL(select_names(names, PIN_MAX_FURTHER_NAMES + 1 + more, 443, &verdict), PIN_NEEDS_KEYS);
    CU_ASSERT_EQUAL(verdict.further_count, PIN_MAX_FURTHER_NAMES);
    CU_ASSERT_EQUAL(pin_is_satisfied(&sample.policy, &issuer, &verdict), more == 0);
    pin_judge(&sample.policy, &issuer, 1000, &verdict);
    CU_ASSERT_EQUAL(verdict.outcome, more == 0 ? PIN_ACCEPTED : PIN_REFUSED);
    CU_ASSERT_EQUAL(verdict.reason, more == 0 ? PIN_REASON_MATCHED : PIN_REASON_TOO_MANY_NAMES);
    select_names(names, PIN_MAX_FURTHER_NAMES + 1 + more, 443, &verdict);
    pin_judge(&sample.policy, &own, 1000, &verdict);
    CU_ASSERT_EQUAL(verdict.outcome, PIN_ACCEPTED);
  }
}

/* Deeper than any entry can be; parents still cover the name. */
static void test_long_names(void) {
  static char name[2 * 100000 + sizeof "deep.tree.org"];
  static const char *const names[] = {name};
  struct pin_verdict verdict;
  for (size_t i = 0; i < 100000; i++)
    memcpy(name + 2 * i, "a.", 2);
  strcpy(name + 200000, "deep.tree.org");
  select_names(names, 1, 443, &verdict);
  CU_ASSERT_TRUE(has_lines(&verdict, (const uint32_t[3]){6}));
  strcpy(name + 200000, "only.net");
  select_names(names, 1, 443, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_NOT_COVERED);
  name[4] = '.';
  select_names(names, 1, 443, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_NOT_COVERED);
  strcpy(name + 200000, "tree.org");
  select_names(names, 1, 443, &verdict);
  CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
  CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_BAD_NAME);
  memset(name, 'a', 200000);
  strcpy(name + 200000, ".foo.com");
  select_names(names, 1, 443, &verdict);
  CU_ASSERT_TRUE(has_lines(&verdict, (const uint32_t[3]){2}));
}

static void test_too_many_names(void) {
  static char texts[PIN_MAX_FINDINGS + 1][16];
  static struct pin_entry many[PIN_MAX_FINDINGS + 2];
  const char *names[PIN_MAX_FINDINGS + 1];
  for (size_t i = 0; i < PIN_MAX_FINDINGS + 1; i++) {
    snprintf(texts[i], sizeof texts[i], "host%zu", i);
    names[i] = many[i].name = texts[i];
    memcpy(many[i].lists, some_pins, sizeof some_pins);
  }
  const struct sample_spec spec = {.entries = many};
  struct sample crowd;
  if (sample_make(&spec, &crowd)) {
    struct pin_verdict verdict;
    struct pin_peer peer = {.names = names, .name_count = PIN_MAX_FINDINGS, .now = 1000};
    CU_ASSERT_EQUAL(pin_select(&crowd.policy, &peer, &verdict), PIN_NEEDS_KEYS);
    CU_ASSERT_EQUAL(verdict.count, PIN_MAX_FINDINGS);
    peer.name_count++;
    CU_ASSERT_EQUAL(pin_select(&crowd.policy, &peer, &verdict), PIN_NEEDS_NOTHING);
    CU_ASSERT_EQUAL(verdict.outcome, PIN_REFUSED);
    CU_ASSERT_EQUAL(verdict.reason, PIN_REASON_TOO_MANY_NAMES);
    CU_ASSERT_EQUAL(verdict.decisive, verdict.count);
  }
  sample_clear(&crowd);
}

static void test_needs(void) {
  static const struct {
    enum pin_mode mode;
    bool blocks;
    const char *name;
    enum pin_needs needs;
  } needs[] = {
      {PIN_MODE_ENFORCE, false, "keys", PIN_NEEDS_KEYS},
      {PIN_MODE_ENFORCE, false, "certificates", PIN_NEEDS_CERTIFICATES},
      {PIN_MODE_ENFORCE, false, "off", PIN_NEEDS_NOTHING},
      {PIN_MODE_ENFORCE, false, "other", PIN_NEEDS_NOTHING},
      {PIN_MODE_ENFORCE, true, "certificates", PIN_NEEDS_CERTIFICATES},
      {PIN_MODE_ENFORCE, true, "off", PIN_NEEDS_KEYS},
      {PIN_MODE_ENFORCE, true, "other", PIN_NEEDS_KEYS},
      {PIN_MODE_AUDIT, true, "other", PIN_NEEDS_KEYS},
      {PIN_MODE_OFF, true, "other", PIN_NEEDS_NOTHING},
      {PIN_MODE_OFF, true, "off", PIN_NEEDS_NOTHING},
  };
  for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
    struct sample_spec spec = {.entries = needy_entries, .mode = needs[i].mode};
    struct sample made;
    if (needs[i].blocks)
      spec.blocked_keys = some_keys;
    if (sample_make(&spec, &made)) {
      struct pin_verdict verdict;
      const struct pin_peer peer = {.names = &needs[i].name, .name_count = 1, .port = 443, .now = 1000};
      CU_ASSERT_EQUAL(pin_select(&made.policy, &peer, &verdict), needs[i].needs);
    }
    sample_clear(&made);
  }
}

/* Each of many entries is found by its own name, and by no similar name. */
static void test_many_entries(void) {
  enum { COUNT = 20000 };
  char(*texts)[24] = calloc(COUNT, sizeof *texts);
  struct pin_entry *many = calloc(COUNT + 1, sizeof *many);
  struct sample made = {0};
  for (size_t i = 0; texts && many && i < COUNT; i++) {
    snprintf(texts[i], sizeof texts[i], "%s%zu.example", i % 5 == 0 ? "*." : "host", i);
    many[i].name = texts[i];
    memcpy(many[i].lists, some_pins, sizeof some_pins);
  }
  const struct sample_spec spec = {.entries = many};
  if (texts && many && sample_make(&spec, &made)) {
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT; i++) {
      struct pin_verdict verdict;
      texts[i][0] = texts[i][0] == '*' ? 'x' : 'H';
      sample_ask(&made.policy, texts[i], 443, &(struct pin_path){.count = 0}, &verdict);
      wrong += verdict.count != 1 || verdict.findings[0].entry.line != i + 1;
      sample_ask(&made.policy, texts[i] + 1, 443, &(struct pin_path){.count = 0}, &verdict);
      wrong += texts[i][0] == 'H' && verdict.count != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
  }
  sample_clear(&made);
  free(many);
  free(texts);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"names", test_names},
      {"names with an empty label", test_bad_names},
      {"a name with an empty label beside another", test_bad_name_beside_another},
      {"several names", test_several_names},
      {"several names of one entry", test_further_names},
      {"too many names of one entry", test_too_many_further_names},
      {"long names", test_long_names},
      {"too many names", test_too_many_names},
      {"what must be seen", test_needs},
      {"many entries", test_many_entries},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"lookup", set_up, tear_down, tests};
  return unit_run(&suite);
}
