/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The lock that every verb holds while it writes anything of a policy. */
#ifndef PINCTL_EDIT_POLICY_LOCK_H
#define PINCTL_EDIT_POLICY_LOCK_H

/*
 * Waits for the lock on the policy whose main file is in `directory`, and says so when it has to. Returns a
 * descriptor that holds it until it is closed (the kernel closes it for a process that is killed), or -1,
 * having said why.
 */
int lock_take(const char *directory);

#endif
