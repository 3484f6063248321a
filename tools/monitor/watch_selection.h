/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Which hosts a report shows, in which order, and the shortest report of all. */
#ifndef PINCTL_MONITOR_WATCH_SELECTION_H
#define PINCTL_MONITOR_WATCH_SELECTION_H

#include "cli/arguments.h"
#include "monitor/watch.h"

#define WATCH_OPTION_PROBLEMS FLAG(PROBLEMS, "problems", "only hosts that are not well")
#define WATCH_OPTION_SORT                                                                                    \
  OPTION(SORT, "sort", "state|name|expiry|time", "in which order (default: state, the worst first)",         \
         .one_of = true)

/* Does what these two options say. What was looked at is kept or counted before. */
void watch_select(const struct arguments *arguments, struct watch *watch);

/* For cron: one line for each host that is not well, with all that was found, and nothing where all are. */
void watch_print_brief(const struct watch *watch);

#endif
