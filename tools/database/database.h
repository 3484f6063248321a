/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A SQLite database: opening, changing and reading it. Two rooms keep one; no other file includes sqlite3.h.
 * These functions print their errors themselves, with the path of the database and SQLite's message.
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
 * Opens a database. patience: for how many milliseconds each call waits for other users of it. NULL, having
 * said why. ret_error: where it is not NULL, an error of the system is not printed, and *ret_error is its
 * errno value; 0 for any other error.
 */
struct database *database_open(const char *path, enum database_use use, int patience, int *ret_error);
/* Whether the file is missing or empty. SQLite makes an empty file first, which stays where the disk is full.
 */
bool database_is_absent(const char *path);
/* Takes NULL. */
void database_close(struct database *database);
const char *database_path(const struct database *database);

/* A value for a parameter of a statement; its text is the caller's. */
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
/* How many rows the last statement that changed something changed, and the id of the last row inserted. */
int database_changed(const struct database *database);
int64_t database_inserted(const struct database *database);

/* Begins and ends a transaction, for which other users of the database wait. database_end commits it where
 * `good` is true, else rolls it back. False: it was rolled back. */
MUST_USE bool database_begin(struct database *database);
MUST_USE bool database_end(struct database *database, bool good);

/*
 * The result of a query, read completely before it is used. While rows are being read nobody can write to the
 * database, and printing them may block for ever where the reader of the output does not read.
 */
struct sql_rows {
  struct sql_cell *cells; /* row by row; their texts are in `texts` */
  size_t count, columns;
  struct arena texts;
};

/* Runs a query. False, having said why; *ret_rows is to be cleared in any case. */
MUST_USE bool database_read(struct database *database, const char *sql, const struct sql_value *values,
                            size_t count, struct sql_rows *ret_rows);
void sql_rows_clear(struct sql_rows *rows);
/* Declares rows for database_read that are cleared at the end of the block. */
#define AUTO_ROWS __attribute__((cleanup(sql_rows_clear))) struct sql_rows

/* The text in a row and column, which lives as long as the rows; NULL where there is none. */
const char *sql_text_or_null(const struct sql_rows *rows, size_t row, size_t column);
/* The same; "" where there is none. */
const char *sql_text(const struct sql_rows *rows, size_t row, size_t column);
/* A number; 0 where there is none. */
int64_t sql_number(const struct sql_rows *rows, size_t row, size_t column);

#endif
