/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

/* Reads exactly so many digits. */
static bool take_number(const char **at, int digits, int *ret_number) {
  int number = 0;
  for (int i = 0; i < digits; i++) {
    if ((*at)[i] < '0' || (*at)[i] > '9')
      return false;
    number = number * 10 + ((*at)[i] - '0');
  }
  *at += digits;
  *ret_number = number;
  return true;
}

static bool take_char(const char **at, const char *wanted) {
  if (**at == '\0' || strchr(wanted, **at) == NULL)
    return false;
  ++*at;
  return true;
}

static bool take_date(const char **at, struct tm *ret_time) {
  int year, month, day;
  if (!take_number(at, 4, &year) || !take_char(at, "-") || !take_number(at, 2, &month) ||
      !take_char(at, "-") || !take_number(at, 2, &day))
    return false;
  *ret_time = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1};
  struct tm same = *ret_time;
  timegm(&same);
  return same.tm_mon == month - 1 && same.tm_mday == day;
}

static bool take_clock(const char **at, struct tm *time) {
  return take_number(at, 2, &time->tm_hour) && take_char(at, ":") && take_number(at, 2, &time->tm_min) &&
         take_char(at, ":") && take_number(at, 2, &time->tm_sec) && time->tm_hour < 24 && time->tm_min < 60 &&
         time->tm_sec <= 60;
}

/* Reads "Z" or "+01:00": the seconds by which the local time is ahead of UTC. */
static bool take_offset(const char **at, int *ret_seconds) {
  int hours = 0, minutes = 0;
  *ret_seconds = 0;
  if (take_char(at, "Zz"))
    return true;
  int sign = **at == '-' ? -1 : 1;
  if (!take_char(at, "+-") || !take_number(at, 2, &hours) || !take_char(at, ":") ||
      !take_number(at, 2, &minutes) || hours > 23 || minutes > 59)
    return false;
  *ret_seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

const char *timestamp_skip_rfc3339(const char *text, int64_t *ret_moment) {
  struct tm time;
  int offset;
  if (!take_date(&text, &time) || !take_char(&text, "Tt") || !take_clock(&text, &time))
    return NULL;
  if (*text == '.' && text[1] >= '0' && text[1] <= '9')
    text += 1 + strspn(text + 1, "0123456789");
  if (!take_offset(&text, &offset))
    return NULL;
  *ret_moment = (int64_t)timegm(&time) - offset;
  return text;
}

const char *timestamp_skip_traditional(const char *text, int64_t now, int64_t *ret_moment) {
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  time_t current = now;
  struct tm time;
  int month = 0;
  while (month < 12 && strncmp(text, months + (size_t)month * 3, 3) != 0)
    month++;
  if (month == 12 || text[3] != ' ' || localtime_r(&current, &time) == NULL)
    return NULL;
  text += 4;
  time = (struct tm){.tm_year = time.tm_year + 1, .tm_mon = month, .tm_isdst = -1};
  if (!(*text == ' ' ? text++, take_number(&text, 1, &time.tm_mday) : take_number(&text, 2, &time.tm_mday)) ||
      time.tm_mday < 1 || time.tm_mday > 31 || !take_char(&text, " ") || !take_clock(&text, &time))
    return NULL;
  /* Tries next year, this year, last year. A copy each time, since mktime(3) changes its argument. */
  for (int years = 0; years < 3; years++, time.tm_year--) {
    struct tm tried = time;
    *ret_moment = mktime(&tried);
    if (*ret_moment <= now + SECONDS_PER_DAY)
      break;
  }
  return text;
}

/* The seconds of a unit of time, or 0. */
static int64_t unit_seconds(const char *word, size_t length) {
  static const struct {
    const char *letter, *name;
    int64_t seconds;
  } units[] = {{"s", "seconds", 1},
               {"m", "minutes", 60},
               {"h", "hours", 3600},
               {"d", "days", SECONDS_PER_DAY},
               {"w", "weeks", 7 * SECONDS_PER_DAY}};
  for (size_t i = 0; i < COUNT_OF(units); i++) {
    size_t plural = strlen(units[i].name);
    if ((length == 1 && *word == *units[i].letter) ||
        ((length == plural || length == plural - 1) && strncmp(word, units[i].name, length) == 0))
      return units[i].seconds;
  }
  return 0;
}

static bool read_relative(const char *text, int64_t now, int64_t *ret_moment) {
  size_t digits = strspn(text, "0123456789");
  const char *word = text + digits + strspn(text + digits, " ");
  size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz");
  int64_t unit = unit_seconds(word, length);
  /* At most six digits: no log is older than that many weeks, and nothing overflows. */
  if (digits == 0 || digits > 6 || unit == 0)
    return false;
  const char *rest = word + length;
  if (*rest != '\0' && strcmp(rest, " ago") != 0)
    return false;
  *ret_moment = now - strtol(text, NULL, 10) * unit;
  return true;
}

bool timestamp_read(const char *text, int64_t now, int64_t *ret_moment) {
  struct tm time;
  const char *at = text;
  if (take_date(&at, &time) && *at == '\0') {
    *ret_moment = mktime(&time);
    return true;
  }
  at = timestamp_skip_rfc3339(text, ret_moment);
  return (at != NULL && *at == '\0') || read_relative(text, now, ret_moment);
}

static char *written(const struct tm *time, bool local) {
  char text[64] = "";
  if (time != NULL && local)
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", time);
  if (time != NULL && !local) {
    /* %Y would leave out leading zeros. */
    int length = snprintf(text, sizeof text, "%04d", time->tm_year + 1900);
    strftime(text + length, sizeof text - (size_t)length, "-%m-%dT%H:%M:%SZ", time);
  }
  return must_copy(text);
}

int64_t timestamp_of(const struct tm *utc) {
  struct tm copy = *utc;
  return timegm(&copy);
}

char *timestamp_utc(int64_t moment) {
  time_t seconds = moment;
  struct tm time;
  return written(gmtime_r(&seconds, &time), false);
}

char *timestamp_local(int64_t moment) {
  time_t seconds = moment;
  struct tm time;
  return written(localtime_r(&seconds, &time), true);
}

bool date_read(const char *text, int64_t *ret_seconds) {
  struct tm time;
  if (!take_date(&text, &time) || *text != '\0')
    return false;
  *ret_seconds = timegm(&time);
  return true;
}

bool date_time_read(const char *text, int64_t *ret_seconds) {
  struct tm time;
  if (!take_date(&text, &time) || !take_char(&text, "T") || !take_clock(&text, &time) || time.tm_sec == 60)
    return false;
  if (*text == 'Z')
    text++;
  *ret_seconds = timegm(&time);
  return *text == '\0';
}

char *date_format(int64_t seconds) {
  AUTO_TEXT text = timestamp_utc(seconds);
  return must_copy_bytes(text, strcspn(text, "T"));
}

int64_t days_until(int64_t now, int64_t moment) {
  int64_t left = moment - now;
  return left / SECONDS_PER_DAY - (left % SECONDS_PER_DAY < 0 ? 1 : 0);
}

char *days_text(int64_t days) {
  if (days == 0)
    return must_copy("less than a day");
  return must_format("%lld day%s", (long long)days, days == 1 ? "" : "s");
}

double monotonic_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
