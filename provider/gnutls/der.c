/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "der.h"

#define INTEGER 0x02
#define BIT_STRING 0x03
#define SEQUENCE 0x30
#define VERSION 0xa0 /* [0], constructed */

/* A DER value, with tag and length and without. */
struct value {
  struct slice whole, content;
};

/* Reads the length after a tag. False: it is indefinite, longer than four bytes, or cut off. */
static bool read_length(struct slice *rest, size_t *ret_length) {
  size_t count;

  if (rest->size == 0)
    return false;
  *ret_length = *rest->bytes++;
  rest->size--;
  if (*ret_length < 0x80)
    return true;
  count = *ret_length & 0x7f;
  if (count == 0 || count > 4 || count > rest->size)
    return false;
  for (*ret_length = 0; count > 0; count--, rest->size--)
    *ret_length = *ret_length << 8 | *rest->bytes++;
  return true;
}

/* Takes the first value off `rest`. False: the first value has another tag, or is cut off. */
static bool take(struct slice *rest, unsigned char tag, struct value *ret_value) {
  struct slice begin = *rest;
  size_t length;

  if (rest->size == 0 || *rest->bytes != tag)
    return false;
  rest->bytes++;
  rest->size--;
  if (!read_length(rest, &length) || length > rest->size)
    return false;
  ret_value->content = (struct slice){rest->bytes, length};
  rest->bytes += length;
  rest->size -= length;
  ret_value->whole = (struct slice){begin.bytes, (size_t)(rest->bytes - begin.bytes)};
  return true;
}

bool der_public_key(struct slice certificate, struct slice *ret_key) {
  struct value value;
  struct slice rest;

  if (!take(&certificate, SEQUENCE, &value))
    return false;
  rest = value.content;
  if (!take(&rest, SEQUENCE, &value))
    return false;
  rest = value.content;
  if (rest.size > 0 && *rest.bytes == VERSION && !take(&rest, VERSION, &value))
    return false;
  /* Serial number; signature algorithm, issuer, validity, subject, key. */
  if (!take(&rest, INTEGER, &value))
    return false;
  for (int i = 0; i < 5; i++) {
    if (!take(&rest, SEQUENCE, &value))
      return false;
  }
  *ret_key = value.whole;
  return true;
}

bool der_rsa_bits(struct slice key, int64_t *ret_modulus, int64_t *ret_exponent) {
  struct value value, exponent;
  struct slice rest;

  if (!take(&key, SEQUENCE, &value))
    return false;
  rest = value.content;
  if (!take(&rest, SEQUENCE, &value) || !take(&rest, BIT_STRING, &value) || value.content.size == 0)
    return false;
  /* The first byte says how many bits of the last byte are unused. */
  rest = (struct slice){value.content.bytes + 1, value.content.size - 1};
  if (!take(&rest, SEQUENCE, &value))
    return false;
  rest = value.content;
  if (!take(&rest, INTEGER, &value) || !take(&rest, INTEGER, &exponent))
    return false;
  *ret_modulus = (int64_t)value.content.size * 8;
  *ret_exponent = (int64_t)exponent.content.size * 8;
  return true;
}
