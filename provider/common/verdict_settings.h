/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What the administrator has said of verdicts, beside the policy. */
#ifndef PIN_VERDICT_SETTINGS_H
#define PIN_VERDICT_SETTINGS_H

#include "pinpolicy.h"

/* The verdict where there is no policy: refused, unless on_policy_error allows it. name: NULL where nobody
 * gave one. */
void verdict_without_policy(const char *name, uint16_t port, int64_t now, struct pin_verdict *ret_verdict);

/* A refusal that the administrator has paused is only logged.
 * Read now, so that it holds at once, and ends. */
void verdict_honour_pause(struct pin_verdict *verdict);

#endif
