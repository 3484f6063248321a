/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The lock that every verb holds while it writes anything of a policy. */
#ifndef PINCTL_EDIT_POLICY_LOCK_H
#define PINCTL_EDIT_POLICY_LOCK_H

#include "base/must_use.h"

/*
 * Takes the lock on a policy, whose main file is in `directory`. Waits some minutes at most, with a warning
 * that names the holder. Returns a descriptor that holds the lock until lock_release, or -1, having said why.
 * The kernel releases the lock of a process that is killed.
 */
MUST_USE int lock_take(const char *directory, const char *policy);

/* Releases the lock. The file stays, but is emptied, so that it is the same after each change where the
 * directory is kept in git, for example. */
void lock_release(int lock);

#endif
