/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Logs that the policy changed or cannot be used, and limits how often. Only for the thread that has the
 * turn (reading_turn.h); called by policy_store.c. */
#ifndef PIN_POLICY_NEWS_H
#define PIN_POLICY_NEWS_H

#include <stdint.h>

#include "policy_load.h"

/* Logs that a running process has taken up another policy. */
void news_of_change(const char *path, const struct pin_policy *policy);

/* Whether the next failure should be logged. A policy may be broken or out of sight for long: a process in
 * a chroot may look twice a second all its life. milliseconds: from a clock that never goes back. */
bool news_are_due(int64_t milliseconds);

/* Whether mistakes in the text should be logged too: at the first of several failures, then rarely. */
bool news_of_mistakes_are_due(int64_t milliseconds);

/* Notes how a look ended. Unless `quiet`, logs a result that is not LOAD_CURRENT and its consequence.
 * holds_policy: an earlier policy stays in force. */
void news_of_look(const char *path, enum load_result result, bool holds_policy, bool quiet,
                  int64_t milliseconds);

#endif
