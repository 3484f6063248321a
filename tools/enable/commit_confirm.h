/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A change that is undone unless somebody confirms in time that the machine can still be reached. Until then
 * the old text is kept in a file beside the changed one, the saved file.
 */
#ifndef PINCTL_ENABLE_COMMIT_CONFIRM_H
#define PINCTL_ENABLE_COMMIT_CONFIRM_H

#include <stdbool.h>

#include "base/must_use.h"
#include "config/system_file.h"

/* Whether there is a saved file for this file, even one that a killed pinctl has left. */
bool confirm_is_waiting(const char *path);

/*
 * Whether a change of this file waits to be confirmed. If the target is open for writing, removes the saved
 * file of an interrupted "enable --confirm" that had changed nothing yet.
 */
bool confirm_is_pending(const struct target *target);

/*
 * Saves the old text and starts the timer: one of systemd if it runs, else a process that outlives the
 * session. To be called before the change. preload: the file is ld.so.preload. False, having said why, with
 * nothing left behind.
 */
MUST_USE bool confirm_arm(const struct target *target, long seconds, bool preload);

/* Confirms the change. An exit status: EXIT_FINDING: none was pending. */
MUST_USE int confirm_accept(const struct target *target);

/*
 * Restores the old text; only pinctl's own lines if somebody has edited the file since. An exit status;
 * nothing to undo is no failure.
 */
MUST_USE int confirm_undo(const struct target *target, bool preload);

/* Removes the saved file, and stops the timer if it is one of systemd. */
void confirm_forget(const struct target *target);

#endif
