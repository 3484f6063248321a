/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Waiting for another pinctl. Whoever holds a lock leaves word in its file, so that the one who waits can say
 * for whom, and what to do.
 */
#ifndef PINCTL_CLI_LOCK_WAIT_H
#define PINCTL_CLI_LOCK_WAIT_H

#include "base/must_use.h"

/* So long a person waits: longer than a question waits for its answer, and longer than trials take. */
#define LOCK_PATIENCE_SECONDS 300
#define LOCK_PATIENCE_ENDLESS (-1)

/*
 * lock_file_try until it succeeds, for so many seconds, saying whom it waits for. user: who does, for the
 * others; known before, since it may take long to find out. Returns 0 with the lock signed, EWOULDBLOCK where
 * the time is over, or another errno value; says neither.
 */
MUST_USE int lock_wait(const char *path, int seconds, const char *user, int *ret_fd);

/*
 * What keeps the lock from being taken, behind an error of these functions: who holds it and what to do, or
 * what the system says. For free(3).
 */
char *lock_why(const char *path, int error);

#endif
