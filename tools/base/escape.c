/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

#include "base/escape.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/memory.h"

static size_t utf8_length(unsigned char first) {
  if (first < 0x80)
    return 1;
  if (first >= 0xc2 && first <= 0xdf)
    return 2;
  if (first >= 0xe0 && first <= 0xef)
    return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t utf8_decode(const char *bytes, size_t length, uint32_t *ret_point) {
  if (length == 0)
    return 0;
  unsigned char first = (unsigned char)bytes[0];
  size_t need = utf8_length(first);
  if (need == 0 || need > length)
    return 0;
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  uint32_t point = need == 1 ? first : first & (0xffu >> (need + 1));
  for (size_t i = 1; i < need; i++) {
    unsigned char next = (unsigned char)bytes[i];
    if ((next & 0xc0) != 0x80)
      return 0;
    point = point << 6 | (next & 0x3fu);
  }
  if (point < smallest[need] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
    return 0;
  *ret_point = point;
  return need;
}

bool is_plain(uint32_t point) {
  static const struct {
    uint32_t first, last;
  } unsafe[] = {
      {0x0, 0x1f},      {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},
      {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
      {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff},
  };
  for (size_t i = 0; i < COUNT_OF(unsafe); i++)
    if (point >= unsafe[i].first && point <= unsafe[i].last)
      return false;
  return true;
}

char *escape_bytes(const char *bytes, size_t length) {
  char *escaped = must_alloc(4 * length + 1, 1);
  char *to = escaped;
  for (size_t at = 0; at < length;) {
    uint32_t point = 0;
    size_t step = utf8_decode(bytes + at, length - at, &point);
    if (step != 0 && is_plain(point)) {
      memcpy(to, bytes + at, step);
      to += step;
      at += step;
      continue;
    }
    for (size_t end = at + (step == 0 ? 1 : step); at < end; at++)
      to += sprintf(to, "\\x%02x", (unsigned)(unsigned char)bytes[at]);
  }
  return escaped;
}

char *escape_text(const char *text) {
  return escape_bytes(text, strlen(text));
}

size_t text_width(const char *text) {
  size_t length = strlen(text);
  wchar_t *wide = must_alloc(length + 1, sizeof *wide);
  size_t count = mbstowcs(wide, text, length + 1);
  int width = count == (size_t)-1 ? -1 : wcswidth(wide, count);
  free(wide);
  return width < 0 ? length : (size_t)width;
}

char *escape_short(const char *text, size_t columns) {
  static const char dots[] = "...";
  char *escaped = escape_text(text);
  size_t length = strlen(escaped);
  /* No character takes more columns than bytes. */
  if (length <= columns || text_width(escaped) <= columns)
    return escaped;
  size_t width = 0;
  size_t at = 0;
  for (uint32_t point = 0;;) {
    size_t step = utf8_decode(escaped + at, length - at, &point);
    AUTO_TEXT character = must_copy_bytes(escaped + at, step);
    width += text_width(character);
    if (width > columns - strlen(dots))
      break;
    at += step;
  }
  /* There is room: the part that is cut off is longer than the dots. */
  strcpy(escaped + at, dots);
  return escaped;
}
