/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verdict_pause.h"

#include <limits.h>

#include "settings.h"

void verdict_honour_pause(struct pin_verdict *verdict) {
  char path[PATH_MAX];

  if (verdict->outcome == PIN_REFUSED && pin_pause_path(settings_policy_path(), path, sizeof path))
    pin_pause_apply(path, verdict);
}
