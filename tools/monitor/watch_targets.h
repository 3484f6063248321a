/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Which servers a verb looks at, and asking them. */
#ifndef PINCTL_MONITOR_WATCH_TARGETS_H
#define PINCTL_MONITOR_WATCH_TARGETS_H

#include "cli/arguments.h"
#include "monitor/watch.h"

/* The operands, HOST[:PORT] each. Returns false, having said how the verb is used. */
bool targets_from_operands(const struct arguments *arguments, struct watch *watch);

/* Whether every operand is HOST[:PORT] that somebody may answer to. False, having said how the verb is used.
 */
bool operands_can_be_asked(const struct arguments *arguments);

/*
 * The operands; HOST alone stands for all servers that the entries of exactly this name name, and for port
 * 443 where there is none. Returns false, having said why.
 */
bool targets_of_hosts(const struct arguments *arguments, const struct pin_policy *policy,
                      struct watch *watch);

/*
 * All servers that the entries of a policy name, by name; wildcards are left out with a note. Returns false,
 * having said why, where there is none.
 */
bool targets_from_policy(const struct arguments *arguments, const struct pin_policy *policy,
                         struct watch *watch);

/* probe_all for the hosts of a watch; sets the time it took. */
bool targets_ask(struct watch *watch, const struct probe_settings *settings, probe_result_fn *done,
                 void *arg);

/* The same, taking what each server showed into the watch (watch_take), with a progress bar. */
bool targets_look(struct watch *watch, const struct pin_policy *policy,
                  const struct probe_settings *settings);

#endif
