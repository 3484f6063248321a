/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What is almost surely a mistake is changed only when somebody says so. */
#ifndef PINCTL_CLI_DOUBTS_H
#define PINCTL_CLI_DOUBTS_H

#include <stdbool.h>

#include "base/memory.h"
#include "base/must_use.h"

/*
 * Says each doubt. EXIT_DONE where there is none, where `yes` was given, or where somebody on the terminal
 * answers yes within two minutes; else EXIT_FINDING, having said that nothing was changed. subject: what it
 * is about.
 */
MUST_USE int doubts_settle(const struct text_list *doubts, const char *subject, bool yes, bool dry_run);

#endif
