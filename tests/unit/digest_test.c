/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The digests of a policy: how their text is read and written. */
#include "pinpolicy.h"
#include "runner.h"

#include <string.h>

/* SHA-256 of no data, and one whose base64 begins with a slash, in every accepted spelling. */
#define EMPTY_BASE64 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define SLASH_BASE64 "//DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define EMPTY_HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define EMPTY_PAIRS                                                                                          \
  "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55"

static const struct {
  const char *text, *written;
} accepted[] = {
    {"sha256/" EMPTY_BASE64, "sha256/" EMPTY_BASE64},
    {"sha256//" EMPTY_BASE64, "sha256/" EMPTY_BASE64},
    {"pin-sha256=\"" EMPTY_BASE64 "\"", "sha256/" EMPTY_BASE64},
    {EMPTY_HEX, "sha256/" EMPTY_BASE64},
    {"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "sha256/" EMPTY_BASE64},
    {EMPTY_PAIRS, "sha256/" EMPTY_BASE64},
    {"e3:b0:c4:42:98:fc:1c:14:9a:fb:f4:c8:99:6f:b9:24:27:ae:41:e4:64:9b:93:4c:a4:95:99:1b:78:52:b8:55",
     "sha256/" EMPTY_BASE64},
    {"sha256/" SLASH_BASE64, "sha256/" SLASH_BASE64},
    {"sha256//" SLASH_BASE64, "sha256/" SLASH_BASE64},
    {"pin-sha256=\"" SLASH_BASE64 "\"", "sha256/" SLASH_BASE64},
    {"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
     "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "sha256///////////////////////////////////////////8="},
};

static const char *const refused[] = {
    "",
    "sha256",
    "sha256/",
    "sha256//",
    EMPTY_BASE64,
    "/" EMPTY_BASE64,
    "sha1/" EMPTY_BASE64,
    "SHA256/" EMPTY_BASE64,
    "sha256:" EMPTY_BASE64,
    "sha256///" EMPTY_BASE64,
    " sha256/" EMPTY_BASE64,
    "sha256/ " EMPTY_BASE64,
    "sha256/" EMPTY_BASE64 " ",
    "sha256/" EMPTY_BASE64 "\n",
    "sha256/" EMPTY_BASE64 "=",
    "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",  /* no padding */
    "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", /* an unused bit is set */
    "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFW=", /* the other one */
    "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF==", /* 31 bytes */
    "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA", /* 33 bytes */
    "sha256/47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=", /* base64url */
    "sha256/47DEQpj8HBSa+/TI=mW5JCeuQeRkm5NMpJWZG3hSuFU=", /* padding inside */
    "pin-sha256=" EMPTY_BASE64,
    "pin-sha256=\"" EMPTY_BASE64,
    "pin-sha256=" EMPTY_BASE64 "\"",
    "pin-sha256='" EMPTY_BASE64 "'",
    "pin-sha256=\"\"",
    "PIN-SHA256=\"" EMPTY_BASE64 "\"",
    "sha256/" EMPTY_HEX,
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",   /* 63 digits */
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555", /* 65 digits */
    "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8",
    EMPTY_PAIRS ":",
    ":" EMPTY_PAIRS,
    "E3-B0-C4-42-98-FC-1C-14-9A-FB-F4-C8-99-6F-B9-24-27-AE-41-E4-64-9B-93-4C-A4-95-99-1B-78-52-B8-55",
    "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8",
    "E:3B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55",
};

static void test_accepted(void) {
  for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
    struct pin_digest digest;
    char written[PIN_DIGEST_TEXT_SIZE] = "";
    CU_ASSERT_TRUE(pin_digest_parse(accepted[i].text, strlen(accepted[i].text), &digest));
    pin_digest_format(&digest, written);
    CU_ASSERT_STRING_EQUAL(written, accepted[i].written);
  }
}

static void test_refused(void) {
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    struct pin_digest digest, before;
    memset(&digest, 0x5a, sizeof digest);
    before = digest;
    if (pin_digest_parse(refused[i], strlen(refused[i]), &digest))
      CU_FAIL(refused[i]);
    CU_ASSERT_EQUAL(memcmp(&digest, &before, sizeof digest), 0);
  }
}

/* The text need not end in a NUL, and a NUL inside does not end it. */
static void test_length(void) {
  static const char text[] = "sha256/" EMPTY_BASE64 "trailing";
  char cut[] = "sha256/" EMPTY_BASE64;
  struct pin_digest digest;
  size_t whole = strlen(cut);
  CU_ASSERT_TRUE(pin_digest_parse(text, whole, &digest));
  CU_ASSERT_FALSE(pin_digest_parse(text, whole - 1, &digest));
  CU_ASSERT_FALSE(pin_digest_parse(text, whole + 1, &digest));
  CU_ASSERT_FALSE(pin_digest_parse(text, 0, &digest));
  cut[20] = '\0';
  CU_ASSERT_FALSE(pin_digest_parse(cut, whole, &digest));
}

/* A text with one changed byte is refused, or is the only spelling of another digest. */
static void test_one_spelling(void) {
  char text[] = "sha256/" EMPTY_BASE64;
  size_t taken = 0;
  for (size_t at = 0; at < sizeof text - 1; at++) {
    char original = text[at];
    for (int byte = 0; byte < 256; byte++) {
      struct pin_digest digest;
      char written[PIN_DIGEST_TEXT_SIZE];
      text[at] = (char)byte;
      if (!pin_digest_parse(text, sizeof text - 1, &digest))
        continue;
      taken++;
      pin_digest_format(&digest, written);
      CU_ASSERT_EQUAL(memcmp(written, text, sizeof text - 1), 0);
    }
    text[at] = original;
  }
  /* 42 characters can take all 64 values, the last one 16, and all others only their own. */
  CU_ASSERT_EQUAL(taken, 42 * 64 + 16 + 7 + 1);
}

static void test_every_byte(void) {
  for (size_t at = 0; at < 32; at++) {
    for (int byte = 0; byte < 256; byte++) {
      struct pin_digest digest = {{0}}, read;
      char written[PIN_DIGEST_TEXT_SIZE];
      digest.bytes[at] = (uint8_t)byte;
      pin_digest_format(&digest, written);
      CU_ASSERT_EQUAL(strlen(written), PIN_DIGEST_TEXT_SIZE - 1);
      CU_ASSERT_TRUE(pin_digest_parse(written, strlen(written), &read));
      CU_ASSERT_EQUAL(memcmp(&digest, &read, sizeof read), 0);
    }
  }
}

int main(void) {
  static const struct unit_test tests[] = {
      {"refused spellings", test_refused},
      {"accepted spellings", test_accepted},
      {"length", test_length},
      {"one digest has one spelling", test_one_spelling},
      {"every byte comes back", test_every_byte},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"digest", NULL, NULL, tests};
  return unit_run(&suite);
}
