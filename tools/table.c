/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <libsmartcols.h>

#include "escape.h"
#include "memory.h"

static void *checked(void *pointer) {
  if (pointer != NULL)
    return pointer;
  fputs("pinctl: out of memory\n", stderr);
  exit(3);
}

struct libscols_table *table_new(const char *const *headings, unsigned wrapping) {
  struct libscols_table *table = checked(scols_new_table());
  /* Escaped already: a second pass would escape the backslashes. */
  scols_table_enable_noencoding(table, 1);
  if (isatty(STDOUT_FILENO) != 1)
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
  for (size_t i = 0; headings[i] != NULL; i++)
    checked(scols_table_new_column(table, headings[i], 0, (wrapping >> i & 1) != 0 ? SCOLS_FL_WRAP : 0));
  return table;
}

void table_add(struct libscols_table *table, const char *const *texts) {
  struct libscols_line *line = checked(scols_table_new_line(table, NULL));
  for (size_t i = 0; i < scols_table_get_ncols(table); i++) {
    AUTO_TEXT escaped = escape_text(texts[i]);
    scols_line_set_data(line, i, escaped);
  }
}

void table_print(struct libscols_table *table) {
  scols_print_table(table);
  scols_unref_table(table);
}
