/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_PROBE_UNPINNED_H
#define PINCTL_PROBE_UNPINNED_H

#include <stdbool.h>

#include "base/must_use.h"

/*
 * Where the shim is preloaded into this process, a host with a wrong key would be refused before its chain
 * was seen: from here to return_to_own_pins the process's own policy is an empty one, in the environment
 * variable PINNING_POLICY. Returns false, having said why; then there is nothing to return from.
 */
MUST_USE bool leave_own_pins(void);
void return_to_own_pins(void);

#endif
