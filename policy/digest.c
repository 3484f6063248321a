/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "pinpolicy.h"

#include <string.h>

/* 32 bytes in base64: 42 characters of 6 bits, one with 4 bits and two zero bits, and one of padding (RFC
 * 4648, 4). */
#define BASE64_LENGTH 44
#define BASE64_PADDED_AT 43
#define HEX_LENGTH 64
#define COLON_HEX_LENGTH 95

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* -1: not in the alphabet. */
static int base64_value(char c) {
  const char *found = memchr(base64_alphabet, c, sizeof base64_alphabet - 1);
  return found ? (int)(found - base64_alphabet) : -1;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

static bool parse_base64(const char *text, size_t length, struct pin_digest *digest) {
  uint32_t bits = 0;
  unsigned bit_count = 0;
  size_t written = 0;
  if (length != BASE64_LENGTH || text[BASE64_PADDED_AT] != '=')
    return false;
  for (size_t i = 0; i < BASE64_PADDED_AT; i++) {
    int value = base64_value(text[i]);
    if (value < 0)
      return false;
    bits = (bits << 6 | (uint32_t)value) & 0xffff;
    bit_count += 6;
    if (bit_count < 8)
      continue;
    bit_count -= 8;
    digest->bytes[written++] = (uint8_t)(bits >> bit_count);
  }
  return (bits & 3u) == 0;
}

/* step: the distance between pairs; with 3 there must be a colon between them. */
static bool parse_hex(const char *text, size_t step, struct pin_digest *digest) {
  for (size_t i = 0; i < sizeof digest->bytes; i++) {
    const char *pair = text + i * step;
    int high = hex_value(pair[0]), low = hex_value(pair[1]);
    if (high < 0 || low < 0)
      return false;
    if (step > 2 && i > 0 && pair[-1] != ':')
      return false;
    digest->bytes[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

/* Whether the text has this prefix and suffix; if so, *text and *length become what is between them. */
static bool unwrap(const char **text, size_t *length, const char *prefix, const char *suffix) {
  size_t prefix_length = strlen(prefix), suffix_length = strlen(suffix);
  if (*length < prefix_length + suffix_length || memcmp(*text, prefix, prefix_length) != 0 ||
      memcmp(*text + *length - suffix_length, suffix, suffix_length) != 0)
    return false;
  *text += prefix_length;
  *length -= prefix_length + suffix_length;
  return true;
}

static bool parse(const char *text, size_t length, struct pin_digest *digest) {
  /* Base64 may contain slashes, so only the length tells sha256//X from sha256/ and a digest that begins
   * with a slash. */
  if (length == strlen("sha256//") + BASE64_LENGTH && unwrap(&text, &length, "sha256//", ""))
    return parse_base64(text, length, digest);
  if (unwrap(&text, &length, "sha256/", "") || unwrap(&text, &length, "pin-sha256=\"", "\""))
    return parse_base64(text, length, digest);
  if (length == HEX_LENGTH)
    return parse_hex(text, 2, digest);
  return length == COLON_HEX_LENGTH && parse_hex(text, 3, digest);
}

bool pin_digest_parse(const char *text, size_t length, struct pin_digest *ret_digest) {
  struct pin_digest digest;
  if (!parse(text, length, &digest))
    return false;
  *ret_digest = digest;
  return true;
}

void pin_digest_format(const struct pin_digest *digest, char ret_text[PIN_DIGEST_TEXT_SIZE]) {
  static const char prefix[] = "sha256/";
  char *at = ret_text + sizeof prefix - 1;
  uint32_t bits = 0;
  unsigned bit_count = 0;
  memcpy(ret_text, prefix, sizeof prefix - 1);
  for (size_t i = 0; i < sizeof digest->bytes; i++) {
    bits = (bits << 8 | digest->bytes[i]) & 0xffff;
    for (bit_count += 8; bit_count >= 6; bit_count -= 6)
      *at++ = base64_alphabet[bits >> (bit_count - 6) & 63u];
  }
  /* The last four bits. */
  *at++ = base64_alphabet[bits << 2 & 63u];
  *at++ = '=';
  *at = '\0';
}
