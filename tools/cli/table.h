/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Tables on stdout: as wide as the terminal on a terminal, and never cut elsewhere. */
#ifndef PINCTL_CLI_TABLE_H
#define PINCTL_CLI_TABLE_H

#include <stddef.h>

struct libscols_table;

/* headings: ended by NULL. Columns listed in `wrapping` (a bit each) break over lines where it is too narrow.
 */
struct libscols_table *table_new(const char *const *headings, unsigned wrapping);
/* One row; the texts, as many as there are headings, are copied and escaped. */
void table_add(struct libscols_table *table, const char *const *texts);
/* Prints and frees it. */
void table_print(struct libscols_table *table);

#endif
