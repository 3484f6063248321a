/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A change that puts itself back unless somebody confirms in time that the machine can still be reached. The
 * old text waits beside the file, under a name of its own, until then.
 */
#ifndef PINCTL_ENABLE_COMMIT_CONFIRM_H
#define PINCTL_ENABLE_COMMIT_CONFIRM_H

#include <stdbool.h>

#include "base/must_use.h"
#include "config/system_file.h"

/* Whether something waits for this file, be it only the rest of a pinctl that was killed. */
bool confirm_is_waiting(const char *path);

/*
 * Whether a change of this file waits to be confirmed. Where the target is open for writing, what an
 * interrupted "enable --confirm" left that had changed nothing yet is cleared away.
 */
bool confirm_is_pending(const struct target *target);

/*
 * Keeps the old text, and arms the timer: one of systemd's where it runs, else a process of its own, which
 * outlives the session. To be called before the change. preload: this is ld.so.preload. False, having said
 * why, with nothing left behind.
 */
MUST_USE bool confirm_arm(const struct target *target, long seconds, bool preload);

/* The change stays. An exit status: EXIT_FINDING where nothing was waiting. */
MUST_USE int confirm_accept(const struct target *target);

/*
 * Puts the old text back, or, where somebody has edited the file since then, only pinctl's own lines. An exit
 * status; nothing to undo is no failure.
 */
MUST_USE int confirm_undo(const struct target *target, bool preload);

/* Forgets the old text, and stops the timer, if it is one of systemd's. */
void confirm_forget(const struct target *target);

#endif
