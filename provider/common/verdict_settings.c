/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verdict_settings.h"

#include <limits.h>
#include <string.h>

#include "settings.h"

void verdict_without_policy(const char *name, uint16_t port, int64_t now, struct pin_verdict *ret_verdict) {
  memset(ret_verdict, 0, sizeof *ret_verdict);
  ret_verdict->outcome = settings_allow_without_policy() ? PIN_NOT_COVERED : PIN_REFUSED;
  ret_verdict->reason = PIN_REASON_NO_POLICY;
  ret_verdict->blocked_depth = -1;
  ret_verdict->name = name;
  ret_verdict->port = port;
  ret_verdict->now = now;
}

void verdict_honour_pause(struct pin_verdict *verdict) {
  char path[PATH_MAX];

  if (verdict->outcome == PIN_REFUSED && pin_pause_path(settings_policy_path(), path, sizeof path))
    pin_pause_apply(path, verdict);
}
