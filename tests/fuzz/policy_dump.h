/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What a policy says, as a text that is the same for the same policy however it was read. */
#ifndef FUZZ_POLICY_DUMP_H
#define FUZZ_POLICY_DUMP_H

#include "pinpolicy.h"

/* One line for each entry and one for the settings. Start with {0}. */
struct dump {
  char **lines;
  size_t count;
};

/* Of the policy its settings alone: mode, certificate_names, unlisted, blocked_keys, exempt_anchors. */
void dump_add_settings(struct dump *dump, const struct pin_policy *policy);
/* Of the entry all but its file and place. */
void dump_add_entry(struct dump *dump, const struct pin_entry *entry);
/* The lines in their order, for free(3). The dump is empty again. */
char *dump_finish(struct dump *dump);

/*
 * Hands the whole text to libconfig and walks through its tree by the rules of pinning-policy(5), stopping at
 * the first mistake. Shares with libpinpolicy the readers of single values (digests, dates, names) and
 * nothing else. For free(3); NULL: refused.
 */
char *reference_dump(const char *text);
/* Why the last text was refused. */
const char *reference_refusal(void);

#endif
