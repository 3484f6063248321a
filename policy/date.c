/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "date.h"

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Reads exactly `digits` digits and moves behind them. */
static bool read_number(const char **text, unsigned digits, int *ret_number) {
  int number = 0;
  for (unsigned i = 0; i < digits; i++) {
    char c = (*text)[i];
    if (!is_digit(c))
      return false;
    number = 10 * number + (c - '0');
  }
  *text += digits;
  *ret_number = number;
  return true;
}

static bool read_mark(const char **text, char mark) {
  if (**text != mark)
    return false;
  ++*text;
  return true;
}

static bool is_leap_year(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to a day of the Gregorian calendar. The year begins in March here, so that the leap
 * day is its last. timegm(3) is not used, because it may read the time zone files of the host process. */
static int64_t days_since_epoch(int year, int month, int day) {
  int64_t y = month > 2 ? year : year - 1;
  int64_t month_from_march = month > 2 ? month - 3 : month + 9;
  int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static bool read_date(const char **text, int64_t *ret_days) {
  int year;
  int month;
  int day;
  if (!read_number(text, 4, &year) || !read_mark(text, '-') || !read_number(text, 2, &month) ||
      !read_mark(text, '-') || !read_number(text, 2, &day))
    return false;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
    return false;
  *ret_days = days_since_epoch(year, month, day);
  return true;
}

static bool read_time_of_day(const char **text, int64_t *ret_seconds, bool *ret_leaps) {
  int hour;
  int minute;
  int second;
  if (!read_number(text, 2, &hour) || !read_mark(text, ':') || !read_number(text, 2, &minute) ||
      !read_mark(text, ':') || !read_number(text, 2, &second))
    return false;
  *ret_leaps = second == 60;
  if (hour > 23 || minute > 59 || second > 60)
    return false;
  if (read_mark(text, '.')) {
    if (!is_digit(**text))
      return false;
    while (is_digit(**text))
      ++*text;
  }
  *ret_seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
  return true;
}

/* Reads the offset, which must be subtracted to get UTC. */
static bool read_offset(const char **text, int64_t *ret_seconds) {
  int hour;
  int minute;
  if (read_mark(text, 'Z') || read_mark(text, 'z')) {
    *ret_seconds = 0;
    return true;
  }
  bool east = read_mark(text, '+');
  if (!east && !read_mark(text, '-'))
    return false;
  if (!read_number(text, 2, &hour) || !read_mark(text, ':') || !read_number(text, 2, &minute) || hour > 23 ||
      minute > 59)
    return false;
  int64_t seconds = (int64_t)hour * 3600 + (int64_t)minute * 60;
  *ret_seconds = east ? seconds : -seconds;
  return true;
}

bool pin_date_parse(const char *text, int64_t *ret_seconds) {
  int64_t days;
  int64_t time_of_day;
  int64_t offset;
  bool leaps;
  if (!read_date(&text, &days))
    return false;
  if (*text == '\0') {
    *ret_seconds = (days + 1) * 86400 - 1;
    return true;
  }
  if (!read_mark(&text, 'T') && !read_mark(&text, 't'))
    return false;
  if (!read_time_of_day(&text, &time_of_day, &leaps) || !read_offset(&text, &offset) || *text != '\0')
    return false;
  int64_t seconds = days * 86400 + time_of_day - offset;
  /* RFC 3339, 5.7: second 60 is a leap second, which exists only at the end of a day in UTC. */
  if (leaps && seconds % 86400 != 0)
    return false;
  *ret_seconds = seconds;
  return true;
}
