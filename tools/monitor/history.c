/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/history.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "cli/output.h"
#include "monitor/history_sql.h"
#include "view/compiled_form.h"

/* Long enough for another run to finish its transaction. */
#define BUSY_MILLISECONDS 5000

bool history_failed(const struct history *history) {
  say_error("%s: %s", history->path, sqlite3_errmsg(history->database));
  return false;
}

char *history_path(const char *policy) {
  AUTO_TEXT named = form_policy(policy);
  return strcmp(named, PIN_DEFAULT_POLICY) == 0 ? must_copy(DEFAULT_HISTORY)
                                                : must_format("%s.history", named);
}

/* False, having said why, and what helps: SQLite's own words say only that it could not. */
static bool open_failed(const struct history *history, bool for_reading) {
  int error =
      sqlite3_errcode(history->database) == SQLITE_CANTOPEN ? sqlite3_system_errno(history->database) : 0;
  if (error == 0)
    return history_failed(history);
  bool absent = for_reading && error == ENOENT;
  say_error("%s: %s%s", history->path, strerror(error),
            absent ? "; \"pinctl monitor\" begins the history" : root_remedy(error));
  return false;
}

struct history *history_open(const char *path, bool for_reading) {
  struct history *history = must_alloc(1, sizeof *history);
  int flags = for_reading ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  history->path = must_copy(path);
  bool good = sqlite3_open_v2(path, &history->database, flags, NULL) == SQLITE_OK ||
              open_failed(history, for_reading);
  if (good) {
    sqlite3_busy_timeout(history->database, BUSY_MILLISECONDS);
    good = for_reading ? history_read_version(history) : history_make_tables(history);
  }
  if (good)
    return history;
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

sqlite3_stmt *history_prepare(struct history *history, const char *sql, const char *host) {
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(history->database, sql, -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_bind_text(statement, 1, host, -1, SQLITE_TRANSIENT) == SQLITE_OK)
    return statement;
  history_failed(history);
  sqlite3_finalize(statement);
  return NULL;
}

void history_bind(sqlite3_stmt *statement, uint16_t port, const char *pin) {
  sqlite3_bind_int(statement, 2, port);
  sqlite3_bind_text(statement, 3, pin, -1, SQLITE_TRANSIENT);
}

bool history_finish(struct history *history, sqlite3_stmt *statement) {
  bool good = sqlite3_step(statement) == SQLITE_DONE || history_failed(history);
  sqlite3_finalize(statement);
  return good;
}

bool history_run(struct history *history, const char *sql) {
  return sqlite3_exec(history->database, sql, NULL, NULL, NULL) == SQLITE_OK || history_failed(history);
}

bool history_begin(struct history *history) {
  return history_run(history, "BEGIN IMMEDIATE");
}

bool history_end(struct history *history, bool good) {
  if (good && sqlite3_exec(history->database, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
    return true;
  if (good)
    history_failed(history);
  sqlite3_exec(history->database, "ROLLBACK", NULL, NULL, NULL);
  return false;
}

/* ---- What a run saw ---- */

/*
 * No certificate is shown before it begins: then the clock is wrong, or the server's is, and nothing of this
 * look can be given a time.
 */
static bool clock_may_be_right(const struct watch *watch, const struct watch_host *host) {
  for (size_t i = 0; i < host->key_count; i++)
    if (host->keys[i].begins > watch->now)
      return false;
  return true;
}

/*
 * What was recorded of a time that is still to come was recorded by a clock that was wrong. It counts as of
 * now, at the most, so that a wrong day does not outlast itself.
 */
static bool forget_the_future(struct history *history, const struct watch *watch,
                              const struct watch_host *host) {
  static const char *const sql[] = {
      "UPDATE keys SET first_seen = min(first_seen, ?3), last_seen = min(last_seen, ?3)"
      " WHERE host = ?1 AND port = ?2 AND last_seen > ?3",
      "UPDATE verified SET first_seen = min(first_seen, ?3), last_seen = min(last_seen, ?3)"
      " WHERE host = ?1 AND port = ?2 AND last_seen > ?3",
      "DELETE FROM watched WHERE host = ?1 AND port = ?2 AND since > ?3",
      "UPDATE watched SET until = ?3 WHERE host = ?1 AND port = ?2 AND until > ?3",
      "UPDATE named SET since = ?3 WHERE host = ?1 AND port = ?2 AND since > ?3",
  };
  for (size_t i = 0; i < sizeof sql / sizeof *sql; i++) {
    sqlite3_stmt *statement = history_prepare(history, sql[i], host->host);
    if (statement == NULL)
      return false;
    sqlite3_bind_int(statement, 2, host->port);
    sqlite3_bind_int64(statement, 3, watch->now);
    if (!history_finish(history, statement))
      return false;
  }
  return true;
}

/* sql: with the host, the port, the pin, the depth, the subject and the time as its parameters. */
static bool record_key(struct history *history, const struct watch *watch, const struct watch_host *host,
                       size_t depth, const char *sql) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  sqlite3_stmt *statement = history_prepare(history, sql, host->host);
  if (statement == NULL)
    return false;
  pin_digest_format(&host->keys[depth].key, digest);
  history_bind(statement, host->port, digest);
  sqlite3_bind_int64(statement, 4, (int64_t)depth);
  sqlite3_bind_text(statement, 5, host->keys[depth].subject, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int64(statement, 6, watch->now);
  return history_finish(history, statement);
}

/* The key that was seen last at this depth, when it is another than now. */
static bool note_change(struct history *history, struct watch_host *host, size_t depth) {
  static const char sql[] = "SELECT pin FROM keys WHERE host = ?1 AND port = ?2 AND depth = ?4"
                            " ORDER BY last_seen DESC, pin = ?3 DESC LIMIT 1";
  char digest[PIN_DIGEST_TEXT_SIZE];
  sqlite3_stmt *statement = history_prepare(history, sql, host->host);
  if (statement == NULL)
    return false;
  pin_digest_format(&host->keys[depth].key, digest);
  history_bind(statement, host->port, digest);
  sqlite3_bind_int64(statement, 4, (int64_t)depth);
  int got = sqlite3_step(statement);
  const char *before = got == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
  if (before != NULL && strcmp(before, digest) != 0)
    watch_find_about(host, SEVERITY_WARNING, depth == 0 ? "key-changed" : "issuer-changed", digest,
                     must_format("its %s changed since it was last seen; it was %s",
                                 depth == 0 ? "key" : "issuer", before));
  sqlite3_finalize(statement);
  return got == SQLITE_ROW || got == SQLITE_DONE || history_failed(history);
}

/* Goes on with the stretch of time that this look still belongs to, or begins one. */
static bool record_look(struct history *history, const struct watch *watch, const struct watch_host *host) {
  static const char again[] = "UPDATE watched SET until = max(until, ?3) WHERE host = ?1 AND port = ?2 AND"
                              " since <= ?3 AND until >= ?3 - ?4";
  static const char first[] = "INSERT OR IGNORE INTO watched VALUES (?1, ?2, ?3, ?3)";
  sqlite3_stmt *statement = history_prepare(history, again, host->host);
  if (statement == NULL)
    return false;
  sqlite3_bind_int(statement, 2, host->port);
  sqlite3_bind_int64(statement, 3, watch->now);
  sqlite3_bind_int64(statement, 4, HISTORY_LONGEST_GAP);
  if (!history_finish(history, statement))
    return false;
  if (sqlite3_changes(history->database) > 0)
    return true;
  statement = history_prepare(history, first, host->host);
  if (statement == NULL)
    return false;
  sqlite3_bind_int(statement, 2, host->port);
  sqlite3_bind_int64(statement, 3, watch->now);
  return history_finish(history, statement);
}

static bool record_name(struct history *history, const struct watch *watch, const struct watch_host *host,
                        const struct pin_digest *key) {
  static const char sql[] = "INSERT INTO named VALUES (?1, ?2, ?3, ?4, ?4)"
                            " ON CONFLICT DO UPDATE SET last = excluded.last";
  char digest[PIN_DIGEST_TEXT_SIZE];
  sqlite3_stmt *statement = history_prepare(history, sql, host->host);
  if (statement == NULL)
    return false;
  pin_digest_format(key, digest);
  history_bind(statement, host->port, digest);
  sqlite3_bind_int64(statement, 4, watch->now);
  return history_finish(history, statement);
}

static bool change_names(struct history *history, const struct watch_host *host, const char *sql) {
  sqlite3_stmt *statement = history_prepare(history, sql, host->host);
  if (statement == NULL)
    return false;
  sqlite3_bind_int(statement, 2, host->port);
  return history_finish(history, statement);
}

/*
 * Since when the entry has named its pins; one that was taken out and comes again begins anew. Which are gone
 * is told by a mark, not by the time: two looks may fall into one second.
 */
static bool record_names(struct history *history, const struct watch *watch, const struct watch_host *host) {
  static const enum pin_list lists[] = {PIN_LIST_PINS, PIN_LIST_BACKUP_PINS};
  if (!change_names(history, host, "UPDATE named SET last = 0 WHERE host = ?1 AND port = ?2"))
    return false;
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    const struct pin_digest_list *list = &host->entry.lists[lists[i]];
    for (uint32_t j = 0; j < list->count; j++)
      if (!record_name(history, watch, host, &list->digests[j]))
        return false;
  }
  return change_names(history, host, "DELETE FROM named WHERE host = ?1 AND port = ?2 AND last = 0");
}

static bool record_keys(struct history *history, const struct watch *watch, const struct watch_host *host) {
  static const char seen[] =
      "INSERT INTO keys VALUES (?1, ?2, ?4, ?3, ?5, ?6, ?6, 1) ON CONFLICT DO UPDATE SET"
      " last_seen = max(last_seen, excluded.last_seen), times = times + 1,"
      " subject = excluded.subject";
  static const char verified[] =
      "INSERT INTO verified VALUES (?1, ?2, ?4, ?3, ?6, ?6) ON CONFLICT DO UPDATE SET"
      " last_seen = max(last_seen, excluded.last_seen)";
  for (size_t depth = 0; depth < host->key_count; depth++) {
    if (!host->keys[depth].proven)
      continue;
    if (!record_key(history, watch, host, depth, seen) ||
        (host->verified && !record_key(history, watch, host, depth, verified)))
      return false;
  }
  return true;
}

static bool record_host(struct history *history, const struct watch *watch, struct watch_host *host) {
  bool timely = host->seen && clock_may_be_right(watch, host);
  if (timely && !forget_the_future(history, watch, host))
    return false;
  /* A key that is not proven is never recorded: it would have changed at each look. */
  for (size_t depth = 0; depth < host->key_count && depth < 2; depth++)
    if (host->keys[depth].proven && !note_change(history, host, depth))
      return false;
  if (timely && !record_keys(history, watch, host))
    return false;
  if (timely && !(record_look(history, watch, host) && record_names(history, watch, host)))
    return false;
  const struct pin_digest_list *backups = &host->entry.lists[PIN_LIST_BACKUP_PINS];
  for (uint32_t i = 0; i < backups->count; i++) {
    int64_t seen = history_last_seen(history, host->host, &backups->digests[i]);
    host->backup_seen = seen > host->backup_seen ? seen : host->backup_seen;
  }
  return true;
}

bool history_record_hosts(struct history *history, struct watch *watch) {
  bool good = true;
  for (size_t i = 0; good && i < watch->count; i++)
    good = record_host(history, watch, &watch->hosts[i]);
  return good;
}

bool history_record(struct history *history, struct watch *watch) {
  return history_begin(history) && history_end(history, history_record_hosts(history, watch));
}

/* ---- What is asked of it ---- */

/* The one number that a query gives; `none` where it gives none, `broken` where it cannot be run. */
static int64_t number_of(struct history *history, sqlite3_stmt *statement, int64_t none, int64_t broken) {
  int got = statement == NULL ? SQLITE_ERROR : sqlite3_step(statement);
  bool known = got == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL;
  int64_t number = known ? sqlite3_column_int64(statement, 0) : none;
  if (got != SQLITE_ROW && got != SQLITE_DONE) {
    number = broken;
    if (statement != NULL)
      history_failed(history);
  }
  sqlite3_finalize(statement);
  return number;
}

int64_t history_last_seen(struct history *history, const char *host, const struct pin_digest *key) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  sqlite3_stmt *statement =
      history_prepare(history, "SELECT max(last_seen) FROM keys WHERE host = ?1 AND pin = ?3", host);
  pin_digest_format(key, digest);
  if (statement != NULL)
    history_bind(statement, 0, digest);
  return number_of(history, statement, 0, INT64_MAX);
}

int64_t history_named_since(struct history *history, const char *host, uint16_t port,
                            const struct pin_digest *key) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  if (history->version < 1)
    return INT64_MAX;
  sqlite3_stmt *statement =
      history_prepare(history, "SELECT since FROM named WHERE host = ?1 AND port = ?2 AND pin = ?3", host);
  pin_digest_format(key, digest);
  if (statement != NULL)
    history_bind(statement, port, digest);
  return number_of(history, statement, INT64_MAX, INT64_MAX);
}

bool history_covers(struct history *history, const char *host, uint16_t port, int64_t since, int64_t now) {
  static const char sql[] = "SELECT count(*) FROM watched WHERE host = ?1 AND port = ?2 AND since <= ?3 AND"
                            " until >= ?4";
  if (history->version < 1)
    return false;
  sqlite3_stmt *statement = history_prepare(history, sql, host);
  if (statement != NULL) {
    sqlite3_bind_int(statement, 2, port);
    sqlite3_bind_int64(statement, 3, since);
    sqlite3_bind_int64(statement, 4, now - HISTORY_LONGEST_GAP);
  }
  return number_of(history, statement, 0, 0) > 0;
}

bool history_ports(struct history *history, const char *host, int64_t since, uint16_t **ret_ports,
                   size_t *ret_count) {
  *ret_ports = NULL;
  *ret_count = 0;
  if (history->version < 1)
    return true;
  sqlite3_stmt *statement = history_prepare(
      history, "SELECT DISTINCT port FROM watched WHERE host = ?1 AND until >= ?2 ORDER BY port", host);
  if (statement == NULL)
    return false;
  int got = SQLITE_ERROR;
  sqlite3_bind_int64(statement, 2, since);
  while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
    *ret_ports = must_grow(*ret_ports, *ret_count + 1, sizeof **ret_ports);
    (*ret_ports)[(*ret_count)++] = (uint16_t)sqlite3_column_int(statement, 0);
  }
  sqlite3_finalize(statement);
  return got == SQLITE_DONE || history_failed(history);
}

bool history_each(struct history *history, const char *host, uint16_t port, history_row_fn *each, void *arg) {
  static const char sql[] =
      "SELECT port, depth, subject, pin, keys.first_seen, keys.last_seen, times, verified.first_seen,"
      " verified.last_seen FROM keys LEFT JOIN verified USING (host, port, depth, pin) WHERE"
      " host = ?1 AND (?2 = 0 OR port = ?2) ORDER BY port, depth, keys.first_seen, pin";
  static const char older[] = "SELECT port, depth, subject, pin, first_seen, last_seen, times, 0, 0 FROM keys"
                              " WHERE host = ?1 AND (?2 = 0 OR port = ?2)"
                              " ORDER BY port, depth, first_seen, pin";
  sqlite3_stmt *statement = history_prepare(history, history->version < 3 ? older : sql, host);
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
                              .times = sqlite3_column_int64(statement, 6),
                              .verified_first = sqlite3_column_int64(statement, 7),
                              .verified_last = sqlite3_column_int64(statement, 8)};
    if (row.subject != NULL && row.pin != NULL)
      each(&row, arg);
  }
  bool good = got == SQLITE_DONE || history_failed(history);
  sqlite3_finalize(statement);
  return good;
}
