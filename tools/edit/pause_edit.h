/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Writing the file of pauses. It never depends on the policy: that may be broken, or away. */
#ifndef PINCTL_EDIT_PAUSE_EDIT_H
#define PINCTL_EDIT_PAUSE_EDIT_H

#include "base/must_use.h"
#include "view/pauses.h"

/* An edit of the file: changes the pauses that hold now; what it takes out it must free. Returns an exit
 * status; nothing is written unless it is EXIT_DONE. */
typedef int pause_edit_fn(struct pauses *pauses, void *arg);

/*
 * Under a lock on the folder of the file, lets `edit` change what holds now, and writes the rest; a damaged
 * file counts as empty. Without a pause left the file goes. Where PIN_DEFAULT_PAUSE cannot be written they
 * stand in PIN_DISKLESS_PAUSE, which is said. Returns an exit status, having said what failed.
 */
MUST_USE int pauses_edit(const char *path, int64_t now, pause_edit_fn *edit, void *arg);

/*
 * Words behind root_remedy where a change of the policy failed for want of room or of a disk that takes
 * writing: that a pause of the system's policy, which may be what is needed, needs neither. Else "". Static.
 */
const char *pause_hint(const char *policy, int error);

/* Adds one, or puts it in the place of the one of the same name. Copies the name. */
void pauses_set(struct pauses *pauses, const struct pin_pause *pause);
/* Takes one out. False: there is none of this name. */
bool pauses_drop(struct pauses *pauses, const char *name);

#endif
