/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What to do about a policy that cannot be used: one place for all that meet such a one. */
#ifndef PINCTL_VIEW_POLICY_REMEDY_H
#define PINCTL_VIEW_POLICY_REMEDY_H

#include <stdbool.h>

#include "pinpolicy.h"

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
