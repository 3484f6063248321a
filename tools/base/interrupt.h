/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Defers the signals that ask pinctl to end while it does something that must not be left half done. They are
 * only noted then and take effect afterwards. A signal that is ignored, by nohup(1) for example, stays
 * ignored.
 */
#ifndef PINCTL_BASE_INTERRUPT_H
#define PINCTL_BASE_INTERRUPT_H

#include <stdbool.h>

/* ---- While many servers are asked ---- */

/* From here on the first SIGINT is only noted, so that a report of the results so far can follow. A second
 * one ends the process. */
void interrupt_hold(void);
/* Restores the action that SIGINT had before. */
void interrupt_release(void);
/* Whether SIGINT came; is_over of struct probe_settings. */
bool interrupt_noted(void);

/* ---- While files are changed ---- */

/*
 * From here on SIGINT, SIGTERM and SIGHUP are only noted, however often they come, and SIGPIPE is without
 * effect. A blocking system call returns with EINTR. Calls nest.
 */
void end_defer(void);
/* The call that matches the first end_defer restores the signals. A signal that was noted takes effect now,
 * which usually ends the process. */
void end_deliver(void);

/* The signal that came since end_defer; 0: none, or end_too_late was called. */
int end_asked(void);
/* The signal that came since end_defer, also after end_too_late; 0: none. */
int end_noted(void);
/* From here on, until the last end_deliver, the work is finished whatever signal comes. */
void end_too_late(void);

/* Whether end_deliver leaves the effect of a signal to end_now, so that pinctl can still print something. */
void end_postpone(bool postpone);
/* Lets a noted signal take effect; does nothing where there is none. */
void end_now(void);
/* For a child of fork(2) that does other work: restores the signals and forgets those that were noted. */
void end_forget(void);

#endif
