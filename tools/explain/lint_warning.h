/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Adds warnings; shared by the files of the lint. */
#ifndef PINCTL_EXPLAIN_LINT_WARNING_H
#define PINCTL_EXPLAIN_LINT_WARNING_H

#include "view/diagnostics.h"

/* Adds a warning at the entry's name. lint_grave: about what is almost surely a mistake. */
void lint_warn(struct diagnostics *diagnostics, const struct pin_entry *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void lint_grave(struct diagnostics *diagnostics, const struct pin_entry *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For qsort(3): puts entries with the same lists side by side; 0: the lists are the same. */
int lint_compare_lists(const void *a, const void *b);

#endif
