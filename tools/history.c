/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "history.h"

#include <string.h>

#include <sqlite3.h>

#include "memory.h"
#include "output.h"

/* Long enough for another run to finish its transaction. */
#define BUSY_MILLISECONDS 5000

struct history {
  sqlite3 *database;
  char *path;
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS keys ("
    " host TEXT NOT NULL, port INTEGER NOT NULL, depth INTEGER NOT NULL, pin TEXT NOT NULL,"
    " subject TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, times INTEGER NOT NULL,"
    " PRIMARY KEY (host, port, depth, pin)) WITHOUT ROWID;";

static bool failed(const struct history *history) {
  say_error("%s: %s", history->path, sqlite3_errmsg(history->database));
  return false;
}

struct history *history_open(const char *path, bool for_reading) {
  struct history *history = must_alloc(1, sizeof *history);
  int flags = for_reading ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  history->path = must_copy(path);
  bool good = sqlite3_open_v2(path, &history->database, flags, NULL) == SQLITE_OK;
  if (good) {
    sqlite3_busy_timeout(history->database, BUSY_MILLISECONDS);
    good = for_reading || sqlite3_exec(history->database, schema, NULL, NULL, NULL) == SQLITE_OK;
  }
  if (good)
    return history;
  failed(history);
  history_close(history);
  return NULL;
}

void history_close(struct history *history) {
  if (history == NULL)
    return;
  sqlite3_close(history->database);
  free(history->path);
  free(history);
}

/* NULL, having said why. */
static sqlite3_stmt *prepare(struct history *history, const char *sql, const char *host) {
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(history->database, sql, -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_bind_text(statement, 1, host, -1, SQLITE_TRANSIENT) == SQLITE_OK)
    return statement;
  failed(history);
  sqlite3_finalize(statement);
  return NULL;
}

static bool record_key(struct history *history, const struct watch *watch, const struct watch_host *host,
                       size_t depth) {
  static const char sql[] =
      "INSERT INTO keys VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 1) ON CONFLICT DO UPDATE SET"
      " last_seen = max(last_seen, excluded.last_seen), times = times + 1,"
      " subject = excluded.subject";
  char digest[PIN_DIGEST_TEXT_SIZE];
  sqlite3_stmt *statement = prepare(history, sql, host->host);
  if (statement == NULL)
    return false;
  pin_digest_format(&host->keys[depth].key, digest);
  sqlite3_bind_int(statement, 2, host->port);
  sqlite3_bind_int64(statement, 3, (int64_t)depth);
  sqlite3_bind_text(statement, 4, digest, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(statement, 5, host->keys[depth].subject, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int64(statement, 6, watch->now);
  bool good = sqlite3_step(statement) == SQLITE_DONE || failed(history);
  sqlite3_finalize(statement);
  return good;
}

/* The key that was seen last at this depth, when it is another than now. */
static bool note_change(struct history *history, struct watch_host *host, size_t depth) {
  static const char sql[] = "SELECT pin FROM keys WHERE host = ?1 AND port = ?2 AND depth = ?3"
                            " ORDER BY last_seen DESC, pin = ?4 DESC LIMIT 1";
  char digest[PIN_DIGEST_TEXT_SIZE];
  sqlite3_stmt *statement = prepare(history, sql, host->host);
  if (statement == NULL)
    return false;
  pin_digest_format(&host->keys[depth].key, digest);
  sqlite3_bind_int(statement, 2, host->port);
  sqlite3_bind_int64(statement, 3, (int64_t)depth);
  sqlite3_bind_text(statement, 4, digest, -1, SQLITE_TRANSIENT);
  int got = sqlite3_step(statement);
  const char *before = got == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
  if (before != NULL && strcmp(before, digest) != 0)
    watch_find(host, SEVERITY_WARNING, depth == 0 ? "key-changed" : "issuer-changed",
               must_format("its %s changed since it was last seen; it was %s", depth == 0 ? "key" : "issuer",
                           before));
  sqlite3_finalize(statement);
  return got == SQLITE_ROW || got == SQLITE_DONE || failed(history);
}

static int64_t last_seen(struct history *history, const char *host, const struct pin_digest *key) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  sqlite3_stmt *statement =
      prepare(history, "SELECT max(last_seen) FROM keys WHERE host = ?1 AND pin = ?2", host);
  if (statement == NULL)
    return 0;
  pin_digest_format(key, digest);
  sqlite3_bind_text(statement, 2, digest, -1, SQLITE_TRANSIENT);
  int64_t seen = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  return seen;
}

static bool record_host(struct history *history, const struct watch *watch, struct watch_host *host) {
  for (size_t depth = 0; depth < host->key_count && depth < 2; depth++)
    if (!note_change(history, host, depth))
      return false;
  for (size_t depth = 0; depth < host->key_count; depth++)
    if (host->keys[depth].proven && !record_key(history, watch, host, depth))
      return false;
  for (uint32_t i = 0; i < host->backups.count; i++) {
    int64_t seen = last_seen(history, host->host, &host->backups.digests[i]);
    host->backup_seen = seen > host->backup_seen ? seen : host->backup_seen;
  }
  return true;
}

bool history_record(struct history *history, struct watch *watch) {
  if (sqlite3_exec(history->database, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
    return failed(history);
  bool good = true;
  for (size_t i = 0; good && i < watch->count; i++)
    good = record_host(history, watch, &watch->hosts[i]);
  if (good && sqlite3_exec(history->database, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
    return true;
  if (good)
    failed(history);
  sqlite3_exec(history->database, "ROLLBACK", NULL, NULL, NULL);
  return false;
}

bool history_each(struct history *history, const char *host, uint16_t port, history_row_fn *each, void *arg) {
  static const char sql[] = "SELECT port, depth, subject, pin, first_seen, last_seen, times FROM keys WHERE"
                            " host = ?1 AND (?2 = 0 OR port = ?2) ORDER BY port, depth, first_seen, pin";
  sqlite3_stmt *statement = prepare(history, sql, host);
  if (statement == NULL)
    return false;
  sqlite3_bind_int(statement, 2, port);
  int got = SQLITE_ERROR;
  while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
    struct history_row row = {.host = host,
                              .port = sqlite3_column_int(statement, 0),
                              .depth = sqlite3_column_int(statement, 1),
                              .subject = (const char *)sqlite3_column_text(statement, 2),
                              .pin = (const char *)sqlite3_column_text(statement, 3),
                              .first_seen = sqlite3_column_int64(statement, 4),
                              .last_seen = sqlite3_column_int64(statement, 5),
                              .times = sqlite3_column_int64(statement, 6)};
    if (row.subject != NULL && row.pin != NULL)
      each(&row, arg);
  }
  bool good = got == SQLITE_DONE || failed(history);
  sqlite3_finalize(statement);
  return good;
}
