/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Notifies of changes, once each. The history keeps what each way (notify/notify.h) was told. A run compares
 * its findings with that, and writes the changes to be told into the history, in one transaction with the
 * keys that it saw. Then one process at a time sends the changes and removes them. So no change is lost;
 * those that a killed process may have sent are sent again, and marked.
 */
#ifndef PINCTL_MONITOR_ALARMS_H
#define PINCTL_MONITOR_ALARMS_H

#include "base/must_use.h"
#include "monitor/history.h"
#include "notify/notify.h"

/*
 * Does what history_record does, and in the same transaction records the changes to be told. Findings of a
 * server that does not answer now stay as they are. A run over all hosts forgets hosts that are not watched
 * any more, and tells nobody. Returns false, having said why, with nothing recorded.
 */
MUST_USE bool alarms_record(struct history *history, struct watch *watch,
                            const struct notify_settings *settings);

/*
 * Sends the changes that wait for the ways of the settings, also from earlier runs. A way that fails becomes
 * a finding, "not-told", of watch->machine, which the other ways are told of; its changes wait for the next
 * run. policy: judges connections to others; NULL: none with TLS is made. False, having said why: the history
 * failed.
 */
MUST_USE bool alarms_tell(struct history *history, struct watch *watch,
                          const struct notify_settings *settings, const struct pin_policy *policy);

#endif
