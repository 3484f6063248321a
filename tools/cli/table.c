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
#include "cli/output.h"

/* As narrow as a wrapped column may become: what is narrower is no longer read, however long a host's name.
 */
#define NARROWEST 16

static void *checked(void *pointer) {
  if (pointer != NULL)
    return pointer;
  fputs("pinctl: out of memory\n", stderr);
  exit(3);
}

#define MOST_COLUMNS 10

/* What goes below a row begins here, where the first column is not narrower. */
#define DEEPEST_INDENT 9

struct table {
  const struct table_form *form;
  struct libscols_table *scols;
  size_t count;                /* of columns */
  size_t widths[MOST_COLUMNS]; /* that the whole of each column takes */
  bool hidden[MOST_COLUMNS];   /* left out */
  bool below;                  /* the last column has no place of its own */
};

struct table *table_new(const struct table_form *form) {
  struct table *table = must_alloc(1, sizeof *table);
  *table = (struct table){.form = form, .scols = checked(scols_new_table())};
  /* Escaped already: a second pass would escape the backslashes. */
  scols_table_enable_noencoding(table->scols, 1);
  if (isatty(STDOUT_FILENO) != 1)
    scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER);
  for (; form->headings[table->count] != NULL; table->count++) {
    bool wraps = (form->wrapping >> table->count & 1) != 0;
    struct libscols_column *column = checked(
        scols_table_new_column(table->scols, form->headings[table->count], 0, wraps ? SCOLS_FL_WRAP : 0));
    if (wraps)
      scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
  }
  return table;
}

void table_add(struct table *table, const char *const *texts) {
  struct libscols_line *line = checked(scols_table_new_line(table->scols, NULL));
  for (size_t i = 0; i < table->count; i++) {
    AUTO_TEXT escaped = escape_text(texts[i]);
    scols_line_set_data(line, i, escaped);
  }
}

/* NULL: the cell is empty. */
static const char *text_at(const struct table *table, size_t row, size_t column) {
  return scols_cell_get_data(scols_line_get_cell(scols_table_get_line(table->scols, row), column));
}

/* The columns that the whole of a column takes; a cell may have been broken over lines. */
static size_t natural_width(const struct table *table, size_t column) {
  size_t widest = text_width(table->form->headings[column]);
  for (size_t i = 0; i < scols_table_get_nlines(table->scols); i++) {
    const char *text = text_at(table, i, column);
    for (const char *end; text != NULL; text = *end == '\0' ? NULL : end + 1) {
      end = strchrnul(text, '\n');
      AUTO_TEXT line = must_copy_bytes(text, (size_t)(end - text));
      size_t width = text_width(line);
      widest = width > widest ? width : widest;
    }
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

static void break_column(struct table *table, size_t column, size_t columns) {
  for (size_t i = 0; i < scols_table_get_nlines(table->scols); i++) {
    const char *text = text_at(table, i, column);
    if (text != NULL && text_width(text) > columns)
      scols_line_refer_data(scols_table_get_line(table->scols, i), column, broken(text, columns));
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

static bool has_place(const struct table *table, size_t column) {
  return !table->hidden[column] && !(table->below && column == table->count - 1);
}

/* With a blank between every two columns. */
static size_t total_width(const struct table *table) {
  size_t total = 0;
  for (size_t i = 0; i < table->count; i++)
    total += has_place(table, i) ? table->widths[i] + (total > 0 ? 1 : 0) : 0;
  return total;
}

static void take_out(struct table *table, size_t column) {
  struct libscols_column *scols = scols_table_get_column(table->scols, column);
  scols_column_set_flags(scols, scols_column_get_flags(scols) | SCOLS_FL_HIDDEN);
}

/* libsmartcols would break anywhere, and make the first such column as narrow as its heading. */
static void share_rest(struct table *table, size_t room) {
  size_t wrapped[MOST_COLUMNS];
  size_t count = 0;
  size_t taken = total_width(table);
  for (size_t i = 0; i < table->count; i++)
    if (has_place(table, i) && (table->form->wrapping >> i & 1) != 0) {
      wrapped[count++] = table->widths[i];
      taken -= table->widths[i];
    }
  size_t share = fair_share(wrapped, count, room > taken ? room - taken : 0);
  for (size_t i = 0; i < table->count; i++)
    if (has_place(table, i) && (table->form->wrapping >> i & 1) != 0) {
      break_column(table, i, share);
      table->widths[i] = natural_width(table, i);
    }
}

static void fit(struct table *table, size_t room) {
  const char *next = table->form->dispensable == NULL ? "" : table->form->dispensable;
  for (size_t i = 0; i < table->count; i++)
    table->widths[i] = natural_width(table, i);
  table->below = table->form->below && total_width(table) > room;
  for (; *next != '\0' && total_width(table) > room; next++)
    table->hidden[*next - '0'] = true;
  for (size_t i = 0; i < table->count; i++)
    if (!has_place(table, i))
      take_out(table, i);
  if (total_width(table) > room)
    share_rest(table, room);
}

/* ---- What goes below its row ---- */

/* Nothing but the last column: it goes on with the row before. */
static bool goes_on(const struct table *table, size_t row) {
  for (size_t i = 0; i + 1 < table->count; i++) {
    const char *text = text_at(table, row, i);
    if (text != NULL && *text != '\0')
      return false;
  }
  return true;
}

/* Lines of a row as they are printed, without what pads the last of them. For free(3). */
static char *row_text(const struct table *table, size_t row) {
  struct libscols_line *line = scols_table_get_line(table->scols, row);
  char *text = NULL;
  if (scols_table_print_range_to_string(table->scols, line, line, &text) != 0)
    memory_exhausted();
  size_t length = strlen(text);
  while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
    text[--length] = '\0';
  return text;
}

/* Behind the row where it fits there, else below it. */
static void print_last(const struct table *table, const char *line, const char *text, size_t room) {
  size_t place = total_width(table) + 1;
  size_t width = text_width(line);
  size_t indent = table->widths[0] + 1 < DEEPEST_INDENT ? table->widths[0] + 1 : DEEPEST_INDENT;
  if (*line != '\0' && strchr(line, '\n') == NULL && place + text_width(text) <= room) {
    printf("%*s%s\n", (int)(place > width ? place - width : 0), "", text);
    return;
  }
  if (*line != '\0')
    putchar('\n');
  AUTO_TEXT lead = must_format("%*s", (int)indent, "");
  if (table->form->obvious == NULL || strcmp(text, table->form->obvious) != 0)
    put_wrapped(PLAIN, lead, text);
}

/* That of the last column where there is room for it. */
static void print_headings(const struct table *table, size_t room) {
  const char *last = table->form->headings[table->count - 1];
  bool fits = total_width(table) + 1 + text_width(last) <= room;
  for (size_t i = 0; i + 1 < table->count; i++)
    if (has_place(table, i))
      printf("%-*s ", (int)table->widths[i], table->form->headings[i]);
  puts(fits ? last : "");
}

static void print_with_below(const struct table *table, size_t room) {
  print_headings(table, room);
  scols_table_enable_noheadings(table->scols, 1);
  for (size_t i = 0; i < scols_table_get_nlines(table->scols); i++) {
    AUTO_TEXT line = goes_on(table, i) ? must_copy("") : row_text(table, i);
    const char *last = text_at(table, i, table->count - 1);
    fputs(line, stdout);
    print_last(table, line, last == NULL ? "" : last, room);
  }
}

static void print_left_out(const struct table *table) {
  AUTO_TEXT names = must_copy("");
  for (size_t i = 0; i < table->count; i++)
    if (table->hidden[i]) {
      char *longer = must_format("%s%s%s", names, *names == '\0' ? "" : ", ", table->form->headings[i]);
      free(names);
      names = longer;
    }
  if (*names != '\0')
    put_wrapped(PLAIN, "Left out, for want of room: ", names);
}

void table_print(struct table *table) {
  bool terminal = isatty(STDOUT_FILENO) == 1;
  size_t room = scols_table_get_termwidth(table->scols);
  if (terminal)
    fit(table, room);
  if (table->below)
    print_with_below(table, room);
  else
    scols_print_table(table->scols);
  print_left_out(table);
  scols_unref_table(table->scols);
  free(table);
}
