/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Programs that pinctl starts, and the ends of its children. */
#ifndef PINCTL_BASE_CHILD_H
#define PINCTL_BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/must_use.h"

/* What a program gets as its standard input, output and error. -1: pinctl's own. */
struct child_streams {
  int in, out, err;
};

/*
 * Starts a program without a shell, found in $PATH where its name has no slash. streams NULL: all are
 * pinctl's own. in_group: in a process group of its own, for child_wait_seconds. Returns 0 or an errno value.
 */
MUST_USE int child_start(char *const *command, const struct child_streams *streams, bool in_group,
                         pid_t *ret_child);

/* Waits for its end. Returns the status as in wait(2); -1, which is no success, if there is no such child. */
int child_wait(pid_t child);

/* The same for so many seconds at most; false: it had to be killed, with all of its process group. */
MUST_USE bool child_wait_seconds(pid_t child, long seconds, int *ret_status);

/* Whether it left with 0. */
bool child_succeeded(int status);

#endif
