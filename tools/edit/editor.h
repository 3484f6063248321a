/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The editor of the user. */
#ifndef PINCTL_EDIT_EDITOR_H
#define PINCTL_EDIT_EDITOR_H

#include <stdbool.h>

/*
 * Lets the user edit a file in $VISUAL, else $EDITOR, else "editor" or vi, and waits. False, having said why:
 * the editor could not be run, or failed.
 */
bool editor_run(const char *path);

#endif
