/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What lookup.c and verdict.c share: a verdict is settled in one place,
 * whichever of them comes to its end. */
#ifndef PIN_VERDICT_H
#define PIN_VERDICT_H

#include "pinpolicy.h"

/* What is to be said of the peer whatever its name: blocked keys, or that it showed none to compare with
 * them, or more than were looked at. */
enum pin_general {
  PIN_GENERAL_NOTHING = 0,
  PIN_GENERAL_BLOCKED_KEY,
  PIN_GENERAL_NO_KEY,
  PIN_GENERAL_PATH_CUT
};

/* Whether blocked_keys are to be compared with the keys of every peer. */
bool pin_blocks_keys(const struct pin_policy *policy);

/* Whether the finding, should it fail, refuses, and is not only logged. `expired` must have been set. */
bool pin_finding_is_enforced(const struct pin_finding *finding);

/* enum pin_unlisted: the setting `unlisted`, which the policy's mode weakens. */
uint8_t pin_unlisted_in_force(const struct pin_policy *policy);

/* Whether `unlisted` has something to say of the peer: no finding is proof that its host is in the policy. */
bool pin_is_unlisted(const struct pin_verdict *verdict);

/* Draws the one verdict from the reasons of its findings. A finding that nobody decided counts as failed. */
void pin_verdict_settle(struct pin_verdict *verdict, enum pin_general general, enum pin_mode general_mode);

#endif
