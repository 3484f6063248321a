/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Keeps a program that tries again and again from flooding the log. */
#ifndef PIN_LOG_LIMIT_H
#define PIN_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Hosts without an entry have a limit of their own: however many of them there are, they keep no line about a
 * pinned host out of the log. */
enum log_limit { LOG_LIMIT_LISTED = 0, LOG_LIMIT_UNLISTED, LOG_LIMITS };

/*
 * Whether a line about `subject` (a host and what happened to it) may be logged now: ten at once, then one
 * every ten seconds, counted for each subject in this process, and for all together that have no place of
 * their own since there are too many; of all lines a hundred at once, then one a second. milliseconds: a
 * clock that never goes back. *ret_swallowed gets the number of lines held back since the last one that was
 * let through, of this subject and of those that have none to tell it. Any thread, no lock.
 */
bool log_limit_admits(enum log_limit which, uint64_t subject, int64_t milliseconds, unsigned *ret_swallowed);

#endif
