/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/output.h"

/* The smallest width of a wrapped column: a narrower one would be hard to read. */
#define NARROWEST 16

/* The indent of what is printed below a row; less where the first column is narrower. */
#define DEEPEST_INDENT 9

/* How much is kept before it is printed. These rows decide the widths, which later rows can only increase. */
#define BLOCK_ROWS 1000
#define BLOCK_BYTES ((size_t)1 << 20)

/* The width where neither the terminal nor $COLUMNS tells it. */
#define USUAL_ROOM 80

struct table {
  const struct table_form *form;
  size_t count; /* the number of columns */
  char **cells; /* of the rows that are kept, escaped; a cell broken over lines has newlines */
  size_t rows;  /* how many rows are kept */
  size_t bytes; /* the length of their cells */
  bool begun;   /* the headings and some rows were printed */
  size_t widths[TABLE_MOST_COLUMNS]; /* of each column */
  bool hidden[TABLE_MOST_COLUMNS];   /* the column is left out */
  bool below;                        /* the last column is printed below its row */
  bool lowered;                      /* the columns of form->lower are, too */
};

struct table *table_new(const struct table_form *form) {
  struct table *table = must_alloc(1, sizeof *table);
  *table = (struct table){.form = form};
  while (form->headings[table->count] != NULL)
    table->count++;
  table->cells = must_alloc(table->count * BLOCK_ROWS, sizeof *table->cells);
  return table;
}

/* The width of a line. */
static size_t room_of_line(void) {
  const char *columns = getenv("COLUMNS");
  struct winsize size;
  long room = 0;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return columns != NULL && number_read(columns, 1, UINT16_MAX, &room) ? (size_t)room : USUAL_ROOM;
}

static char **cells_of(const struct table *table, size_t row) {
  return table->cells + row * table->count;
}

/* The width of the longest line in a column, at least `widest`; a cell may have been broken over lines. */
static size_t natural_width(const struct table *table, size_t column, size_t widest) {
  for (size_t i = 0; i < table->rows; i++) {
    const char *text = cells_of(table, i)[column];
    for (const char *end; text != NULL; text = *end == '\0' ? NULL : end + 1) {
      end = strchrnul(text, '\n');
      AUTO_TEXT line = must_copy_bytes(text, (size_t)(end - text));
      size_t width = text_width(line);
      widest = width > widest ? width : widest;
    }
  }
  return widest;
}

/* How much of a text goes into a line of so many columns: up to the end of a word, else of a part of a name.
 */
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

static char *break_text(const char *text, size_t columns) {
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
  for (size_t i = 0; i < table->rows; i++) {
    char **cell = &cells_of(table, i)[column];
    if (text_width(*cell) <= columns)
      continue;
    char *whole = *cell;
    *cell = break_text(whole, columns);
    free(whole);
  }
}

/* The largest width that `count` columns can have so that together they fit into `room`, but at least
 * NARROWEST. */
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

/* Whether a column stands in the rows: it is not left out, and not printed below them. */
static bool has_place(const struct table *table, size_t column) {
  return !table->hidden[column] && !(table->below && column == table->count - 1) &&
         !(table->lowered && (table->form->lower >> column & 1) != 0);
}

/* The width of a row, with a blank between columns. */
static size_t total_width(const struct table *table) {
  size_t total = 0;
  for (size_t i = 0; i < table->count; i++)
    total += has_place(table, i) ? table->widths[i] + (total > 0 ? 1 : 0) : 0;
  return total;
}

/* Gives the wrapped columns equal shares of the room that the others leave. */
static void share_rest(struct table *table, size_t room) {
  size_t wrapped[TABLE_MOST_COLUMNS];
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
      table->widths[i] = natural_width(table, i, text_width(table->form->headings[i]));
    }
}

/* Computes the widths; no column becomes narrower than in the rows that were printed. */
static void measure(struct table *table) {
  for (size_t i = 0; i < table->count; i++) {
    size_t least = table->begun ? table->widths[i] : text_width(table->form->headings[i]);
    table->widths[i] = natural_width(table, i, least);
  }
}

/* Leaves out as few columns as needed. Whether the table fits then. */
static bool fits_without(struct table *table, size_t room) {
  const char *next = table->form->dispensable == NULL ? "" : table->form->dispensable;
  memset(table->hidden, 0, sizeof table->hidden);
  for (; *next != '\0' && total_width(table) > room; next++)
    table->hidden[*next - '0'] = true;
  return total_width(table) <= room;
}

/*
 * The first rows decide which columns are shown, and which go below. Where several columns can go below, one
 * line per row is preferred even if that leaves out a column.
 */
static void choose_columns(struct table *table, size_t room) {
  const struct table_form *form = table->form;
  if (total_width(table) <= room || (form->lower != 0 && fits_without(table, room)))
    return;
  table->below = form->below;
  if (fits_without(table, room))
    return;
  table->lowered = form->lower != 0;
  fits_without(table, room);
}

static void fit(struct table *table, size_t room) {
  if (!table->begun)
    choose_columns(table, room);
  if (total_width(table) > room)
    share_rest(table, room);
}

/* ---- Rows ---- */

/* Prints one line of a row and moves each of `rest` behind it. Whether another line follows. */
static bool print_line(const struct table *table, const char **rest, FILE *stream) {
  size_t gap = 0;
  bool more = false;
  for (size_t i = 0; i < table->count; i++) {
    if (!has_place(table, i))
      continue;
    size_t length = strcspn(rest[i], "\n");
    AUTO_TEXT piece = must_copy_bytes(rest[i], length);
    size_t width = text_width(piece);
    if (length > 0)
      fprintf(stream, "%*s%s", (int)gap, "", piece);
    gap = (length > 0 ? 0 : gap) + (table->widths[i] > width ? table->widths[i] - width : 0) + 1;
    rest[i] += length + (rest[i][length] == '\n' ? 1 : 0);
    more = more || *rest[i] != '\0';
  }
  return more;
}

/* Prints a row, without a newline at its end. */
static void print_row(const struct table *table, const char *const *cells, FILE *stream) {
  const char *rest[TABLE_MOST_COLUMNS];
  memcpy(rest, cells, table->count * sizeof *rest);
  while (print_line(table, rest, stream))
    fputc('\n', stream);
}

static void print_rows(const struct table *table) {
  for (size_t i = 0; i < table->rows; i++) {
    print_row(table, (const char *const *)cells_of(table, i), stdout);
    putchar('\n');
  }
}

/* ---- Cells below their row ---- */

/* Whether a row has only its last column, and so continues the row before it. */
static bool continues_row(const struct table *table, size_t row) {
  for (size_t i = 0; i + 1 < table->count; i++)
    if (*cells_of(table, row)[i] != '\0')
      return false;
  return true;
}

/* A row as it is printed. For free(3). */
static char *row_text(const struct table *table, size_t row) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  print_row(table, (const char *const *)cells_of(table, row), stream);
  memory_close(stream);
  return text;
}

/* The indent of cells below a row. For free(3). */
static char *lead_below(const struct table *table) {
  size_t indent = table->widths[0] + 1 < DEEPEST_INDENT ? table->widths[0] + 1 : DEEPEST_INDENT;
  return must_format("%*s", (int)indent, "");
}

static void print_lowered(const struct table *table, size_t row) {
  AUTO_TEXT lead = lead_below(table);
  putchar('\n');
  for (size_t i = 0; i + 1 < table->count; i++)
    if ((table->form->lower >> i & 1) != 0)
      put_wrapped(PLAIN, lead, cells_of(table, row)[i]);
}

/* Prints the last column behind the row where it fits there, else below it. */
static void print_last(const struct table *table, const char *line, const char *text, size_t room) {
  size_t place = total_width(table) + 1;
  size_t width = text_width(line);
  if (*line != '\0' && strchr(line, '\n') == NULL && place + text_width(text) <= room) {
    printf("%*s%s\n", (int)(place > width ? place - width : 0), "", text);
    return;
  }
  if (*line != '\0')
    putchar('\n');
  AUTO_TEXT lead = lead_below(table);
  if (table->form->obvious == NULL || strcmp(text, table->form->obvious) != 0)
    put_wrapped(PLAIN, lead, text);
}

/* Prints the headings; that of a last column that goes below its rows only where there is room. */
static void print_headings(const struct table *table, size_t room) {
  const char *last = table->form->headings[table->count - 1];
  bool fits = table->below && !table->lowered && total_width(table) + 1 + text_width(last) <= room;
  size_t column = 0;
  for (size_t i = 0; i < table->count; i++)
    if (has_place(table, i) || (fits && i + 1 == table->count)) {
      printf("%*s%s", (int)column, "", table->form->headings[i]);
      column = table->widths[i] + 1 - text_width(table->form->headings[i]);
    }
  putchar('\n');
}

static void print_with_below(const struct table *table, size_t room) {
  for (size_t i = 0; i < table->rows; i++) {
    AUTO_TEXT line = continues_row(table, i) ? must_copy("") : row_text(table, i);
    bool is_lowered = table->lowered && *line != '\0';
    fputs(line, stdout);
    if (is_lowered)
      print_lowered(table, i);
    if (table->below)
      print_last(table, is_lowered ? "" : line, cells_of(table, i)[table->count - 1], room);
  }
}

static void print_left_out(const struct table *table) {
  AUTO_TEXT names = must_copy("");
  for (size_t i = 0; i < table->count; i++)
    if (table->hidden[i])
      text_append(&names, ", ", table->form->headings[i]);
  if (*names != '\0')
    put_wrapped(PLAIN, "Not shown for lack of room: ", names);
}

/* ---- Blocks of rows ---- */

static void forget_rows(struct table *table) {
  for (size_t i = 0; i < table->rows * table->count; i++) {
    free(table->cells[i]);
    table->cells[i] = NULL;
  }
  table->rows = 0;
  table->bytes = 0;
}

static void print_block(struct table *table) {
  size_t room = room_of_line();
  measure(table);
  if (isatty(STDOUT_FILENO) == 1)
    fit(table, room);
  bool any_below = table->below || table->lowered;
  if (!table->begun && any_below) {
    print_headings(table, room);
  } else if (!table->begun) {
    print_row(table, table->form->headings, stdout);
    putchar('\n');
  }
  if (any_below)
    print_with_below(table, room);
  else
    print_rows(table);
  forget_rows(table);
  table->begun = true;
}

void table_add(struct table *table, const char *const *texts) {
  if (table->rows == BLOCK_ROWS || table->bytes >= BLOCK_BYTES)
    print_block(table);
  for (size_t i = 0; i < table->count; i++) {
    char *escaped = escape_text(texts[i]);
    cells_of(table, table->rows)[i] = escaped;
    table->bytes += strlen(escaped);
  }
  table->rows++;
}

void table_print(struct table *table) {
  if (table->rows > 0)
    print_block(table);
  print_left_out(table);
  free(table->cells);
  free(table);
}
