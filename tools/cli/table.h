/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Tables on stdout. On a terminal they are as wide as it: what has no room goes below its row, then whole
 * columns are left out, and only then is a cell broken, between words or at the dots of a name. Elsewhere
 * nothing is cut. However many rows there are, a thousand of them, or 1 MiB, are kept until they are printed;
 * what is wider in later ones makes the column wider from there on.
 */
#ifndef PINCTL_CLI_TABLE_H
#define PINCTL_CLI_TABLE_H

#include <stdbool.h>

#define TABLE_MOST_COLUMNS 10

struct table_form {
  const char *const *headings; /* ended by NULL */
  unsigned wrapping;           /* a bit for each column that may be broken over lines */
  const char *dispensable;     /* digits: the columns that may be left out, the first one first; NULL: none */
  unsigned lower; /* a bit for each column that goes below its row, too, before a cell is broken */
  bool below;     /* what does not fit into the last column goes below its row, where no word is broken */
  const char *obvious; /* what the last column need not say where it has no room; NULL: nothing */
};

struct table;

/* The form must outlive it. */
struct table *table_new(const struct table_form *form);
/* One row; the texts, as many as there are headings, are copied and escaped. A row that is empty but for the
 * last column goes on with the one before it. */
void table_add(struct table *table, const char *const *texts);
/* Prints what has not been printed yet, and frees it. */
void table_print(struct table *table);

#endif
