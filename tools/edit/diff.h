/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Prints the difference of two texts as a unified diff. */
#ifndef PINCTL_EDIT_DIFF_H
#define PINCTL_EDIT_DIFF_H

#include <stddef.h>
#include <stdint.h>

/* Values for `around`: the usual context, and the whole text. */
#define DIFF_AROUND ((size_t)3)
#define DIFF_WHOLE (SIZE_MAX / 2)

/*
 * Prints a unified diff to stdout, with `around` lines of context. old_text NULL: the file is new; new_text
 * NULL: it is removed. Prints nothing where both texts are equal.
 */
void diff_print(const char *path, const char *old_text, const char *new_text, size_t around);

#endif
