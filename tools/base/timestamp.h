/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reading and printing times as people, logs and file formats write them. All values are seconds since the
 * epoch. */
#ifndef PINCTL_BASE_TIMESTAMP_H
#define PINCTL_BASE_TIMESTAMP_H

#include "base/must_use.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define SECONDS_PER_DAY 86400

/* What timestamp_read accepts, for messages. */
#define TIMESTAMP_FORMS "a date (2026-11-25), an RFC 3339 time, or so long ago (2h, \"3 days ago\")"

/*
 * Reads one of
 *   - a date: its first second in local time;
 *   - an RFC 3339 time, with its offset ("Z" or "+01:00");
 *   - a time before `now`: a number and s, m, h, d or w, or the word (seconds, minutes, hours, days, weeks,
 *     with or without their s), with or without blanks between them, with or without "ago" behind them.
 * False: the text is none of these.
 */
MUST_USE bool timestamp_read(const char *text, int64_t now, int64_t *ret_moment);

/* Reads the RFC 3339 time at the beginning of a text. Returns the text behind it; NULL: there is none. */
const char *timestamp_skip_rfc3339(const char *text, int64_t *ret_moment);

/*
 * Reads the time at the beginning of a line of a traditional syslog file ("Nov 25 08:00:00"), in local time.
 * It has no year; the latest year is taken in which it is at most a day after `now`. Returns the text behind
 * it; NULL: there is none.
 */
const char *timestamp_skip_traditional(const char *text, int64_t now, int64_t *ret_moment);

/* RFC 3339 in UTC ("2026-11-25T08:00:00Z"), and local time for people ("2026-11-25 09:00:00"). For free(3).
 */
char *timestamp_utc(int64_t moment);
char *timestamp_local(int64_t moment);

/* The value of a broken-down time in UTC. */
int64_t timestamp_of(const struct tm *utc);

/* Reads YYYY-MM-DD: its first second in UTC. False: the text is no such date. */
MUST_USE bool date_read(const char *text, int64_t *ret_seconds);
/* Reads YYYY-MM-DDThh:mm:ss, with or without Z, in UTC. False: the text is no such time. */
MUST_USE bool date_time_read(const char *text, int64_t *ret_seconds);

/* Whole days until a moment, rounded down: negative for any moment that is past. */
int64_t days_until(int64_t now, int64_t moment);
/* "3 days", "1 day", "less than a day". For free(3). */
char *days_text(int64_t days);

/* Seconds by the monotonic clock, to measure how long something takes. */
double monotonic_seconds(void);

/* The date of a second, YYYY-MM-DD, in UTC. For free(3). */
char *date_format(int64_t seconds);

#endif
