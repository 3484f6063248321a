/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The sections of the HTML report, and where they lead to. */
#ifndef PINCTL_MONITOR_WATCH_HTML_H
#define PINCTL_MONITOR_WATCH_HTML_H

#include <stdbool.h>

#include "base/must_use.h"
#include "monitor/watch.h"

/* What expires when, the soonest first. */
void watch_html_timeline(const struct watch *watch);

/* Which keys each host has shown, drawn over time; folded where there was no change. Nothing without a
 * history. */
void watch_html_history(const struct watch *watch);

/* The chain of each host; those of hosts that are well are folded. */
void watch_html_chains(const struct watch *watch);

/* ---- What "pinctl scan --json" printed, for the HTML report ---- */

/* Reads it into watch->scan. False, having said why. */
MUST_USE bool scan_report_read(const char *path, struct watch *watch);

#endif
