/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Waits for a lock that another pinctl holds. The holder writes into the lock file who it is, so that whoever
 * waits can tell the user for which process, and what to do.
 */
#ifndef PINCTL_CLI_LOCK_WAIT_H
#define PINCTL_CLI_LOCK_WAIT_H

#include "base/must_use.h"

/* How long to wait for the lock of a policy: longer than a question waits for its answer, and longer than a
 * trial of a configuration takes. */
#define LOCK_PATIENCE_SECONDS 300
#define LOCK_PATIENCE_ENDLESS (-1)

/*
 * Calls lock_file_try until it succeeds, for at most so many seconds, and warns while it waits. user: the
 * name to write into the lock file; the caller looks it up before, since that may take long. Returns 0,
 * EWOULDBLOCK where the time is over, EINTR where a signal asked pinctl to end, or another errno value.
 * Prints no error.
 */
MUST_USE int lock_wait(const char *path, int seconds, const char *user, int *ret_fd);

/*
 * The message for an error of lock_wait: who holds the lock and what to do, or the error of the system. For
 * free(3).
 */
char *lock_error_text(const char *path, int error);

#endif
