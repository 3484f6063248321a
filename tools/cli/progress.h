/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Shows progress on standard error, where that is a terminal. */
#ifndef PINCTL_CLI_PROGRESS_H
#define PINCTL_CLI_PROGRESS_H

#include <stddef.h>

/*
 * Shows a line with what is being done and the elapsed time, from one second after the first progress_begin
 * on. It shows no percentage, since reading a policy does not report how far it is. what: static, e.g.
 * "reading the policy". Until progress_end only say_error and its like may print, and no other program may be
 * executed, since SIGALRM and its timer are in use.
 */
void progress_begin(const char *what);

/* Clears the line and stops. Does nothing without progress_begin. */
void progress_end(void);

/* Clears the line to make room for a message; it is shown again within a second. */
void progress_hide(void);

/* Draws a progress bar for work that can be counted; at the end, done == count, clears the line. */
void bar_show(size_t done, size_t count);

#endif
