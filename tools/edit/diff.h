/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The difference of two texts, as patch(1) reads it. */
#ifndef PINCTL_EDIT_DIFF_H
#define PINCTL_EDIT_DIFF_H

/*
 * Prints a unified diff to stdout, with all lines around the changes: drop-ins are short. old_text NULL: the
 * file is new; new_text NULL: it goes away. Nothing is printed where both are the same.
 */
void diff_print(const char *path, const char *old_text, const char *new_text);

/* The same for long files: only the change and three lines around it. */
void diff_print_near(const char *path, const char *old_text, const char *new_text);

/* For two texts of many thousand lines: takes time that grows with n log n, and shows only what is near
 * changes. */
void diff_print_large(const char *path, const char *old_text, const char *new_text);

#endif
