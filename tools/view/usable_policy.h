/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* A policy for verbs: where it cannot be used, they are spared to say why, and what to do. All of that is on
 * stderr. */
#ifndef PINCTL_VIEW_USABLE_POLICY_H
#define PINCTL_VIEW_USABLE_POLICY_H

#include <stdbool.h>

#include "pinpolicy.h"
#include "view/enforced_policy.h"

/* policy_load and policy_ask, for verbs that need a valid policy. False, having printed its errors: it is
 * not. */
MUST_USE bool policy_load_sound(const char *path, struct loaded_policy *ret_loaded);
MUST_USE bool policy_ask_sound(const char *path, struct loaded_policy *ret_loaded);

/*
 * enforced_policy_open and enforced_policy_ask, for verbs that show a policy: where the text is broken, this
 * says so first, and what it goes by. False, having said why: nothing can be used.
 */
MUST_USE bool enforced_policy_show(const char *policy, struct enforced_policy *ret_enforced);
MUST_USE bool enforced_policy_show_one(const char *policy, struct enforced_policy *ret_enforced);

/* ---- What to do about a policy that cannot be used: one place for all that meet such a one ---- */

/* Whether a policy of this status has no main file. */
bool policy_is_missing(const char *path, enum pin_status status);

/* " --policy PATH" where a command that is told needs it, else "". For free(3). */
char *policy_option(const char *path);

/*
 * What to do about the policy at `path`, which is missing, has errors or cannot be read, as its status says.
 * For free(3); NULL: there is nothing to advise.
 */
char *policy_remedy(const char *path, enum pin_status status);
/* The same as a note, if there is any. */
void policy_say_remedy(const char *path, enum pin_status status);

#endif
