/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads a policy for a verb. Where the policy cannot be used, these functions print the errors and a remedy
 * to stderr, so that the verb need not. */
#ifndef PINCTL_VIEW_USABLE_POLICY_H
#define PINCTL_VIEW_USABLE_POLICY_H

#include <stdbool.h>

#include "pinpolicy.h"
#include "view/enforced_policy.h"

/* policy_load and policy_ask, for verbs that need a valid policy. False, having printed its errors. */
MUST_USE bool policy_load_sound(const char *path, struct loaded_policy *ret_loaded);
MUST_USE bool policy_ask_sound(const char *path, struct loaded_policy *ret_loaded);

/*
 * enforced_policy_open and enforced_policy_ask, for verbs that show a policy. Where the text has errors,
 * these print the first of them, and which policy is used instead. False, having said why: none can be used.
 */
MUST_USE bool enforced_policy_show(const char *policy, struct enforced_policy *ret_enforced);
MUST_USE bool enforced_policy_show_one(const char *policy, struct enforced_policy *ret_enforced);

/* ---- What to do about a policy that cannot be used ---- */

/* Whether a policy of this status has no main file. */
bool policy_is_missing(const char *path, enum pin_status status);

/*
 * What to do about a policy that is missing, has errors or cannot be read, by its status. For free(3); NULL:
 * there is nothing to advise.
 */
char *policy_remedy(const char *path, enum pin_status status);
/* Prints that remedy as a note, where there is one. */
void policy_say_remedy(const char *path, enum pin_status status);

#endif
