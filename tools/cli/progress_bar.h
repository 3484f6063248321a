/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* A progress bar on standard error, where that is a terminal. */
#ifndef PINCTL_CLI_PROGRESS_BAR_H
#define PINCTL_CLI_PROGRESS_BAR_H

#include <stddef.h>

/* Draws the bar anew; at the end, done == count, clears the line. */
void bar_show(size_t done, size_t count);

#endif
