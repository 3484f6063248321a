/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Writing the file of pauses. It never depends on the policy: that may be broken, or away. */
#ifndef PINCTL_EDIT_PAUSE_EDIT_H
#define PINCTL_EDIT_PAUSE_EDIT_H

#include "view/pauses.h"

/* An edit of the file: changes the pauses that hold now; what it takes out it must free. Returns an exit
 * status; nothing is written unless it is EXIT_DONE. */
typedef int pause_edit_fn(struct pauses *pauses, void *arg);

/*
 * Under a lock on the folder of the file, lets `edit` change what holds now, and writes the rest; a damaged
 * file counts as empty. Without a pause left the file goes. Returns an exit status, having said what failed.
 */
int pauses_edit(const char *path, int64_t now, pause_edit_fn *edit, void *arg);

/* Adds one, or puts it in the place of the one of the same name. Copies the name. */
void pauses_set(struct pauses *pauses, const struct pin_pause *pause);
/* Takes one out. False: there is none of this name. */
bool pauses_drop(struct pauses *pauses, const char *name);

#endif
