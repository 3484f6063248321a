/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/punycode.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

/* RFC 3492, 5. */
#define BASE 36u
#define LEAST_THRESHOLD 1u
#define MOST_THRESHOLD 26u
#define SKEW 38u
#define DAMP 700u
#define FIRST_BIAS 72u
#define FIRST_POINT 0x80u
#define LAST_POINT 0x10ffffu

/* A label has at most 63 octets, and each character takes at least one. */
#define MOST_POINTS 63

struct label {
  uint32_t points[MOST_POINTS];
  uint32_t count;
};

static bool read_digit(char character, uint32_t *ret_digit) {
  static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  const char *at = character == '\0' ? NULL : strchr(digits, character | (character >= 'A' ? 0x20 : 0));
  *ret_digit = at == NULL ? 0 : (uint32_t)(at - digits);
  return at != NULL;
}

/* 6.1 */
static uint32_t adapt(uint32_t delta, uint32_t count, bool first) {
  uint32_t k = 0;
  delta = first ? delta / DAMP : delta / 2;
  delta += delta / count;
  for (; delta > (BASE - LEAST_THRESHOLD) * MOST_THRESHOLD / 2; k += BASE)
    delta /= BASE - LEAST_THRESHOLD;
  return k + (BASE - LEAST_THRESHOLD + 1) * delta / (delta + SKEW);
}

/* Reads a number of variable length and adds it to *at. Returns the text behind it; NULL: it is invalid. */
static const char *read_delta(const char *text, const char *end, uint32_t bias, uint32_t *at) {
  uint64_t sum = *at;
  uint64_t weight = 1;
  for (uint32_t k = BASE;; k += BASE) {
    uint32_t digit = 0;
    uint32_t threshold = k <= bias ? LEAST_THRESHOLD : k >= bias + MOST_THRESHOLD ? MOST_THRESHOLD : k - bias;
    if (text == end || !read_digit(*text++, &digit))
      return NULL;
    sum += digit * weight;
    if (sum > UINT32_MAX)
      return NULL;
    if (digit < threshold)
      break;
    weight *= BASE - threshold;
    if (weight > UINT32_MAX)
      return NULL;
  }
  *at = (uint32_t)sum;
  return text;
}

static bool insert(struct label *label, uint32_t place, uint32_t point) {
  if (label->count == MOST_POINTS || point > LAST_POINT || (point >= 0xd800 && point < 0xe000))
    return false;
  memmove(&label->points[place + 1], &label->points[place], (label->count - place) * sizeof *label->points);
  label->points[place] = point;
  label->count++;
  return true;
}

/* 6.2. text: the label behind "xn--". */
static bool decode(const char *text, const char *end, struct label *ret_label) {
  const char *delimiter = memrchr(text, '-', (size_t)(end - text));
  uint32_t point = FIRST_POINT;
  uint32_t bias = FIRST_BIAS;
  uint32_t at = 0;
  *ret_label = (struct label){0};
  for (; delimiter != NULL && text < delimiter; text++)
    if (!insert(ret_label, ret_label->count, (unsigned char)*text))
      return false;
  text += delimiter == NULL ? 0 : 1;
  if (text == end)
    return false;
  while (text < end) {
    uint32_t before = at;
    text = read_delta(text, end, bias, &at);
    if (text == NULL)
      return false;
    uint32_t count = ret_label->count + 1;
    bias = adapt(at - before, count, before == 0);
    if (at / count > LAST_POINT - point)
      return false;
    point += at / count;
    at %= count;
    if (!insert(ret_label, at++, point))
      return false;
  }
  return true;
}

static char *put_utf8(char *to, uint32_t point) {
  unsigned further = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  static const uint32_t heads[] = {0, 0xc0, 0xe0, 0xf0};
  *to++ = (char)(heads[further] | point >> 6 * further);
  while (further-- > 0)
    *to++ = (char)(0x80 | (point >> 6 * further & 0x3f));
  return to;
}

char *name_in_unicode(const char *name) {
  /* UTF-8 takes at most four octets for each octet of the name. */
  AUTO_TEXT text = must_alloc(4 * strlen(name) + 1, 1);
  char *to = text;
  bool found = false;
  for (const char *at = name; *at != '\0';) {
    const char *end = strchrnul(at, '.');
    struct label label;
    if (end - at > 4 && strncasecmp(at, "xn--", 4) == 0) {
      found = true;
      if (!decode(at + 4, end, &label))
        return NULL;
      for (uint32_t i = 0; i < label.count; i++)
        to = put_utf8(to, label.points[i]);
    } else {
      to = mempcpy(to, at, (size_t)(end - at));
    }
    at = *end == '.' ? end + 1 : end;
    if (*end == '.')
      *to++ = '.';
  }
  return found ? text_take(&text) : NULL;
}
