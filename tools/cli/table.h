/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Prints tables to stdout. On a terminal a table is made as wide as the terminal: first a wide cell goes
 * below its row, then whole columns are left out, and only then is a cell broken, between words or at the
 * dots of a name. Elsewhere nothing is cut. At most a thousand rows, or 1 MiB, are kept in memory before they
 * are printed; a wider cell in later rows makes its column wider from there on.
 */
#ifndef PINCTL_CLI_TABLE_H
#define PINCTL_CLI_TABLE_H

#include <stdbool.h>

#define TABLE_MOST_COLUMNS 10

struct table_form {
  const char *const *headings; /* ended by NULL */
  unsigned wrapping;           /* a bit for each column that may be broken over lines */
  const char *dispensable;     /* the columns that may be left out, as digits in this order; NULL: none */
  unsigned lower;              /* a bit for each further column that may go below its row */
  bool below;                  /* a last column that does not fit goes below its row, broken between words */
  const char *obvious; /* a text of the last column that is left out where it has no room; NULL: none */
};

struct table;

/* The form must outlive it. */
struct table *table_new(const struct table_form *form);
/* Adds a row. The texts, as many as there are headings, are copied and escaped. A row with only a last column
 * continues the row before it. */
void table_add(struct table *table, const char *const *texts);
/* Prints the rest and frees the table. */
void table_print(struct table *table);

#endif
