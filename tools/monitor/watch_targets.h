/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Which servers a verb looks at, and asking them. */
#ifndef PINCTL_MONITOR_WATCH_TARGETS_H
#define PINCTL_MONITOR_WATCH_TARGETS_H

#include "base/must_use.h"
#include "cli/arguments.h"
#include "monitor/watch.h"

/* The operands, HOST[:PORT] each; `patterns`: those are left for targets_by_patterns. Returns false, having
 * said how the verb is used. */
MUST_USE bool targets_from_operands(const struct arguments *arguments, bool patterns, struct watch *watch);

/* Whether every operand is HOST[:PORT] that somebody may answer to.
 * False, having said how the verb is used. */
bool operands_can_be_asked(const struct arguments *arguments);

/*
 * The operands; HOST alone stands for all servers that the entries of exactly this name name, and for port
 * 443 where there is none. Returns false, having said why.
 */
MUST_USE bool targets_of_hosts(const struct arguments *arguments, const struct pin_policy *policy,
                               struct watch *watch);

/*
 * The servers that the policy names and some operand is a pattern of (view/name_match.h), in the order of
 * their names. Returns false, having said so, where a pattern fits none.
 */
MUST_USE bool targets_by_patterns(const struct arguments *arguments, const struct pin_policy *policy,
                                  struct watch *watch);

/*
 * All servers that the entries of a policy name, by name; wildcards name none, and are counted. Returns
 * false, having said why, where there is none.
 */
MUST_USE bool targets_from_policy(const struct arguments *arguments, const struct pin_policy *policy,
                                  struct watch *watch);

/*
 * Hosts that are watched whether they are pinned or not: HOST[:PORT] a line, "#" begins a comment; or a JSON
 * array of such texts, or of objects with "host" and "port". To be called while there are no others; these
 * are not added again by the functions above. False, having said file, line and what was expected.
 */
MUST_USE bool targets_from_list(const struct arguments *arguments, const char *path, struct watch *watch);

/* probe_all for the hosts of a watch; sets the time it took. */
MUST_USE bool targets_ask(struct watch *watch, const struct probe_settings *settings, probe_result_fn *done,
                          void *arg);

/*
 * The same, taking what each server showed into the watch (watch_take), with a progress bar. SIGINT ends it
 * early: then it says so and returns false, and the watch has only those hosts that were looked at.
 */
MUST_USE bool targets_look(struct watch *watch, const struct pin_policy *policy,
                           const struct probe_settings *settings);

/* ---- Which hosts a report shows, in which order, and the shortest report of all ---- */

#define WATCH_OPTION_PROBLEMS FLAG(PROBLEMS, "problems", "show only hosts with problems")
#define WATCH_OPTION_SORT                                                                                    \
  OPTION(SORT, "sort", "state|name|expiry|time", "the order of hosts (default: state, worst first)",         \
         .one_of = true)

/* Does what these two options say. What was looked at is kept or counted before. */
void watch_select(const struct arguments *arguments, struct watch *watch);

/* For cron: one line for each host that is not well, with all that was found, and nothing where all are. */
void watch_print_brief(const struct watch *watch);

#endif
