/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Signals that ask pinctl to end while something must not be left half done. They are only noted then, and
 * have their effect at the end. What is ignored, by nohup(1) say, stays so.
 */
#ifndef PINCTL_BASE_INTERRUPT_H
#define PINCTL_BASE_INTERRUPT_H

#include <stdbool.h>

/* ---- While many servers are asked ---- */

/*
 * From here on the first interrupt (SIGINT) is only noted; a second one ends the process, for whoever does
 * not want to wait for what is there.
 */
void interrupt_hold(void);
void interrupt_release(void);
/* As is_over of struct probe_settings. */
bool interrupt_noted(void);

/* ---- While files are changed ---- */

/*
 * From here on SIGINT, SIGTERM and SIGHUP are only noted, however often they come, and a pipe that nobody
 * reads ends nothing. A call of the system that waits returns with EINTR. Nests.
 */
void end_defer(void);
/* Back to what it was before the first of them: a signal that was noted has its effect now, and most often
 * ends the process. */
void end_deliver(void);

/* The signal that asks to end since end_defer; 0: none, or what was begun is to be carried through. */
int end_asked(void);
/* The same, also where it is too late. */
int end_noted(void);
/* From here on, until the last end_deliver, what was begun is carried through. */
void end_too_late(void);

/* Whether end_deliver leaves the effect to end_now: for whoever has something to say before the end. */
void end_postpone(bool postpone);
/* The effect of a signal that is noted still, if there is one. */
void end_now(void);
/* In a child of fork(2) that goes its own way: nothing is deferred or noted. */
void end_forget(void);

#endif
