/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The policy in force in this process. Verifications take a reference without a lock and keep the policy
 * they began with; a changed policy is taken up at most a second after the next verification; a broken
 * one never replaces a good one.
 */
#ifndef PIN_POLICY_STORE_H
#define PIN_POLICY_STORE_H

#include "pinpolicy.h"

/*
 * The policy in force, read at the first call and looked at for changes at most every half second. NULL:
 * there is none that can be used, and settings_allow_without_policy decides. To be given back with
 * policy_release. For one thread: entries and verdicts may point into what is read for this reference.
 */
const struct pin_policy *policy_acquire(void);

/* Takes NULL. */
void policy_release(const struct pin_policy *policy);

/*
 * Reads the policy if that was not done yet: while the process can still see the file. Where there is none,
 * that is told, and the log with it, once somebody acquires it.
 */
void policy_prepare(void);

/*
 * The same for a process of which nobody knows whether it will use TLS: takes the compiled form if there is
 * one that is current, reads no text, and tells nobody.
 */
void policy_take_form(void);

/*
 * A lookup found this policy damaged (PIN_REASON_DAMAGED). Where the program has only closed the descriptor
 * of its file, that is opened again; otherwise another compiled form is taken, or the text. Whether another
 * is in force now: then *policy was released and is that one, and it is worth asking again, once.
 */
bool policy_acquire_after_damage(const struct pin_policy **policy);

#endif
