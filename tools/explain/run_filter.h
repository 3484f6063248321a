/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Another program that turns one text into another. */
#ifndef PINCTL_EXPLAIN_RUN_FILTER_H
#define PINCTL_EXPLAIN_RUN_FILTER_H

#include <stdbool.h>

#include "base/must_use.h"

/*
 * Runs a program, without a shell, with `input` on its standard input; command: its words, the first being
 * its path, ended by NULL. Returns false, having said why, where it cannot be run or does not succeed; else
 * *ret_output is what it printed, for free(3). What it says on standard error is passed on, escaped, when it
 * fails, and else dropped: it quotes its input.
 */
MUST_USE bool filter_run(char *const *command, const char *input, char **ret_output);

#endif
