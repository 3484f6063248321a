/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Applies to verdicts what the administrator set outside the policy. */
#ifndef PIN_VERDICT_SETTINGS_H
#define PIN_VERDICT_SETTINGS_H

#include "pinpolicy.h"

/* Fills in the verdict for when there is no policy: refused, unless on_policy_error allows it. name: NULL
 * if the client gave none. */
void verdict_without_policy(const char *name, uint16_t port, int64_t now, struct pin_verdict *ret_verdict);

/* Turns a refusal that the administrator has paused into an audited verdict. Reads the pause file each
 * time, so that a pause begins at once and ends in time. */
void verdict_honour_pause(struct pin_verdict *verdict);

#endif
