/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A SQLite database, for the two rooms that keep one. Nobody else includes sqlite3.h. What fails is said
 * here, with the path of the database and SQLite's own words.
 */
#ifndef PINCTL_DATABASE_DATABASE_H
#define PINCTL_DATABASE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/must_use.h"

struct database;

enum database_use { DATABASE_READ, DATABASE_WRITE, DATABASE_MAKE };

/*
 * Opens one, which waits so many milliseconds for other users of it. NULL, having said why. ret_error may be
 * NULL; else an error of the system is not said, and *ret_error is that errno value, or 0.
 */
struct database *database_open(const char *path, enum database_use use, int patience, int *ret_error);
/* Whether nothing was kept there yet: SQLite makes an empty file first, which stays where nothing fits. */
bool database_is_absent(const char *path);
/* Takes NULL. */
void database_close(struct database *database);
const char *database_path(const struct database *database);

/* A value for a parameter of a statement. */
struct sql_value {
  bool is_text;
  const char *text; /* NULL: SQL's NULL */
  int64_t number;
};
#define SQL_TEXT(value) ((struct sql_value){.is_text = true, .text = (value)})
#define SQL_NUMBER(value) ((struct sql_value){.number = (int64_t)(value)})

/* The parameters of a statement from ?1 on, as the last two arguments of the functions below. */
#define SQL_VALUES(...)                                                                                      \
  ((const struct sql_value[]){__VA_ARGS__}),                                                                 \
      sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value)
#define SQL_NO_VALUES NULL, 0

/* Runs statements without parameters that give no rows. False, having said why. */
MUST_USE bool database_run(struct database *database, const char *sql);
/* Runs one statement that gives no rows. False, having said why. */
MUST_USE bool database_change(struct database *database, const char *sql, const struct sql_value *values,
                              size_t count);
/* Of the last statement that changed something:
 * how many rows, and the number of the row that was inserted. */
int database_changed(const struct database *database);
int64_t database_inserted(const struct database *database);

/* A transaction, for which others wait. database_end takes it back where good is false; false: it did. */
MUST_USE bool database_begin(struct database *database);
MUST_USE bool database_end(struct database *database, bool good);

/*
 * What a query gives, read before any of it is used: whoever shows it may wait for ever for a reader of the
 * output, and nobody can write while rows are being read.
 */
struct sql_rows {
  struct sql_cell *cells;
  size_t count, columns;
  struct arena texts;
};

/* False, having said why; *ret_rows is to be cleared in any case. */
MUST_USE bool database_read(struct database *database, const char *sql, const struct sql_value *values,
                            size_t count, struct sql_rows *ret_rows);
void sql_rows_clear(struct sql_rows *rows);
/* To be filled by database_read; cleared at the end of the block. */
#define AUTO_ROWS __attribute__((cleanup(sql_rows_clear))) struct sql_rows

/* The text in a row and column, which lives as long as the rows; NULL where there is none. */
const char *sql_text_or_null(const struct sql_rows *rows, size_t row, size_t column);
/* The same; "" where there is none. */
const char *sql_text(const struct sql_rows *rows, size_t row, size_t column);
/* A number; 0 where there is none. */
int64_t sql_number(const struct sql_rows *rows, size_t row, size_t column);

#endif
