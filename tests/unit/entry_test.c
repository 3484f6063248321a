/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The entries of a policy: which are refused, where and with which message, and the results of the others. */
#include "fixture.h"
#include "runner.h"

#include <stdio.h>
#include <string.h>

/* ---- Entries ---- */

static void refuses_bad_entries(void) {
  static const struct fixture fixtures[] = {
      {HOSTS("{ }"), NULL,
       "policy.cfg:3:1+1: error: the entry has no name; expected name = \"HOST\" in it\n"
       "policy.cfg:3:1+1: error: " NO_KEYS},
      {HOSTS("{ mode = \"off\" }"), NULL,
       "policy.cfg:3:1+1: error: the entry has no name; expected name = \"HOST\" in it\n"},
      {HOSTS("  { name = \"a.example\" }"), NULL, "policy.cfg:3:12+11: error: " NO_KEYS},
      {HOSTS("  { name = \"a.example\"; mode = \"audit\" }"), NULL, "policy.cfg:3:12+11: error: " NO_KEYS},
      {HOSTS("{ name = \"\"; mode = \"off\" }"), NULL,
       "policy.cfg:3:10+2: error: name is an empty string; expected text between the quotes\n"},
      {HOSTS("{ name = 5; mode = \"off\" }"), NULL,
       "policy.cfg:3:10+1: error: name is a number; expected a string\n"},
      {HOSTS("{ name = ; mode = \"off\" }"), NULL, "policy.cfg:3:10+1: error: expected a value, not \";\"\n"},
      {HOSTS("{ name = \"a.example:443\"; mode = \"off\" }"), NULL,
       "policy.cfg:3:10+15: error: bad name \"a.example:443\": a name has no port; expected the host alone, "
       "and ports = [ ... ] in the entry\n"},
      {HOSTS("{ name = \"a..example\"; mode = \"off\" }, { name = \"a.*.example\"; mode = \"off\" }"), NULL,

       "policy.cfg:3:10+12: error: bad name \"a..example\": an empty label; expected text on both sides of "
       "each dot\n"
       "policy.cfg:3:49+13: error: bad name \"a.*.example\": expected \"*\" only as the whole first label of "
       "a host name, as in \"*.example.com\"\n"},
      {ENTRY("pnis = [ \"x\" ]; Frobnicate = 5;"), NULL,
       "policy.cfg:4:1+4: error: unknown setting \"pnis\"; did you mean \"pins\"?\n"
       "policy.cfg:4:17+10: error: unknown setting \"Frobnicate\"; expected " ENTRY_SETTINGS "\n"},
      {HOSTS("{ name = \"a.example\"; pinss = [ \"x\" ] }"), NULL,
       "policy.cfg:3:23+5: error: unknown setting \"pinss\"; did you mean \"pins\"?\n"},
      {ENTRY("pins = [ \"" K2 "\" ];"), NULL,
       "policy.cfg:4:1+4: error: \"pins\" is set a second time; the first time is in line 3\n"},
      {ENTRY("backup_pins = [ ]; fingerprints = ( ); intermediates = 5; anchors = { };"), NULL,
       "policy.cfg:4:15+1: error: backup_pins is an empty list; expected digests, or no such setting\n"
       "policy.cfg:4:35+1: error: fingerprints is an empty list; expected digests, or no such setting\n"
       "policy.cfg:4:56+1: error: intermediates is a number; expected a list of digests in [ ]\n"
       "policy.cfg:4:69+1: error: anchors is a group; expected a list of digests in [ ]\n"},
      {ENTRY("backup_pins = [ 5 ];"), NULL,
       "policy.cfg:4:17+1: error: backup_pins holds a number; expected a string\n"},
      {ENTRY("anchors = [ \"no\" ]; intermediates = [ \"@no\" ]; fingerprints = ( \"" K1 "\", 5 );"), NULL,

       "policy.cfg:4:13+4: error: bad digest \"no\" in anchors; expected " FORMS "\n"
       "policy.cfg:4:39+5: error: unknown pin set \"no\"; expected \"@\" and a name that pinsets defines\n"
       "policy.cfg:4:120+1: error: fingerprints holds a number; expected a string\n"},
      {ENTRY("include_subdomains = \"true\";"), NULL,
       "policy.cfg:4:22+6: error: include_subdomains is a string; expected true or false\n"},
      {ENTRY("include_subdomains = 1;"), NULL,
       "policy.cfg:4:22+1: error: include_subdomains is a number; expected true or false\n"},
      {HOSTS("{ name = \"*.a.example\"; include_subdomains = true; mode = \"off\" }"), NULL,
       "policy.cfg:3:46+4: error: a wildcard stands for one label and no more; expected include_subdomains "
       "only with a host name\n"},
      {HOSTS("{ name = \"::1\"; include_subdomains = true; mode = \"off\" }"), NULL,
       "policy.cfg:3:38+4: error: an IP address has no subdomains; expected include_subdomains only with a "
       "host name\n"},
      {ENTRY("require = \"both\"; mode = \"on\"; on_expiry = \"off\";"), NULL,
       "policy.cfg:4:11+6: error: unknown require \"both\"; expected \"any\" or \"all\"\n"
       "policy.cfg:4:26+4: error: unknown mode \"on\"; expected \"enforce\", \"audit\" or \"off\"\n"
       "policy.cfg:4:44+5: error: unknown on_expiry \"off\"; expected \"audit\" or \"enforce\"\n"},
      {ENTRY("require = 1; mode = false; on_expiry = [ ];"), NULL,
       "policy.cfg:4:11+1: error: require is a number; expected a string\n"
       "policy.cfg:4:21+5: error: mode is a boolean; expected a string\n"
       "policy.cfg:4:40+1: error: on_expiry is an array; expected a string\n"},
      /* Positions after a string or a comment of several lines;
       * only the first line of a string is underlined. */
      {ENTRY("comment = \"one\ntwo\"; /* three\nfour */ mode = \"on\"; require = \"a\nb\";"), NULL,
       "policy.cfg:6:16+4: error: unknown mode \"on\"; expected \"enforce\", \"audit\" or \"off\"\n"
       "policy.cfg:6:32+2: error: unknown require \"a\\x0Ab\"; expected \"any\" or \"all\"\n"},
      {ENTRY("comment = 5;"), NULL, "policy.cfg:4:11+1: error: comment is a number; expected a string\n"},
  };
  EXPECT_REFUSED(fixtures);
}

static void refuses_bad_ports(void) {
  static const struct fixture fixtures[] = {
      {ENTRY("ports = 443;"), NULL,
       "policy.cfg:4:9+3: error: ports is a number; expected a list of port numbers in [ ]\n"},
      {ENTRY("ports = [ ];"), NULL,
       "policy.cfg:4:9+1: error: ports is an empty list; expected port numbers, or no such setting\n"},
      {ENTRY("ports = [ 0, 65536, -1, 443 ];"), NULL,
       "policy.cfg:4:11+1: error: port 0 does not exist; expected 1 to 65535\n"
       "policy.cfg:4:14+5: error: port 65536 does not exist; expected 1 to 65535\n"
       "policy.cfg:4:21+2: error: port -1 does not exist; expected 1 to 65535\n"},
      {ENTRY("ports = [ \"443\" ];"), NULL,
       "policy.cfg:4:11+5: error: ports holds a string; expected numbers from 1 to 65535\n"},
      {ENTRY("ports = ( 443, 4.5, true, [ 443 ], { } );"), NULL,
       "policy.cfg:4:16+3: error: ports holds a fractional number; expected numbers from 1 to 65535\n"
       "policy.cfg:4:21+4: error: ports holds a boolean; expected numbers from 1 to 65535\n"
       "policy.cfg:4:27+1: error: ports holds an array; expected numbers from 1 to 65535\n"
       "policy.cfg:4:36+1: error: ports holds a group; expected numbers from 1 to 65535\n"},
      {ENTRY("ports = [ 443, 8443,\n 443, 0x1BB ];"), NULL,
       "policy.cfg:5:2+3: error: port 443 is repeated; expected each port once\n"
       "policy.cfg:5:7+5: error: port 443 is repeated; expected each port once\n"},
      {ENTRY("ports = [ 4294967739 ];"), NULL,
       "policy.cfg:4:11+10: error: malformed number; expected digits alone, at most nine\n"},
  };
  EXPECT_REFUSED(fixtures);
}

static void refuses_bad_dates(void) {
  static const struct fixture fixtures[] = {
      {ENTRY("expires = \"2027-02-29\";"), NULL,
       "policy.cfg:4:11+12: error: bad date \"2027-02-29\"; " BAD_DATE},
      {ENTRY("expires = \"2100-02-29\";"), NULL,
       "policy.cfg:4:11+12: error: bad date \"2100-02-29\"; " BAD_DATE},
      {ENTRY("expires = \"2027-13-01\";"), NULL,
       "policy.cfg:4:11+12: error: bad date \"2027-13-01\"; " BAD_DATE},
      {ENTRY("expires = \"2027-00-01\";"), NULL,
       "policy.cfg:4:11+12: error: bad date \"2027-00-01\"; " BAD_DATE},
      {ENTRY("expires = \"2027-04-31\";"), NULL,
       "policy.cfg:4:11+12: error: bad date \"2027-04-31\"; " BAD_DATE},
      {ENTRY("expires = \"2027-6-30\";"), NULL,
       "policy.cfg:4:11+11: error: bad date \"2027-6-30\"; " BAD_DATE},
      {ENTRY("expires = \"30.6.2027\";"), NULL,
       "policy.cfg:4:11+11: error: bad date \"30.6.2027\"; " BAD_DATE},
      {ENTRY("expires = \"2027-06-30 \";"), NULL,
       "policy.cfg:4:11+13: error: bad date \"2027-06-30 \"; " BAD_DATE},
      {ENTRY("expires = \"2027-06-30T12:00:00\";"), NULL,
       "policy.cfg:4:11+21: error: bad date \"2027-06-30T12:00:00\"; " BAD_DATE},
      {ENTRY("expires = \"2027-06-30T24:00:00Z\";"), NULL,
       "policy.cfg:4:11+22: error: bad date \"2027-06-30T24:00:00Z\"; " BAD_DATE},
      {ENTRY("expires = \"2027-06-30T12:00:60Z\";"), NULL,
       "policy.cfg:4:11+22: error: bad date \"2027-06-30T12:00:60Z\"; " BAD_DATE},
      {ENTRY("expires = \"2027-06-30T12:60:00Z\";"), NULL,
       "policy.cfg:4:11+22: error: bad date \"2027-06-30T12:60:00Z\"; " BAD_DATE},
      {ENTRY("expires = \"2027-06-30T12:00:61Z\";"), NULL,
       "policy.cfg:4:11+22: error: bad date \"2027-06-30T12:00:61Z\"; " BAD_DATE},
      {ENTRY("expires = \"2027-06-30T12:00:00.Z\";"), NULL,
       "policy.cfg:4:11+23: error: bad date \"2027-06-30T12:00:00.Z\"; " BAD_DATE},
      {ENTRY("expires = \"2027-06-30T12:00:00+24:00\";"), NULL,
       "policy.cfg:4:11+27: error: bad date \"2027-06-30T12:00:00+24:00\"; " BAD_DATE},
      {ENTRY("expires = \"2027-06-30T12:00:00Zx\";"), NULL,
       "policy.cfg:4:11+23: error: bad date \"2027-06-30T12:00:00Zx\"; " BAD_DATE},
      {ENTRY("expires = \"\";"), NULL,
       "policy.cfg:4:11+2: error: expires is an empty string; expected text between the quotes\n"},
      {ENTRY("expires = 2027;"), NULL, "policy.cfg:4:11+4: error: expires is a number; expected a string\n"},
  };
  EXPECT_REFUSED(fixtures);
}

static void refuses_overlapping_entries(void) {
  static const struct fixture fixtures[] = {
      {HOSTS("{ name = \"a.example\"; mode = \"off\" },\n{ name = \"A.example.\"; mode = \"off\" }"), NULL,

       "policy.cfg:4:10+12: error: \"a.example\" has an entry already at policy.cfg:3; expected one entry "
       "for each name, or different ports\n"},
      {HOSTS("{ name = \"a.example\"; mode = \"off\" },\n{ name = \"a.example\"; ports = [ 1 ]; mode = "
             "\"off\" }"),
       NULL,
       "policy.cfg:4:10+11: error: \"a.example\" has an entry already at policy.cfg:3; expected one entry "
       "for each name, or different ports\n"},
      {HOSTS("{ name = \"a.example\"; ports = [ 1 ]; mode = \"off\" },\n{ name = \"a.example\"; mode = "
             "\"off\" }"),
       NULL,
       "policy.cfg:4:10+11: error: \"a.example\" has an entry already at policy.cfg:3; expected one entry "
       "for each name, or different ports\n"},
      {HOSTS("{ name = \"a.example\"; ports = [ 9, 2 ]; mode = \"off\" },\n"
             "{ name = \"a.example\"; ports = [ 1 ]; mode = \"off\" },\n"
             "{ name = \"a.example\"; ports = [ 3, 9, 8 ]; mode = \"off\" }"),
       NULL,
       "policy.cfg:5:10+11: error: \"a.example\" has an entry for port 9 already at policy.cfg:3; expected "
       "different ports\n"},
      {HOSTS("{ name = \"::ffff:192.0.2.1\"; mode = \"off\" },\n{ name = \"192.0.2.1\"; mode = \"off\" }"),
       NULL,
       "policy.cfg:4:10+11: error: \"192.0.2.1\" has an entry already at policy.cfg:3; expected one entry "
       "for each name, or different ports\n"},
      {HOSTS("{ name = \"*.a.example\"; mode = \"off\" }"),
       "hosts = ( { name = \"b.example\"; mode = \"off\" }, {\n name = \"*.A.example\"; mode = \"off\" } "
       ");\n",

       "policy.d/b.cfg:2:9+13: error: \"*.a.example\" has an entry already at policy.cfg:3; expected one "
       "entry for each name, or different ports\n"},
  };
  EXPECT_REFUSED(fixtures);
}

/* ---- Results ---- */

/* Prints an entry as one line. */
static bool render(const struct pin_entry *entry, void *arg) {
  struct compiled *compiled = arg;
  char *out = compiled->report;
  size_t size = sizeof compiled->report;
  const char *file = strrchr(entry->file, '/');
  size_t used = strlen(out);
  used += (size_t)snprintf(
      out + used, size - used, "%s kind=%d sub=%d mode=%d%s require=%d expiry=%d %lld ports=", entry->name,
      entry->kind, entry->include_subdomains, entry->mode, entry->mode_is_default ? "d" : "", entry->require,
      entry->on_expiry, entry->expires == PIN_NEVER ? -1LL : (long long)entry->expires);
  for (uint32_t i = 0; i < entry->port_count; i++)
    used += (size_t)snprintf(out + used, size - used, "%u,", entry->ports[i]);
  for (unsigned list = 0; list < PIN_LIST_COUNT; list++) {
    used += (size_t)snprintf(out + used, size - used, " ");
    for (uint32_t i = 0; i < entry->lists[list].count; i++)
      used += (size_t)snprintf(out + used, size - used, "%u", entry->lists[list].digests[i].bytes[0]);
  }
  snprintf(out + used, size - used, " \"%s\" %s:%u:%u\n", entry->comment, file + 1, entry->line,
           entry->column);
  return true;
}

static void expect_entry(const char *text, const char *expected) {
  struct compiled compiled;
  compile_fixture(&(struct fixture){.text = text}, &compiled);
  expect_result(&compiled, text, PIN_OK, "");
  if (compiled.status == PIN_OK) {
    CU_ASSERT_EQUAL(pin_policy_visit(&compiled.policy, render, &compiled), PIN_OK);
    CU_ASSERT_STRING_EQUAL(compiled.report, expected);
    if (strcmp(compiled.report, expected) != 0)
      fprintf(stderr, "\n%s", compiled.report);
  }
  compiled_free(&compiled);
}

static void fills_every_field(void) {
  expect_entry(ENTRY(""),
               "a.example kind=0 sub=0 mode=0d require=0 expiry=0 -1 ports= 0     \"\" policy.cfg:3:10\n");
  expect_entry(
      "mode = \"audit\";\npinsets = { p = [ \"" K2 "\", \"" K3 "\" ]; };\n" V
      "hosts = ( { ports = [ 8443, 443 ];\n\tname = \"API.\"\n\"Example.\"; include_subdomains = true;\n"
      "pins = [ \"" K1 "\", \"@p\" ]; backup_pins = ( \"@p\" \"\" ); fingerprints = [ \"" K1 "\" ];\n"
      "intermediates = [ \"" K3 "\", \"" K1 "\" ]; anchors = [ \"" K2
      "\" ]; require = \"all\"; mode = \"off\";\n"
      "on_expiry = \"enforce\"; expires = \"2027-06-30\"; comment = \"a \\\"b\\\"\\n\\x63\"; } );\n",
      "api.example kind=0 sub=1 mode=2 require=1 expiry=1 1814399999 ports=443,8443, 012 12 0 20 1 "
      "\"a \"b\"\nc\" policy.cfg:5:9\n");
  expect_entry(V "hosts = ( { name = \"*.A.example\"; mode = \"off\" } ); mode = \"audit\";\n",
               "*.a.example kind=1 sub=0 mode=2 require=0 expiry=0 -1 ports=      \"\" policy.cfg:2:20\n");
  expect_entry(V "hosts = ( { name = \"2001:DB8:0::1\"; anchors = [ \"" K2 "\" ] } ); mode = \"audit\";\n",
               "2001:db8::1 kind=2 sub=0 mode=1d require=0 expiry=0 -1 ports=     1 \"\" policy.cfg:2:20\n");
}

static bool take_expiry(const struct pin_entry *entry, void *arg) {
  *(int64_t *)arg = entry->expires;
  return true;
}

static void converts_dates(void) {
  static const struct {
    const char *text;
    int64_t seconds;
  } dates[] = {
      {"1970-01-01", 86399},
      {"1969-12-31", -1},
      {"2000-02-29", 951868799},
      {"2027-06-30", 1814399999},
      {"2027-06-30T23:59:59Z", 1814399999},
      {"2027-06-30t23:59:59.999z", 1814399999},
      {"2027-07-01T01:59:59+02:00", 1814399999},
      {"2027-06-30T16:29:59-07:30", 1814399999},
      {"2016-12-31T23:59:60Z", 1483228800},
      {"2017-01-01T08:59:60+09:00", 1483228800},
      {"9999-12-31", 253402300799},
  };
  for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
    char text[512];
    int64_t seconds = 0;
    struct compiled compiled;
    snprintf(text, sizeof text, ENTRY("expires = \"%s\";"), dates[i].text);
    compile_fixture(&(struct fixture){.text = text}, &compiled);
    expect_result(&compiled, text, PIN_OK, "");
    if (compiled.status == PIN_OK)
      CU_ASSERT_EQUAL(pin_policy_visit(&compiled.policy, take_expiry, &seconds), PIN_OK);
    CU_ASSERT_EQUAL(seconds, dates[i].seconds);
    compiled_free(&compiled);
  }
}

static void gathers_the_lists_of_all_files(void) {
  struct compiled compiled;
  compile_fixture(
      &(struct fixture){.text = V "blocked_keys = [ \"" K1 "\", \"@p\" ];\nexempt_anchors = ( \"@p\" );\n",
                        .drop_in = "pinsets = { p = [ \"" K2 "\" ]; };\nblocked_keys = [ \"" K3 "\" ];\n"
                                   "hosts = ( { name = \"b.example\"; pins = [ \"@p\" ] } );\n"},
      &compiled);
  expect_result(&compiled, "lists", PIN_OK, "");
  if (compiled.status == PIN_OK) {
    CU_ASSERT_EQUAL(compiled.policy.blocked_keys.count, 3);
    for (uint32_t i = 0; i < compiled.policy.blocked_keys.count; i++)
      CU_ASSERT_EQUAL(compiled.policy.blocked_keys.digests[i].bytes[0], i);
    CU_ASSERT_EQUAL(compiled.policy.exempt_anchors.count, 1);
    CU_ASSERT_EQUAL(compiled.policy.entry_count, 1);
    CU_ASSERT_EQUAL(pin_policy_visit(&compiled.policy, render, &compiled), PIN_OK);
    CU_ASSERT_STRING_EQUAL(
        compiled.report,
        "b.example kind=0 sub=0 mode=0d require=0 expiry=0 -1 ports= 1     \"\" b.cfg:3:20\n");
  }
  compiled_free(&compiled);
}

static void lookup_finds_what_was_read(void) {
  static const char *const names[] = {"API.example.com."};
  struct compiled compiled;
  compile_fixture(
      &(struct fixture){.text =
                            HOSTS("{ name = \"example.com\"; mode = \"off\" },\n"
                                  "{ name = \"api.example.com\"; ports = [ 443 ]; pins = [ \"" K1 "\" ] }")},
      &compiled);
  expect_result(&compiled, "lookup", PIN_OK, "");
  if (compiled.status == PIN_OK) {
    struct pin_verdict verdict;
    struct pin_peer peer = {.names = names, .name_count = 1, .port = 443};
    CU_ASSERT_EQUAL(pin_select(&compiled.policy, &peer, &verdict), PIN_NEEDS_KEYS);
    CU_ASSERT_EQUAL(verdict.count, 1);
    CU_ASSERT_EQUAL(verdict.findings[0].entry.line, 4);
    CU_ASSERT_EQUAL(verdict.findings[0].entry.column, 10);
    peer.port = 80;
    CU_ASSERT_EQUAL(pin_select(&compiled.policy, &peer, &verdict), PIN_NEEDS_NOTHING);
    CU_ASSERT_EQUAL(verdict.outcome, PIN_NOT_COVERED);
  }
  compiled_free(&compiled);
}

static const struct unit_test tests[] = {
    {"refuses bad entries", refuses_bad_entries},
    {"refuses bad ports", refuses_bad_ports},
    {"refuses bad dates", refuses_bad_dates},
    {"refuses overlapping entries", refuses_overlapping_entries},
    {"fills every field", fills_every_field},
    {"converts dates", converts_dates},
    {"gathers the lists of all files", gathers_the_lists_of_all_files},
    {"lookup finds what was read", lookup_finds_what_was_read},
    {NULL, NULL},
};

int main(void) {
  static const struct unit_suite suite = {"entry", NULL, NULL, tests};
  return unit_run(&suite);
}
