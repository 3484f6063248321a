/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The policy in force in this process. A verification takes a reference without a lock and keeps that policy
 * until it ends. A changed policy is used at most a second after the next verification, and a broken one
 * never replaces a good one. Any thread.
 */
#ifndef PIN_POLICY_STORE_H
#define PIN_POLICY_STORE_H

#include "pinpolicy.h"

/*
 * Takes a reference to the policy in force. Reads it at the first call, and looks for changes at most every
 * half second. NULL: no policy can be used, and settings_allow_without_policy decides. The caller passes the
 * result to policy_release. For one thread, because entries and verdicts may point into what is read for this
 * reference.
 */
const struct pin_policy *policy_acquire(void);

/* Gives back a reference. policy: may be NULL. */
void policy_release(const struct pin_policy *policy);

/* Reads the policy if that was not done yet, while the process can still see the file. If there is none,
 * that is logged only when somebody acquires it. */
void policy_prepare(void);

/* Does the same for a process that may never use TLS: takes a compiled form if it is current, reads no
 * text and logs nothing. */
void policy_take_form(void);

/*
 * To be called when a lookup found this policy damaged (PIN_REASON_DAMAGED). If the program only closed the
 * descriptor of its file, the file is opened again; otherwise another compiled form or the text is loaded.
 * Returns whether another policy is in force now: *policy was then released and is the new one, and the
 * caller should ask once more. If not, *policy stays.
 */
bool policy_acquire_after_damage(const struct pin_policy **policy);

#endif
