/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What the files of the lint share. */
#ifndef PINCTL_EXPLAIN_LINT_WARNING_H
#define PINCTL_EXPLAIN_LINT_WARNING_H

#include "view/diagnostics.h"

/* One warning at the entry's name. lint_grave: of what is almost surely a mistake. */
void lint_warn(struct diagnostics *diagnostics, const struct pin_entry *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void lint_grave(struct diagnostics *diagnostics, const struct pin_entry *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An order for qsort in which entries with the same lists stand side by side; 0: they have the same. */
int lint_compare_lists(const void *a, const void *b);

#endif
