/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The lock that every verb holds while it writes anything of a policy. */
#ifndef PINCTL_EDIT_POLICY_LOCK_H
#define PINCTL_EDIT_POLICY_LOCK_H

#include "base/must_use.h"

/*
 * Waits for the lock on a policy, whose main file is in `directory`, and says for whom when it has to, for
 * some minutes at most. Returns a descriptor that holds it until lock_release (the kernel closes it for a
 * process that is killed), or -1, having said why.
 */
MUST_USE int lock_take(const char *directory, const char *policy);

/* Lets others write. The file stays, and says of nobody that he holds it: where the folder is kept in git,
 * say, it is the same after each change. */
void lock_release(int lock);

#endif
