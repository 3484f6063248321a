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

/* As narrow as a wrapped column may become: what is narrower is no longer read, however long a host's
 * name. */
#define NARROWEST 16

/* What goes below a row begins here, where the first column is not narrower. */
#define DEEPEST_INDENT 9

/* So much is kept before it is printed: the widths come from it, and grow with what follows. */
#define BLOCK_ROWS 1000
#define BLOCK_BYTES ((size_t)1 << 20)

/* Without a terminal that says how wide it is. */
#define USUAL_ROOM 80

struct table {
  const struct table_form *form;
  size_t count; /* of columns */
  char **cells; /* of the rows that are kept, escaped; one broken over lines has newlines */
  size_t rows;  /* that are kept */
  size_t bytes; /* in them */
  bool begun;   /* rows were printed, and the headings */
  size_t widths[TABLE_MOST_COLUMNS]; /* that the whole of each column takes */
  bool hidden[TABLE_MOST_COLUMNS];   /* left out */
  bool below;                        /* the last column has no place of its own */
  bool lowered;                      /* nor have those of form->lower */
};

struct table *table_new(const struct table_form *form) {
  struct table *table = must_alloc(1, sizeof *table);
  *table = (struct table){.form = form};
  while (form->headings[table->count] != NULL)
    table->count++;
  table->cells = must_alloc(table->count * BLOCK_ROWS, sizeof *table->cells);
  return table;
}

/* So many columns a line may have. */
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

/* The columns that the whole of a column takes, of at least so many; a cell may have been broken over
 * lines. */
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
  for (size_t i = 0; i < table->rows; i++) {
    char **cell = &cells_of(table, i)[column];
    if (text_width(*cell) <= columns)
      continue;
    char *whole = *cell;
    *cell = broken(whole, columns);
    free(whole);
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
  return !table->hidden[column] && !(table->below && column == table->count - 1) &&
         !(table->lowered && (table->form->lower >> column & 1) != 0);
}

/* With a blank between every two columns. */
static size_t total_width(const struct table *table) {
  size_t total = 0;
  for (size_t i = 0; i < table->count; i++)
    total += has_place(table, i) ? table->widths[i] + (total > 0 ? 1 : 0) : 0;
  return total;
}

/* None becomes as narrow as its heading for another that is wide. */
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

/* Not narrower than in the rows that were printed. */
static void measure(struct table *table) {
  for (size_t i = 0; i < table->count; i++) {
    size_t least = table->begun ? table->widths[i] : text_width(table->form->headings[i]);
    table->widths[i] = natural_width(table, i, least);
  }
}

/* Whether it fits with as few columns left out as that takes. */
static bool fits_without(struct table *table, size_t room) {
  const char *next = table->form->dispensable == NULL ? "" : table->form->dispensable;
  memset(table->hidden, 0, sizeof table->hidden);
  for (; *next != '\0' && total_width(table) > room; next++)
    table->hidden[*next - '0'] = true;
  return total_width(table) <= room;
}

/*
 * The first rows decide which columns there are, and what goes below. Where more than one column can, a row
 * of one line is worth a column.
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

/* One line of a row, moving each of `rest` behind it. Whether another follows. */
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

/* Without a newline at its end. */
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

/* ---- What goes below its row ---- */

/* Nothing but the last column: it goes on with the row before. */
static bool goes_on(const struct table *table, size_t row) {
  for (size_t i = 0; i + 1 < table->count; i++)
    if (*cells_of(table, row)[i] != '\0')
      return false;
  return true;
}

/* Lines of a row as they are printed. For free(3). */
static char *row_text(const struct table *table, size_t row) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  print_row(table, (const char *const *)cells_of(table, row), stream);
  memory_close(stream);
  return text;
}

/* What goes below a row begins here. For free(3). */
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

/* Behind the row where it fits there, else below it. */
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

/* That of the last column only where there is room for it, if it goes below. */
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
    AUTO_TEXT line = goes_on(table, i) ? must_copy("") : row_text(table, i);
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
    put_wrapped(PLAIN, "Left out, for want of room: ", names);
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
