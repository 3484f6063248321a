/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* A change to entries that the policy already has, from the lock to the commit. */
#ifndef PINCTL_EDIT_ENTRY_EDIT_H
#define PINCTL_EDIT_ENTRY_EDIT_H

#include "base/must_use.h"
#include "edit/existing_entry.h"

struct edit {
  struct change *change; /* NULL: it could not be begun */
  struct standings standings;
};

/*
 * Waits for the lock and reads the entries for `host` (canonical). Returns an exit status, having said why;
 * to be ended in any case.
 */
MUST_USE int edit_begin(const char *policy, bool dry_run, const char *host, struct edit *ret_edit);

/* Stages every drop-in that no longer says what its file says. Returns how many. Once, before the commit. */
size_t edit_stage(struct edit *edit);

/* Releases the lock. What was not committed never happened. */
void edit_end(struct edit *edit);

#endif
