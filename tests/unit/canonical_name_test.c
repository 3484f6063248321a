/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The canonical spelling of a name, and what is not a name. */
#include "canonical_name.h"
#include "idn.h"
#include "runner.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_63 "abcdefghijklmnopqrstuvwxyz-0123456789_abcdefghijklmnopqrstuvwxyz"
#define LONG_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG_61 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct accepted {
  const char *name;
  const char *canonical;
  enum pin_name_kind kind;
};

struct refused {
  const char *name;
  const char *why; /* the beginning of the reason */
};

static void expect_canonical(const struct accepted *accepted) {
  char *name = NULL;
  const char *why = NULL;
  enum pin_status status = pin_name_canonical(accepted->name, &name, &why);
  CU_ASSERT_EQUAL(status, PIN_OK);
  CU_ASSERT_PTR_NULL(why);
  if (status != PIN_OK) {
    fprintf(stderr, "\n\"%s\": %s\n", accepted->name, why);
    return;
  }
  CU_ASSERT_STRING_EQUAL(name, accepted->canonical);
  CU_ASSERT_EQUAL(pin_name_kind_of(name), accepted->kind);
  free(name);
}

static void expect_refusal(const char *library, const struct refused *refused) {
  char *name = NULL;
  const char *why = "";
  enum pin_status status = pin_name_canonical_by(library, refused->name, &name, &why);
  CU_ASSERT_EQUAL(status, PIN_INVALID);
  CU_ASSERT_PTR_NULL(name);
  bool as_expected = status == PIN_INVALID && strncmp(why, refused->why, strlen(refused->why)) == 0;
  CU_ASSERT_TRUE(as_expected);
  if (!as_expected)
    fprintf(stderr, "\n\"%s\": expected \"%s\", not \"%s\"\n", refused->name, refused->why,
            name ? name : why);
  free(name);
}

static void takes_names_and_addresses(void) {
  static const struct accepted accepted[] = {
      {"example.com", "example.com", PIN_NAME_HOST},
      {"API.Example.COM", "api.example.com", PIN_NAME_HOST},
      {"example.com.", "example.com", PIN_NAME_HOST},
      {"example.com...", "example.com", PIN_NAME_HOST},
      {"localhost", "localhost", PIN_NAME_HOST},
      {"_dmarc.my_host-.example", "_dmarc.my_host-.example", PIN_NAME_HOST},
      {"3com.example", "3com.example", PIN_NAME_HOST},
      {"1.2.3.4.example", "1.2.3.4.example", PIN_NAME_HOST},
      {"xn--bcher-kva.example", "xn--bcher-kva.example", PIN_NAME_HOST},
      {LONG_63 ".example", LONG_63 ".example", PIN_NAME_HOST},
      {LONG_63 "." LONG_63 "." LONG_63 "." LONG_61 ".", LONG_63 "." LONG_63 "." LONG_63 "." LONG_61,
       PIN_NAME_HOST},
      {"*.Example.com.", "*.example.com", PIN_NAME_WILDCARD},
      {"*.com", "*.com", PIN_NAME_WILDCARD},
      {"192.0.2.1", "192.0.2.1", PIN_NAME_ADDRESS},
      {"192.0.2.1.", "192.0.2.1", PIN_NAME_ADDRESS},
      {"2001:DB8:0:0:0::1", "2001:db8::1", PIN_NAME_ADDRESS},
      {"::FFFF:192.0.2.1", "192.0.2.1", PIN_NAME_ADDRESS},
      {"::ffff:c000:201", "192.0.2.1", PIN_NAME_ADDRESS},
      {"::", "::", PIN_NAME_ADDRESS},
  };
  for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++)
    expect_canonical(&accepted[i]);
}

static void refuses_what_is_no_name(void) {
  static const struct refused refused[] = {
      {"", "the name is empty"},
      {".", "the name is empty"},
      {"...", "the name is empty"},
      {".example.com", "an empty label"},
      {"a..example.com", "an empty label"},
      {"*..example.com", "an empty label"},
      {LABEL_63 "x.example", "a label is too long"},
      {"example." LONG_63 "a", "a label is too long"},
      {LONG_63 "." LONG_63 "." LONG_63 "." LONG_61 "a", "the name is too long"},
      {"*." LONG_63 "." LONG_63 "." LONG_63 "." LONG_61, "the name is too long"},
      {"a b.example", "expected only letters"},
      {" example.com", "expected only letters"},
      {"example.com\n", "expected only letters"},
      {"user@example.com", "expected only letters"},
      {"example,com", "expected only letters"},
      {"exa\x7fmple.com", "expected only letters"},
      {"*", "expected \"*\" only"},
      {"*.", "expected \"*\" only"},
      {"*example.com", "expected \"*\" only"},
      {"w*.example.com", "expected \"*\" only"},
      {"www.*.example.com", "expected \"*\" only"},
      {"*.*.example.com", "expected \"*\" only"},
      {"*.192.0.2.1", "expected \"*\" only"},
      {"*.::1", "expected \"*\" only"},
      {"https://example.com", "a URL is no name"},
      {"HTTPS://example.com:443/x", "a URL is no name"},
      {"https://" LONG_63 "." LONG_63 "." LONG_63 "." LONG_63, "a URL is no name"},
      {"example.com/", "a name has no \"/\""},
      {"192.0.2.0/24", "a name has no \"/\""},
      {"example.com:443", "a name has no port"},
      {"192.0.2.1:443", "a name has no port"},
      {"example.com:", "not an IPv6 address"},
      {"example.com:https", "not an IPv6 address"},
      {"1::2::3", "not an IPv6 address"},
      {"12345::1", "not an IPv6 address"},
      {"[::1]", "an IPv6 address is written without brackets"},
      {"[2001:db8::1]:443", "an IPv6 address is written without brackets"},
      {"fe80::1%eth0", "an IPv6 address is written without a zone"},
      {"256.0.0.1", "ends in a number"},
      {"0x7f000001", "ends in a number"},
      {"0x7F.0X1", "ends in a number"},
      {"example.0x", "ends in a number"},
      {"192.0.2", "ends in a number"},
      {"192.0.2.01", "ends in a number"},
      {"example.1", "ends in a number"},
      {"1", "ends in a number"},
  };
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    expect_refusal(PIN_IDN_LIBRARY, &refused[i]);
}

static bool has_idn(void) {
  void *library = dlopen(PIN_IDN_LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library != NULL)
    dlclose(library);
  return library != NULL;
}

static void converts_unicode(void) {
  static const struct accepted accepted[] = {
      {"b\xc3\xbc"
       "cher.example",
       "xn--bcher-kva.example", PIN_NAME_HOST},
      {"B\xc3\x9c"
       "CHER.Example.",
       "xn--bcher-kva.example", PIN_NAME_HOST},
      /* Decomposed: u and a combining diaeresis. */
      {"bu\xcc\x88"
       "cher.example",
       "xn--bcher-kva.example", PIN_NAME_HOST},
      {"*.b\xc3\xbc"
       "cher.example",
       "*.xn--bcher-kva.example", PIN_NAME_WILDCARD},
      /* Not "fass": the sharp s is a letter of its own since IDNA2008. */
      {"fa\xc3\x9f.example", "xn--fa-hia.example", PIN_NAME_HOST},
      /* An ideographic full stop is a dot, fullwidth digits are digits. */
      {"b\xc3\xbc"
       "cher\xe3\x80\x82"
       "example",
       "xn--bcher-kva.example", PIN_NAME_HOST},
      {"\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1", "127.0.0.1", PIN_NAME_ADDRESS},
      {"my_host.b\xc3\xbc"
       "cher.example",
       "my_host.xn--bcher-kva.example", PIN_NAME_HOST},
  };
  static const struct refused refused[] = {
      {"b\xfc"
       "cher.example",
       "not a name in Unicode"},
      {"\xe2\x98\x83\xe2\x80\x8e.example", "not a name in Unicode"},
      {"*\xc3\xbc.example", "not a name in Unicode"},
      {"b\xc3\xbc"
       "cher.example:443",
       "a name has no port"},
      {"https://b\xc3\xbc"
       "cher.example",
       "a URL is no name"},
      {"a..b\xc3\xbc"
       "cher.example",
       "an empty label"},
      {"\xef\xbc\x8a.example", "expected \"*\" only"},
  };
  if (!has_idn()) {
    expect_refusal(PIN_IDN_LIBRARY, &(struct refused){accepted[0].name, "a name in Unicode needs libidn2"});
    return;
  }
  for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++)
    expect_canonical(&accepted[i]);
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    expect_refusal(PIN_IDN_LIBRARY, &refused[i]);
}

static void says_that_libidn2_is_missing(void) {
  static const struct refused refused = {"b\xc3\xbc"
                                         "cher.example",
                                         "a name in Unicode needs libidn2, which is not installed"};
  expect_refusal("libpinning-has-no-such.so.0", &refused);
  /* A library, but not libidn2. */
  expect_refusal("libc.so.6", &refused);
}

static void needs_libidn2_for_unicode_alone(void) {
  char *name;
  const char *why;
  CU_ASSERT_EQUAL(pin_name_canonical_by("libpinning-has-no-such.so.0", "Example.com", &name, &why), PIN_OK);
  CU_ASSERT_STRING_EQUAL(name, "example.com");
  free(name);
}

static void tells_unicode_from_ascii(void) {
  CU_ASSERT_FALSE(pin_name_is_unicode("xn--bcher-kva.example"));
  CU_ASSERT_FALSE(pin_name_is_unicode(""));
  CU_ASSERT_TRUE(pin_name_is_unicode("example.\xc3\xbc"));
}

static const struct unit_test tests[] = {
    {"takes names and addresses", takes_names_and_addresses},
    {"refuses what is no name", refuses_what_is_no_name},
    {"converts Unicode", converts_unicode},
    {"says that libidn2 is missing", says_that_libidn2_is_missing},
    {"needs libidn2 for Unicode alone", needs_libidn2_for_unicode_alone},
    {"tells Unicode from ASCII", tells_unicode_from_ascii},
    {NULL, NULL},
};

int main(void) {
  static const struct unit_suite suite = {"canonical name", NULL, NULL, tests};
  return unit_run(&suite);
}
