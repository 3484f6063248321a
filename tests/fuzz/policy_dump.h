/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The contents of a policy as a text, which is the same for the same policy however it was read. */
#ifndef FUZZ_POLICY_DUMP_H
#define FUZZ_POLICY_DUMP_H

#include "pinpolicy.h"

/* One line for each entry and one for the settings. Start with {0}. */
struct dump {
  char **lines;
  size_t count;
};

/* Only the settings of the policy: mode, certificate_names, unlisted, blocked_keys, exempt_anchors. */
void dump_add_settings(struct dump *dump, const struct pin_policy *policy);
/* All of the entry except its file and position. */
void dump_add_entry(struct dump *dump, const struct pin_entry *entry);
/* Returns the sorted lines, for free(3), and empties the dump. */
char *dump_finish(struct dump *dump);

/*
 * Gives the whole text to libconfig, and walks through its tree by the rules of pinning-policy(5) until the
 * first mistake. Shares with libpinpolicy only the readers of single values (digests, dates, names). For
 * free(3); NULL: refused.
 */
char *reference_dump(const char *text);
/* Why the last text was refused. */
const char *reference_refusal(void);

#endif
