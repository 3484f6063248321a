/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The difference of two texts, as patch(1) reads it. */
#ifndef PINCTL_EDIT_DIFF_H
#define PINCTL_EDIT_DIFF_H

#include <stddef.h>
#include <stdint.h>

#define DIFF_AROUND ((size_t)3)
#define DIFF_WHOLE (SIZE_MAX / 2)

/*
 * Prints a unified diff to stdout, with so many lines around the changes. old_text NULL: the file is new;
 * new_text NULL: it goes away. Nothing is printed where both are the same.
 */
void diff_print(const char *path, const char *old_text, const char *new_text, size_t around);

#endif
