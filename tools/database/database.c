/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "database/database.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "cli/output.h"

struct database {
  sqlite3 *handle;
  char *path;
};

struct sql_cell {
  const char *text;
  int64_t number;
};

/* What to do about the last error, behind its message. SQLite does not say why a file is read-only, so that
 * is asked of the system. Static. */
static const char *remedy(const struct database *database) {
  switch (sqlite3_errcode(database->handle)) {
  case SQLITE_BUSY:
    return " by another program; \"fuser FILE\" shows which one";
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    return "; restore it from a backup, or move it away and a new one is made";
  case SQLITE_READONLY:
    return access(database->path, W_OK) == 0 ? "" : root_remedy(errno);
  case SQLITE_FULL:
    return root_remedy(ENOSPC);
  default:
    return "";
  }
}

static bool failed(const struct database *database) {
  return say_error("%s: %s%s", database->path, sqlite3_errmsg(database->handle), remedy(database));
}

/* ---- The database ---- */

bool database_is_absent(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 ? S_ISREG(status.st_mode) && status.st_size == 0 : errno == ENOENT;
}

struct database *database_open(const char *path, enum database_use use, int patience, int *ret_error) {
  static const int flags[] = {[DATABASE_READ] = SQLITE_OPEN_READONLY,
                              [DATABASE_WRITE] = SQLITE_OPEN_READWRITE,
                              [DATABASE_MAKE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
  struct database *database = must_alloc(1, sizeof *database);
  int error = 0;
  database->path = must_copy(path);
  if (sqlite3_open_v2(path, &database->handle, flags[use], NULL) == SQLITE_OK) {
    sqlite3_busy_timeout(database->handle, patience);
    return database;
  }
  if (ret_error != NULL && sqlite3_errcode(database->handle) == SQLITE_CANTOPEN)
    error = sqlite3_system_errno(database->handle);
  if (error == 0)
    failed(database);
  if (ret_error != NULL)
    *ret_error = error;
  database_close(database);
  return NULL;
}

void database_close(struct database *database) {
  if (database == NULL)
    return;
  sqlite3_close(database->handle);
  free(database->path);
  free(database);
}

const char *database_path(const struct database *database) {
  return database->path;
}

/* ---- Changes ---- */

bool database_run(struct database *database, const char *sql) {
  return sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK || failed(database);
}

/* The values must live until the statement is finalized. NULL, having said why. */
static sqlite3_stmt *prepare(struct database *database, const char *sql, const struct sql_value *values,
                             size_t count) {
  sqlite3_stmt *statement = NULL;
  int status = sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL);
  for (size_t i = 0; status == SQLITE_OK && i < count; i++)
    status = values[i].is_text ? sqlite3_bind_text(statement, (int)i + 1, values[i].text, -1, SQLITE_STATIC)
                               : sqlite3_bind_int64(statement, (int)i + 1, values[i].number);
  if (status == SQLITE_OK)
    return statement;
  failed(database);
  sqlite3_finalize(statement);
  return NULL;
}

bool database_change(struct database *database, const char *sql, const struct sql_value *values,
                     size_t count) {
  sqlite3_stmt *statement = prepare(database, sql, values, count);
  if (statement == NULL)
    return false;
  bool good = sqlite3_step(statement) == SQLITE_DONE || failed(database);
  sqlite3_finalize(statement);
  return good;
}

int database_changed(const struct database *database) {
  return sqlite3_changes(database->handle);
}

int64_t database_inserted(const struct database *database) {
  return sqlite3_last_insert_rowid(database->handle);
}

/* Signals are deferred, since a process that is killed within a transaction leaves a journal file behind. */
bool database_begin(struct database *database) {
  end_defer();
  if (database_run(database, "BEGIN IMMEDIATE"))
    return true;
  end_deliver();
  return false;
}

bool database_end(struct database *database, bool good) {
  bool kept = good && database_run(database, "COMMIT");
  if (!kept)
    sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
  end_deliver();
  return kept;
}

/* ---- Rows ---- */

static void keep_row(struct sql_rows *rows, sqlite3_stmt *statement) {
  for (size_t i = 0; i < rows->columns; i++) {
    bool is_number = sqlite3_column_type(statement, (int)i) == SQLITE_INTEGER;
    int64_t number = sqlite3_column_int64(statement, (int)i);
    const char *text = is_number ? NULL : (const char *)sqlite3_column_text(statement, (int)i);
    size_t place = rows->count * rows->columns + i;
    rows->cells = must_room(rows->cells, place, sizeof *rows->cells);
    rows->cells[place] =
        (struct sql_cell){.text = text == NULL ? NULL : arena_text(&rows->texts, text), .number = number};
  }
  rows->count++;
}

bool database_read(struct database *database, const char *sql, const struct sql_value *values, size_t count,
                   struct sql_rows *ret_rows) {
  *ret_rows = (struct sql_rows){0};
  sqlite3_stmt *statement = prepare(database, sql, values, count);
  if (statement == NULL)
    return false;
  int got = SQLITE_ERROR;
  ret_rows->columns = (size_t)sqlite3_column_count(statement);
  while ((got = sqlite3_step(statement)) == SQLITE_ROW)
    keep_row(ret_rows, statement);
  bool good = got == SQLITE_DONE || failed(database);
  sqlite3_finalize(statement);
  return good;
}

void sql_rows_clear(struct sql_rows *rows) {
  free(rows->cells);
  arena_clear(&rows->texts);
  *rows = (struct sql_rows){0};
}

const char *sql_text_or_null(const struct sql_rows *rows, size_t row, size_t column) {
  return rows->cells[row * rows->columns + column].text;
}

const char *sql_text(const struct sql_rows *rows, size_t row, size_t column) {
  const char *text = sql_text_or_null(rows, row, column);
  return text == NULL ? "" : text;
}

int64_t sql_number(const struct sql_rows *rows, size_t row, size_t column) {
  return rows->cells[row * rows->columns + column].number;
}
