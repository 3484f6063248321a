/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Times as people, logs and other formats write them. Seconds since the epoch throughout. */
#ifndef PINCTL_BASE_TIMESTAMP_H
#define PINCTL_BASE_TIMESTAMP_H

#include "base/must_use.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define SECONDS_PER_DAY 86400

/* What timestamp_read takes, for messages. */
#define TIMESTAMP_FORMS "a date (2026-11-25), an RFC 3339 time, or so long ago (2h, \"3 days ago\")"

/*
 * One of
 *   - a date: its first second in local time;
 *   - an RFC 3339 time, with its offset ("Z" or "+01:00");
 *   - so long before `now`: a number and s, m, h, d or w, or the word (seconds, minutes, hours, days, weeks,
 *     with or without their s), blanks between them or not, "ago" behind them or not.
 * Returns whether it was one of these and nothing else.
 */
MUST_USE bool timestamp_read(const char *text, int64_t now, int64_t *ret_moment);

/* An RFC 3339 time at the beginning of a text: what follows it, or NULL where there is none. */
const char *timestamp_skip_rfc3339(const char *text, int64_t *ret_moment);

/*
 * The time at the beginning of a line of a traditional syslog file ("Nov 25 08:00:00"), in local time: what
 * follows it, or NULL. It has no year: the latest that is not later than a day after `now`.
 */
const char *timestamp_skip_traditional(const char *text, int64_t now, int64_t *ret_moment);

/* RFC 3339 in UTC, and the local time for people. For free(3). */
char *timestamp_utc(int64_t moment);
char *timestamp_local(int64_t moment);

/* The second that a broken-down time in UTC stands for. */
int64_t timestamp_of(const struct tm *utc);

/* The first second of YYYY-MM-DD, in UTC. False: it is none. */
MUST_USE bool date_read(const char *text, int64_t *ret_seconds);
/* YYYY-MM-DDThh:mm:ss, with or without Z, in UTC. False: it is none. */
MUST_USE bool date_time_read(const char *text, int64_t *ret_seconds);

/* Whole days until a moment; below 0 for one that is past, by however little. */
int64_t days_until(int64_t now, int64_t moment);
/* "3 days", "1 day", "less than a day". For free(3). */
char *days_text(int64_t days);

/* Seconds since some moment, by a clock that nobody sets: for how long something takes. */
double monotonic_seconds(void);

/* The date of a second, YYYY-MM-DD, in UTC. For free(3). */
char *date_format(int64_t seconds);

#endif
