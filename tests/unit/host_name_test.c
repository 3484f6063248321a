/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Host names and addresses of a peer: suffixes, hashes, comparison, and the forms of addresses. */
#include "host_name.h"
#include "runner.h"

#include <stdlib.h>
#include <string.h>

/* Suffixes from the shortest to the longest, separated by blanks. */
static const struct {
  const char *name, *suffixes;
  bool has_empty_label, is_address;
} cases[] = {
    {"", "", false, false},
    {".", "", false, false},
    {"....", "", false, false},
    {"com", "com", false, false},
    {"com.", "com", false, false},
    {"example.com", "com example.com", false, false},
    {"example.com.....", "com example.com", false, false},
    {"www.example.com", "com example.com www.example.com", false, false},
    {"WWW.Example.COM", "COM Example.COM WWW.Example.COM", false, false},
    {"*.example.com", "com example.com *.example.com", false, false},
    {"www..example.com", "com example.com", true, false},
    {"www...example.com", "com example.com", true, false},
    {".example.com", "com example.com", true, false},
    {"..example.com", "com example.com", true, false},
    {"a..b..example.com.", "com example.com", true, false},
    {"a..b.c.example.com", "com example.com c.example.com b.c.example.com", true, false},
    {"example..com", "com", true, false},
    {".com", "com", true, false},
    {"a b\t\x01.\xff\xfe", "\xff\xfe a_b\t\x01.\xff\xfe", false, false},
    {"192.0.2.1", "192.0.2.1", false, true},
    {"192.0.2.1..", "192.0.2.1", false, true},
    /* As inet_aton(3), and so getaddrinfo(3), reads them. */
    {"192.0.2.01", "192.0.2.1", false, true},
    {"192.0.2", "192.0.0.2", false, true},
    {"0300.0.2.1", "192.0.2.1", false, true},
    {"0xc0.0.0x2.0X1.", "192.0.2.1", false, true},
    {"0xC0000201", "192.0.2.1", false, true},
    {"3221225985", "192.0.2.1", false, true},
    {"192.0.2.256", "256 2.256 0.2.256 192.0.2.256", false, false},
    {"4294967296", "4294967296", false, false},
    {"192.0.2.1 x", "1_x 2.1_x 0.2.1_x 192.0.2.1_x", false, false},
    {"192.0.2.0x", "0x 2.0x 0.2.0x 192.0.2.0x", false, false},
    {"08.0.2.1", "1 2.1 0.2.1 08.0.2.1", false, false},
    {"1.2.3.4.5", "5 4.5 3.4.5 2.3.4.5 1.2.3.4.5", false, false},
    {"192.0.2.1%eth0", "192.0.2.1", false, true},
    {"192.0.2.1%bond.lan", "192.0.2.1", false, true},
    {"[192.0.2.1%bond.lan].", "192.0.2.1", false, true},
    {"192.0.2..1", "1", true, false},
    {".192.0.2.1", "1 2.1 0.2.1 192.0.2.1", true, false},
    {"2001:DB8:0:0::1", "2001:db8::1", false, true},
    {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1", false, true},
    {"::ffff:192.0.2.1", "192.0.2.1", false, true},
    {"::FFFF:c000:201.", "192.0.2.1", false, true},
    {"0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255", false, true},
    {"fe80::1%eth0", "fe80::1", false, true},
    {"fe80::1%eth0.1", "fe80::1", false, true},
    {"[2001:db8::1]", "2001:db8::1", false, true},
    {"[fe80::1%eth0].", "fe80::1", false, true},
    {"[2001:db8::1", "[2001:db8::1", false, false},
    {"[]", "[]", false, false},
    {"[x]", "[x]", false, false},
    {"::1::", "::1::", false, false},
    {"1.example.com", "com example.com 1.example.com", false, false},
};

static const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

static void join_suffixes(const struct pin_host_name *host, char *ret_text) {
  *ret_text = '\0';
  for (size_t i = 0; i < host->suffix_count; i++) {
    if (i > 0)
      strcat(ret_text, " ");
    size_t used = strlen(ret_text);
    memcpy(ret_text + used, host->suffixes[i].text, host->suffixes[i].length);
    ret_text[used + host->suffixes[i].length] = '\0';
    /* Replaced, so that a blank in a name differs from one between names. */
    for (char *blank = ret_text + used; (blank = strchr(blank, ' ')) != NULL;)
      *blank = '_';
  }
}

static void test_suffixes(void) {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct pin_host_name host;
    char joined[512];
    pin_host_name_read(cases[i].name, key, &host);
    join_suffixes(&host, joined);
    CU_ASSERT_STRING_EQUAL(joined, cases[i].suffixes);
    CU_ASSERT_EQUAL(host.has_empty_label, cases[i].has_empty_label);
    CU_ASSERT_EQUAL(host.is_address, cases[i].is_address);
    CU_ASSERT_EQUAL(host.label_count, host.suffix_count);
    for (size_t k = 0; k < host.suffix_count; k++)
      CU_ASSERT_EQUAL(host.suffixes[k].hash,
                      pin_name_hash(key, host.suffixes[k].text, host.suffixes[k].length));
  }
}

static void test_hash(void) {
  CU_ASSERT_EQUAL(pin_name_hash(key, "EXAMPLE.com", 11), pin_name_hash(key, "example.COM", 11));
  CU_ASSERT_NOT_EQUAL(pin_name_hash(key, "example.com", 11), pin_name_hash(key, "example.con", 11));
  CU_ASSERT_NOT_EQUAL(pin_name_hash(key, "ab", 2), pin_name_hash(key, "ba", 2));
  CU_ASSERT_NOT_EQUAL(pin_name_hash(key, "ab.c", 4), pin_name_hash(key, "a.bc", 4));
  CU_ASSERT_NOT_EQUAL(pin_name_hash(key, "ab.c", 4), pin_name_hash((const uint64_t[2]){1, 2}, "ab.c", 4));
}

/* The published values of SipHash-1-3 with this key: for no data, and for a word with all case bits set. */
static void test_is_siphash(void) {
  CU_ASSERT_EQUAL(pin_name_hash(key, "", 0), UINT64_C(0xabac0158050fc4dc));
}

/*
 * Names whose labels differ in the highest bits in pairs, as "-" and "m", "0" and "p" do: in a hash that only
 * multiplies, one difference would cancel the other, whatever the key is.
 */
static void test_no_chosen_collisions(void) {
  static const char digits[] = "0123456789", letters[] = "pqrstuvwxy";
  char names[1024][32];
  size_t collisions = 0;
  for (size_t i = 0; i < 1024; i++) {
    uint64_t bits = i;
    strcpy(names[i], "abc0abc0.abc0abc0.abc0abc0");
    for (size_t at = 0; at < 26; at++) {
      if (names[i][at] != '0')
        continue;
      names[i][at] = (bits & 1 ? letters : digits)[at % 10];
      bits >>= 1;
    }
    if (bits != 0)
      names[i][0] = (char)('a' + bits);
    for (size_t k = 0; k < i; k++)
      collisions += pin_name_hash(key, names[i], 26) == pin_name_hash(key, names[k], 26);
  }
  CU_ASSERT_EQUAL(collisions, 0);
  /* The same words in another order, split into labels at other places. */
  CU_ASSERT_NOT_EQUAL(pin_name_hash(key, "cccccccc.aaaaaaaabbbbbbbb", 25),
                      pin_name_hash(key, "bbbbbbbbcccccccc.aaaaaaaa", 25));
}

static void test_equal(void) {
  CU_ASSERT_TRUE(pin_name_equal("EXAMPLE.Com", "example.com", 11));
  CU_ASSERT_FALSE(pin_name_equal("example.com", "example.con", 11));
  /* Only letters have a lower case; these characters differ from others in the same bit. */
  CU_ASSERT_FALSE(pin_name_equal("@", "`", 1));
  CU_ASSERT_FALSE(pin_name_equal("[", "{", 1));
  CU_ASSERT_FALSE(pin_name_equal("\x0e", ".", 1));
  CU_ASSERT_FALSE(pin_name_equal("\xc1", "\xe1", 1));
}

/* If a name has too many labels, the rightmost ones are kept, because entries can only be based on those. */
static void test_many_labels(void) {
  enum { LABELS = 5000 };
  char *name = malloc(2 * LABELS + sizeof "example.com");
  struct pin_host_name host;
  if (!name) {
    CU_FAIL("out of memory");
    return;
  }
  for (size_t i = 0; i < LABELS; i++)
    memcpy(name + 2 * i, "a.", 2);
  strcpy(name + (size_t)2 * LABELS, "example.com");
  pin_host_name_read(name, key, &host);
  CU_ASSERT_EQUAL(host.suffix_count, PIN_MAX_SUFFIXES);
  CU_ASSERT_EQUAL(host.label_count, LABELS + 2);
  CU_ASSERT_EQUAL(host.suffixes[1].length, strlen("example.com"));
  CU_ASSERT_FALSE(host.has_empty_label);
  name[20] = '.';
  pin_host_name_read(name, key, &host);
  CU_ASSERT_TRUE(host.has_empty_label);
  CU_ASSERT_EQUAL(host.suffix_count, PIN_MAX_SUFFIXES);
  free(name);
}

static void test_address(void) {
  static const char *const none[] = {"",
                                     "1",
                                     "1.2.3",
                                     "1.2.3.4.5",
                                     "1.2.3.4 ",
                                     " 1.2.3.4",
                                     "1.2.3.4.",
                                     "0x7f.1",
                                     "1.2.3.256",
                                     ":",
                                     ":::",
                                     "1::2::3",
                                     "g::1",
                                     "fe80::1%1",
                                     "[::1]",
                                     "::1/128",
                                     "::1.2.3",
                                     "12345::1",
                                     "0000:0000:0000:0000:0000:0000:255.255.255.2555"};
  char text[PIN_ADDRESS_TEXT_SIZE];
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
    CU_ASSERT_FALSE(pin_address_canonical(none[i], strlen(none[i]), text));
  CU_ASSERT_FALSE(pin_address_canonical("1.2.3.4\0.5", 10, text));
  CU_ASSERT_TRUE(pin_address_canonical("1.2.3.45", 7, text));
  CU_ASSERT_STRING_EQUAL(text, "1.2.3.4");
}

int main(void) {
  static const struct unit_test tests[] = {
      {"suffixes", test_suffixes},  {"hash", test_hash},
      {"SipHash", test_is_siphash}, {"collisions", test_no_chosen_collisions},
      {"equal", test_equal},        {"many labels", test_many_labels},
      {"address", test_address},    {NULL, NULL},
  };
  static const struct unit_suite suite = {"host_name", NULL, NULL, tests};
  return unit_run(&suite);
}
