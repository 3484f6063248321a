/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The policy that processes enforce: its text where that has no errors, else the last good policy, which is
 * the compiled form. */
#ifndef PINCTL_VIEW_ENFORCED_POLICY_H
#define PINCTL_VIEW_ENFORCED_POLICY_H

#include "base/must_use.h"
#include "view/loaded_policy.h"

struct enforced_policy {
  struct pin_policy policy;     /* the one to look hosts up in */
  struct loaded_policy loaded;  /* the diagnostics of the text; its image, or that of the compiled form */
  struct pin_compiled compiled; /* open only where last_good */
  bool last_good;               /* the text has errors or is missing; `policy` is the compiled form */
  char *form;                   /* the path of the compiled form; NULL unless last_good */
};

/*
 * Reads the text, or the compiled form where the text has errors or is missing. Prints nothing but progress.
 * False: neither can be used; *ret_enforced then holds the diagnostics of the text. To be closed in any case.
 */
MUST_USE bool enforced_policy_open(const char *policy, struct enforced_policy *ret_enforced);
void enforced_policy_close(struct enforced_policy *enforced);

/* Makes a policy without entries. False, having said why; to be closed in any case. */
MUST_USE bool enforced_policy_empty(struct enforced_policy *ret_enforced);

/* enforced_policy_open with the limits of policy_ask: a large image stays in its file. */
MUST_USE bool enforced_policy_ask(const char *policy, struct enforced_policy *ret_enforced);

/* The compiled form alone, whole in memory. False: there is none of this policy; to be closed in any case. */
MUST_USE bool last_good_policy_open(const char *policy, struct enforced_policy *ret_enforced);

/* How many hosts the compiled form of a policy has; *ret_form: its path, for free(3), NULL: there is none. */
uint32_t last_good_hosts(const char *policy, char **ret_form);

#endif
