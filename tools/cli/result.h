/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What a verb that changes something did, as JSON. The verb does not know: what it says is gathered by
 * say_error and its like, what it prints by a file in the place of standard output, what it writes by
 * result_file.
 */
#ifndef PINCTL_CLI_RESULT_H
#define PINCTL_CLI_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/must_use.h"

/* From here on standard output is kept back. False, having said why. */
MUST_USE bool result_begin(void);

/* Prints it; `command`: the verb, `status`: of its run. Returns the exit status. */
int result_end(const char *command, bool dry_run, int status);

/* A file that was written; action: "made", "changed" or "removed". Nothing happens without result_begin. */
void result_file(const char *path, const char *action);
/* The number of the change in the record of changes. */
void result_change(int64_t number);
#endif
