/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Chooses the servers that a verb asks, and asks them. */
#ifndef PINCTL_MONITOR_WATCH_TARGETS_H
#define PINCTL_MONITOR_WATCH_TARGETS_H

#include "base/must_use.h"
#include "cli/arguments.h"
#include "monitor/watch.h"

/* Adds the operands, each HOST[:PORT]. patterns: those are left for targets_by_patterns. Returns false,
 * having said how the verb is used. */
MUST_USE bool targets_from_operands(const struct arguments *arguments, bool patterns, struct watch *watch);

/* Whether every operand is a HOST[:PORT] that can be asked. False, having said how the verb is used. */
bool operands_can_be_asked(const struct arguments *arguments);

/*
 * Adds the operands. HOST without a port stands for all ports of the entries with exactly this name, or for
 * port 443 if there is no such entry. Returns false, having said why.
 */
MUST_USE bool targets_of_hosts(const struct arguments *arguments, const struct pin_policy *policy,
                               struct watch *watch);

/*
 * Adds the servers of the policy that match the patterns among the operands (view/name_match.h), by name.
 * Returns false, having said so, if a pattern matches none.
 */
MUST_USE bool targets_by_patterns(const struct arguments *arguments, const struct pin_policy *policy,
                                  struct watch *watch);

/*
 * Adds all servers that the entries of a policy name, by name. Wildcards name none and are only counted.
 * Returns false, having said why, if there is none.
 */
MUST_USE bool targets_from_policy(const struct arguments *arguments, const struct pin_policy *policy,
                                  struct watch *watch);

/*
 * Adds the hosts of a file, to be watched whether they are pinned or not: a line each, HOST[:PORT], with
 * comments behind "#"; or a JSON or YAML array of such texts, or of objects with "host" and "port". To be
 * called first; the functions above do not add these hosts again. False, having said file, line and what was
 * expected.
 */
MUST_USE bool targets_from_list(const struct arguments *arguments, const char *path, struct watch *watch);

/* Runs probe_all for all hosts of a watch, and sets watch->seconds. */
MUST_USE bool targets_ask(struct watch *watch, const struct probe_settings *settings, probe_result_fn *done,
                          void *arg);

/*
 * The same, with watch_examine for each result and a progress bar. SIGINT ends it early: then it says so,
 * returns false, and leaves only the hosts that were checked in the watch.
 */
MUST_USE bool targets_look(struct watch *watch, const struct pin_policy *policy,
                           const struct probe_settings *settings);

/* ---- Which hosts a report shows, their order, and the shortest report ---- */

#define WATCH_OPTION_PROBLEMS FLAG(PROBLEMS, "problems", "show only hosts with problems")
#define WATCH_OPTION_SORT                                                                                    \
  OPTION(SORT, "sort", "state|name|expiry|time", "the order of hosts (default: state, worst first)",         \
         .one_of = true)

/* Filters and sorts the hosts by these two options. To be called after the history has recorded all. */
void watch_select(const struct arguments *arguments, struct watch *watch);

/* For cron: one line with all findings for each host that has any; nothing if none has. */
void watch_print_brief(const struct watch *watch);

#endif
