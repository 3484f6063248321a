/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What the log hears of the policy: that it changed, that it cannot be used, and how often. */
#ifndef PIN_POLICY_NEWS_H
#define PIN_POLICY_NEWS_H

#include <stdint.h>

#include "policy_load.h"

/* Says that a running process has taken up another policy. */
void news_of_change(const char *path, const struct pin_policy *policy);

/*
 * Whether the next failure is to be told at all: a policy may stay broken for long, or out of sight. A
 * process in a chroot may look twice a second all its life. milliseconds: a clock that never goes back. For
 * the one who has the turn to read.
 */
bool news_are_due(int64_t milliseconds);

/* Whether what is wrong with the policy is to be told, too: at the first look of several in a row, then
 * rarely. */
bool news_of_mistakes_are_due(int64_t milliseconds);

/* Notes how a look ended. Unless `quiet`, says of any but a current policy what comes of it. */
void news_of_look(const char *path, enum load_result result, bool holds_policy, bool quiet,
                  int64_t milliseconds);

#endif
