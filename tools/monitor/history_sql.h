/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The database behind history.h, proposals.h and alarms.h, and what all do with it. Used by history*.c,
 * proposals.c and alarms*.c. */
#ifndef PINCTL_MONITOR_HISTORY_SQL_H
#define PINCTL_MONITOR_HISTORY_SQL_H

#include <sqlite3.h>

#include "monitor/history.h"

struct history {
  sqlite3 *database;
  char *path;
  int version; /* of its tables; 0: only "keys" is there, or nothing yet */
};

/* The tables of this pinctl: makes or renews them. False, having said why. */
bool history_make_tables(struct history *history);
/* Whether this pinctl can read it; notes the version. False, having said why. */
bool history_read_version(struct history *history);

/* Says what SQLite's last error was. Always false. */
bool history_failed(const struct history *history);

/* A statement whose first parameter is the host; NULL, having said why. */
sqlite3_stmt *history_prepare(struct history *history, const char *sql, const char *host);
/* Binds what the tables have in common as parameters 2 and 3. */
void history_bind(sqlite3_stmt *statement, uint16_t port, const char *pin);
/* Runs a statement that gives no rows, and ends it. False, having said why. */
bool history_finish(struct history *history, sqlite3_stmt *statement);

/* Runs statements that give no rows. False, having said why. */
bool history_run(struct history *history, const char *sql);

/* A transaction that others wait for. history_end takes it back where good is false; false: it did. */
bool history_begin(struct history *history);
bool history_end(struct history *history, bool good);

/* What history_record does, inside a transaction of the caller's. */
bool history_record_hosts(struct history *history, struct watch *watch);

#endif
