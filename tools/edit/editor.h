/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The editor of the user. */
#ifndef PINCTL_EDIT_EDITOR_H
#define PINCTL_EDIT_EDITOR_H

#include <stdbool.h>

#include "base/must_use.h"

/*
 * Lets the user edit a file in $VISUAL, else $EDITOR, else "editor" or vi, and waits. False: the editor could
 * not be run, or failed, and it said so; or pinctl was asked to end meanwhile (end_defer). The editor may
 * have written what it had by then.
 */
MUST_USE bool editor_run(const char *path);

#endif
