/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The tables, and how an older database gets them. PRAGMA user_version says which are there:
 * 0: keys. 1: watched, named, proposals and decisions as well. 2: told and untold. 3: verified.
 */
#include "monitor/history_sql.h"

#include "cli/output.h"

#define VERSION 3

/* A stretch of "watched" ends where nobody looked for HISTORY_LONGEST_GAP. */
static const char first_tables[] =
    "CREATE TABLE IF NOT EXISTS keys ("
    " host TEXT NOT NULL, port INTEGER NOT NULL, depth INTEGER NOT NULL, pin TEXT NOT NULL,"
    " subject TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, times INTEGER NOT NULL,"
    " PRIMARY KEY (host, port, depth, pin)) WITHOUT ROWID;"
    "CREATE TABLE watched ("
    " host TEXT NOT NULL, port INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,"
    " PRIMARY KEY (host, port, since)) WITHOUT ROWID;"
    "CREATE TABLE named ("
    " host TEXT NOT NULL, port INTEGER NOT NULL, pin TEXT NOT NULL, since INTEGER NOT NULL,"
    " last INTEGER NOT NULL, PRIMARY KEY (host, port, pin)) WITHOUT ROWID;"
    "CREATE TABLE proposals ("
    " host TEXT NOT NULL, port INTEGER NOT NULL, pin TEXT NOT NULL, list TEXT NOT NULL, subject TEXT NOT "
    "NULL,"
    " verified INTEGER NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL,"
    " PRIMARY KEY (host, port, pin, list)) WITHOUT ROWID;"
    "CREATE TABLE decisions ("
    " id INTEGER PRIMARY KEY, host TEXT NOT NULL, port INTEGER NOT NULL, pin TEXT NOT NULL, list TEXT NOT "
    "NULL,"
    " decision TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL);"
    "CREATE INDEX decisions_of_host ON decisions (host, port);";

/*
 * What each way of telling knows (alarms.c): "told" is what it was told of, or will be, and is still so;
 * "untold" waits for it. batch 1: being told at this moment, or when a pinctl was killed.
 */
static const char alarm_tables[] =
    "CREATE TABLE told ("
    " way TEXT NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL, code TEXT NOT NULL, about TEXT NOT NULL,"
    " severity INTEGER NOT NULL, text TEXT NOT NULL, since INTEGER NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (way, host, port, code, about)) WITHOUT ROWID;"
    "CREATE TABLE untold ("
    " number INTEGER PRIMARY KEY, way TEXT NOT NULL, batch INTEGER NOT NULL, id TEXT NOT NULL,"
    " kind TEXT NOT NULL, severity INTEGER NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL,"
    " code TEXT NOT NULL, text TEXT NOT NULL, pin TEXT NOT NULL, since INTEGER NOT NULL,"
    " at INTEGER NOT NULL);"
    "PRAGMA user_version = 2;";

/* When a key was seen in a chain that verified. What older tables know of it nobody can say any more. */
static const char verified_tables[] =
    "CREATE TABLE verified ("
    " host TEXT NOT NULL, port INTEGER NOT NULL, depth INTEGER NOT NULL, pin TEXT NOT NULL,"
    " first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,"
    " PRIMARY KEY (host, port, depth, pin)) WITHOUT ROWID;"
    "PRAGMA user_version = 3;";

bool history_read_version(struct history *history) {
  AUTO_ROWS rows;
  if (!database_read(history->database, "PRAGMA user_version", SQL_NO_VALUES, &rows))
    return false;
  history->version = (int)sql_number(&rows, 0, 0);
  if (history->version <= VERSION)
    return true;
  return say_error("%s: made by a later pinctl (tables of version %d; expected at most %d)",
                   database_path(history->database), history->version, VERSION);
}

/* Looked at again inside the transaction: another pinctl may have been faster. */
bool history_make_tables(struct history *history) {
  if (!history_read_version(history))
    return false;
  if (history->version == VERSION)
    return true;
  if (!database_begin(history->database))
    return false;
  bool good = history_read_version(history);
  if (good && history->version < 1)
    good = database_run(history->database, first_tables);
  if (good && history->version < 2)
    good = database_run(history->database, alarm_tables);
  if (good && history->version < VERSION)
    good = database_run(history->database, verified_tables);
  if (!database_end(history->database, good))
    return false;
  history->version = VERSION;
  return true;
}
