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

/* Reads the policy if that was not done yet: while the process can still see the file. */
void policy_prepare(void);

/*
 * A lookup found this policy damaged (PIN_REASON_DAMAGED). Where the program has only closed the descriptor
 * of its file, that is opened again; otherwise another compiled form is taken, or the text. Whether what is
 * in force now is something else, so that it is worth acquiring it and asking again.
 */
bool policy_is_replaced_after_damage(const struct pin_policy *policy);

#endif
