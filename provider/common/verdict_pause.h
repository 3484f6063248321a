/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

#ifndef PIN_VERDICT_PAUSE_H
#define PIN_VERDICT_PAUSE_H

#include "pinpolicy.h"

/* A refusal that the administrator has paused is only logged. Read now, so that it holds at once, and ends.
 */
void verdict_honour_pause(struct pin_verdict *verdict);

#endif
