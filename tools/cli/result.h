/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reports as JSON what a verb has changed, for --json. The verb itself does nothing for that: a listener
 * collects its messages, a file in place of standard output what it prints, and result_file what it writes.
 */
#ifndef PINCTL_CLI_RESULT_H
#define PINCTL_CLI_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/must_use.h"

/* Redirects standard output and starts to collect. False, having said why. */
MUST_USE bool result_begin(void);

/* Prints the report. command: the verb; status: its exit status, which is returned. */
int result_end(const char *command, bool dry_run, int status);

/* Notes a file that was written. action: "made", "changed" or "removed". Does nothing without result_begin.
 */
void result_file(const char *path, const char *action);
/* Notes the number of the change in the record of changes. */
void result_change(int64_t number);

/* Writes a file that the user has named, with result_file. False, having said why. */
MUST_USE bool result_write_file(const char *path, const char *text);

#endif
