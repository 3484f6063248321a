/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Telling of changes, once each. What each way (notify/notify.h) knows is in the history: a run compares what
 * it found with that, and leaves what is to be told there, in one transaction with what it saw. Then it is
 * told, by one process at a time, and taken out. So nothing is forgotten; what a process that was killed may
 * have told is told again, marked.
 */
#ifndef PINCTL_MONITOR_ALARMS_H
#define PINCTL_MONITOR_ALARMS_H

#include "base/must_use.h"
#include "monitor/history.h"
#include "notify/notify.h"

/*
 * history_record, and in the same transaction what is to be told of it. What was found at a server before and
 * cannot be looked at now, for it does not answer, stays as it is; what is not watched any more is forgotten
 * by a whole run, and not told of. Returns false, having said why, with
 * nothing recorded.
 */
MUST_USE bool alarms_record(struct history *history, struct watch *watch,
                            const struct notify_settings *settings);

/*
 * Tells what waits for the ways of the settings, also from earlier runs. A way that fails becomes a finding,
 * "not-told", of watch->machine, which the other ways are told of; its changes wait for the next run. policy:
 * for connections to others; NULL: none with TLS is made. False, having said why, where the history failed.
 */
MUST_USE bool alarms_tell(struct history *history, struct watch *watch,
                          const struct notify_settings *settings, const struct pin_policy *policy);

#endif
