/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "day.h"

#include <string.h>
#include <time.h>

#include "memory.h"

static char *format_as(bool with_time, int64_t seconds) {
  char text[64] = "";
  struct tm parts;
  time_t when = (time_t)seconds;
  if (gmtime_r(&when, &parts) == NULL)
    return must_copy("");
  if (with_time)
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  else
    strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return must_copy(text);
}

/* strptime(3) takes a 31st of February and single digits: only what is written back the same is one. */
static bool read_as(bool with_time, const char *text, int64_t *ret_seconds) {
  struct tm parts = {0};
  const char *end = strptime(text, with_time ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d", &parts);
  if (end == NULL || *end != '\0')
    return false;
  *ret_seconds = timegm(&parts);
  AUTO_TEXT again = format_as(with_time, *ret_seconds);
  return strcmp(again, text) == 0;
}

bool day_read(const char *text, int64_t *ret_seconds) {
  return read_as(false, text, ret_seconds);
}

bool day_time_read(const char *text, int64_t *ret_seconds) {
  size_t length = strlen(text);
  AUTO_TEXT with_zone = must_format("%s%s", text, length > 0 && text[length - 1] == 'Z' ? "" : "Z");
  return read_as(true, with_zone, ret_seconds);
}

char *day_format(int64_t seconds) {
  return format_as(false, seconds);
}

char *day_time_format(int64_t seconds) {
  return format_as(true, seconds);
}
