/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Changes the file of pauses. This works while the policy has errors or is missing. */
#ifndef PINCTL_EDIT_PAUSE_EDIT_H
#define PINCTL_EDIT_PAUSE_EDIT_H

#include "base/must_use.h"
#include "view/pauses.h"

/* Changes the pauses that are in force; must free what it removes. Returns an exit status; unless that is
 * EXIT_DONE nothing is written. */
typedef int pause_edit_fn(struct pauses *pauses, void *arg);

/*
 * Under a lock, reads the pauses in force, lets `edit` change them, and writes them. A damaged file counts as
 * empty; the file is removed where no pause is left. Where PIN_DEFAULT_PAUSE cannot be written, they are
 * written to PIN_DISKLESS_PAUSE, with a warning. Returns an exit status, having said what failed.
 */
MUST_USE int pauses_edit(const char *path, int64_t now, pause_edit_fn *edit, void *arg);

/*
 * Advice behind root_remedy where a change of the system's policy failed because the disk is full or
 * read-only: a pause works all the same. Else "". Static.
 */
const char *pause_hint(const char *policy, int error);

/* Adds a pause, or replaces that of the same name. Copies the name. */
void pauses_set(struct pauses *pauses, const struct pin_pause *pause);
/* Removes the pause of a name. False: there is none. */
bool pauses_drop(struct pauses *pauses, const char *name);

#endif
