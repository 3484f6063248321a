/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Settles a verdict in one place, for lookup.c and verdict.c. */
#ifndef PIN_VERDICT_H
#define PIN_VERDICT_H

#include "pinpolicy.h"

/* What applies to a peer whatever its name: a blocked key, no key to compare with the blocked ones, or a
 * path that was not followed to its end. */
enum pin_general {
  PIN_GENERAL_NOTHING = 0,
  PIN_GENERAL_BLOCKED_KEY,
  PIN_GENERAL_NO_KEY,
  PIN_GENERAL_PATH_CUT
};

/* Whether the keys of every peer must be compared with blocked_keys. */
bool pin_blocks_keys(const struct pin_policy *policy);

/* Whether the finding, if it fails, refuses the connection and is not only logged. `expired` must be set. */
bool pin_finding_is_enforced(const struct pin_finding *finding);

/* enum pin_unlisted: the setting `unlisted`, weakened by the policy's mode. */
uint8_t pin_unlisted_in_force(const struct pin_policy *policy);

/* Whether `unlisted` applies to the peer: no finding proves that its host is in the policy. */
bool pin_is_unlisted(const struct pin_verdict *verdict);

/* Makes one verdict from the reasons of its findings. A finding that was not decided counts as failed. */
void pin_verdict_settle(struct pin_verdict *verdict, enum pin_general general, enum pin_mode general_mode);

#endif
