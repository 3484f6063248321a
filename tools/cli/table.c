/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libsmartcols.h>

#include "base/escape.h"
#include "base/memory.h"

/* As narrow as a wrapped column may become: what is narrower is no longer read, however long a host's name.
 */
#define NARROWEST 16

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
  for (size_t i = 0; headings[i] != NULL; i++) {
    bool wraps = (wrapping >> i & 1) != 0;
    struct libscols_column *column =
        checked(scols_table_new_column(table, headings[i], 0, wraps ? SCOLS_FL_WRAP : 0));
    if (wraps)
      scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
  }
  return table;
}

void table_add(struct libscols_table *table, const char *const *texts) {
  struct libscols_line *line = checked(scols_table_new_line(table, NULL));
  for (size_t i = 0; i < scols_table_get_ncols(table); i++) {
    AUTO_TEXT escaped = escape_text(texts[i]);
    scols_line_set_data(line, i, escaped);
  }
}

/* NULL: the cell is empty. */
static const char *text_at(struct libscols_table *table, size_t row, size_t column) {
  return scols_cell_get_data(scols_line_get_cell(scols_table_get_line(table, row), column));
}

/* The columns that the whole of a column's cells takes. */
static size_t natural_width(struct libscols_table *table, size_t column) {
  struct libscols_cell *heading = scols_column_get_header(scols_table_get_column(table, column));
  size_t widest = text_width(scols_cell_get_data(heading));
  for (size_t i = 0; i < scols_table_get_nlines(table); i++) {
    const char *text = text_at(table, i, column);
    size_t width = text == NULL ? 0 : text_width(text);
    widest = width > widest ? width : widest;
  }
  return widest;
}

/* How much of a text goes into a line of so many columns: to the end of a word, else of a part of a name. */
static size_t line_length(const char *text, size_t columns) {
  size_t at = 0;
  size_t after_part = 0;
  size_t after_word = 0;
  size_t width = 0;
  size_t length = strlen(text);
  for (uint32_t point = 0; at < length;) {
    size_t step = utf8_decode(text + at, length - at, &point);
    step = step == 0 ? 1 : step;
    AUTO_TEXT character = must_copy_bytes(text + at, step);
    width += text_width(character);
    if (width > columns)
      break;
    at += step;
    after_word = *character == ' ' ? at : after_word;
    after_part = strchr(".-/:,;", *character) != NULL ? at : after_part;
  }
  if (at == length)
    return length;
  if (after_word > columns / 3)
    return after_word;
  if (after_part > columns / 3)
    return after_part;
  return at == 0 ? 1 : at;
}

static char *broken(const char *text, size_t columns) {
  /* A newline at most behind each byte. */
  char *lines = must_alloc(2 * strlen(text) + 1, 1);
  char *to = lines;
  while (*text != '\0') {
    size_t length = line_length(text, columns);
    to = mempcpy(to, text, length);
    text += length;
    if (*text != '\0')
      *to++ = '\n';
  }
  return lines;
}

static void break_column(struct libscols_table *table, size_t column, size_t columns) {
  for (size_t i = 0; i < scols_table_get_nlines(table); i++) {
    const char *text = text_at(table, i, column);
    if (text != NULL && text_width(text) > columns)
      scols_line_refer_data(scols_table_get_line(table, i), column, broken(text, columns));
  }
}

/* What each of `count` columns may take of `room`, where none gets more than it needs. */
static size_t fair_share(const size_t *widths, size_t count, size_t room) {
  size_t share = room;
  size_t total = 0;
  do {
    total = 0;
    for (size_t i = 0; i < count; i++)
      total += widths[i] < share ? widths[i] : share;
  } while (total > room && --share > NARROWEST);
  return share;
}

/* libsmartcols would break anywhere, and make the first such column as narrow as its heading. */
static void fit(struct libscols_table *table) {
  size_t count = scols_table_get_ncols(table);
  size_t room = scols_table_get_termwidth(table);
  size_t taken = count - 1;
  size_t wrapped = 0;
  size_t *widths = must_alloc(count, sizeof *widths);
  for (size_t i = 0; i < count; i++) {
    size_t width = natural_width(table, i);
    if (scols_column_is_wrap(scols_table_get_column(table, i)))
      widths[wrapped++] = width;
    else
      taken += width;
  }
  size_t share = fair_share(widths, wrapped, room > taken ? room - taken : 0);
  for (size_t i = 0; i < count; i++)
    if (scols_column_is_wrap(scols_table_get_column(table, i)))
      break_column(table, i, share);
  free(widths);
}

void table_print(struct libscols_table *table) {
  if (isatty(STDOUT_FILENO) == 1)
    fit(table);
  scols_print_table(table);
  scols_unref_table(table);
}
