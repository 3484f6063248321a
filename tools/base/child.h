/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Child processes: starting another program and waiting for its end. */
#ifndef PINCTL_BASE_CHILD_H
#define PINCTL_BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/must_use.h"

/* The descriptors that become a program's standard input, output and error. -1: it gets pinctl's own. */
struct child_streams {
  int in, out, err;
};

/*
 * Starts a program without a shell, found in $PATH where its name has no slash. streams NULL: it gets all of
 * pinctl's own. in_group: the child leads a new process group, as child_wait_seconds needs. Returns 0 or an
 * errno value.
 */
MUST_USE int child_start(char *const *command, const struct child_streams *streams, bool in_group,
                         pid_t *ret_child);

/* Waits until the child ends. Returns its status as in wait(2), or -1, a failure, if there is no such child.
 */
int child_wait(pid_t child);

/* Waits at most so many seconds. False: the time was over, and the whole process group was killed. */
MUST_USE bool child_wait_seconds(pid_t child, long seconds, int *ret_status);

/* Whether a status of wait(2) means that the child exited with 0. */
bool child_succeeded(int status);

#endif
