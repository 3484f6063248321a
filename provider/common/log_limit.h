/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Keeps a program that connects again and again from flooding the log. */
#ifndef PIN_LOG_LIMIT_H
#define PIN_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Hosts without an entry have a limit of their own, so that even many of them do not displace lines about
 * pinned hosts. */
enum log_limit { LOG_LIMIT_LISTED = 0, LOG_LIMIT_UNLISTED, LOG_LIMITS };

/*
 * Whether a line about `subject` may be logged now. subject: a number for a host and what happened to it.
 * Each subject may log ten lines at once, then one every ten seconds. If there are too many subjects, those
 * without a place share one. All subjects of a limit together may log a hundred lines at once, then one a
 * second. milliseconds: from a clock that never goes back. *ret_swallowed: how many lines of this subject
 * were held back since the last one that was let through, and of subjects that cannot report their own.
 * Counts per process. Any thread, no lock.
 */
bool log_limit_admits(enum log_limit which, uint64_t subject, int64_t milliseconds, unsigned *ret_swallowed);

#endif
