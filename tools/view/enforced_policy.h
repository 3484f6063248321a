/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The policy that processes go by: its text where that is in order, else the last good one. */
#ifndef PINCTL_VIEW_ENFORCED_POLICY_H
#define PINCTL_VIEW_ENFORCED_POLICY_H

#include "base/must_use.h"
#include "view/loaded_policy.h"

struct enforced_policy {
  struct pin_policy policy; /* to be asked */
  struct loaded_policy loaded;
  struct pin_compiled compiled; /* in use only where last_good */
  bool last_good;               /* the text is broken or away, and this is the compiled form of what was */
  char *form;                   /* where that is; NULL where it is not */
};

/*
 * Reads the text, and where that is not in order the compiled form. Prints nothing but progress. False:
 * neither can be used; *ret_enforced then holds the diagnostics of the text. To be closed in any case.
 */
MUST_USE bool enforced_policy_open(const char *policy, struct enforced_policy *ret_enforced);
void enforced_policy_close(struct enforced_policy *enforced);

/* One without entries. False, having said why; to be closed in any case. */
MUST_USE bool enforced_policy_empty(struct enforced_policy *ret_enforced);

/* The same, for whoever asks as policy_ask lets him. */
MUST_USE bool enforced_policy_ask(const char *policy, struct enforced_policy *ret_enforced);

/* How many hosts the compiled form of a policy enforces; *ret_form, for free(3): where that is. */
uint32_t last_good_hosts(const char *policy, char **ret_form);

#endif
