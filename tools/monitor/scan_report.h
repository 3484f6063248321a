/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What "pinctl scan --json" printed, for the HTML report. */
#ifndef PINCTL_MONITOR_SCAN_REPORT_H
#define PINCTL_MONITOR_SCAN_REPORT_H

#include <stdbool.h>

#include "base/must_use.h"
#include "monitor/watch.h"

/* Reads it into watch->scan. False, having said why. */
MUST_USE bool scan_report_read(const char *path, struct watch *watch);

#endif
