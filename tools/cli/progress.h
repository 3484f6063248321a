/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What is being done, and how far it is; only where standard error is a terminal. */
#ifndef PINCTL_CLI_PROGRESS_H
#define PINCTL_CLI_PROGRESS_H

#include <stddef.h>

/*
 * A line that says what is being done and for how long, from one second after the first progress_begin on. It
 * shows elapsed time and no share of the work, since reading a policy does not say how far it is. what:
 * static, e.g. "reading the policy". Until progress_end nothing may be printed but by say_error and its like,
 * and no other program be executed: SIGALRM and its timer are taken.
 */
void progress_begin(const char *what);

/* Clears the line, if there is one, and stops. Nothing happens where nothing was begun. */
void progress_end(void);

/* Clears the line to make room for a message; it comes again with the next second. */
void progress_hide(void);

/* A bar for what can be counted. Draws it anew; at the end, done == count, clears the line. */
void bar_show(size_t done, size_t count);

#endif
