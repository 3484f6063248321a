/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "monitor/history_drawing.h"
#include "monitor/history_sql.h"
#include "view/compiled_form.h"

/*
 * The tables, and how an older database gets them. PRAGMA user_version says which are there:
 * 0: keys. 1: watched, named, proposals and decisions as well. 2: told and untold. 3: verified.
 */

#define VERSION 3

/* A period in "watched" ends when no run looked for HISTORY_LONGEST_GAP. */
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
 * For the notifications of alarms.c: "told" has the findings that a way was told of, or will be, and that
 * still exist; "untold" has the changes that wait. batch 1: being sent now, or when a pinctl was killed.
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

/* When a key was seen in a chain that verified; older tables do not tell. */
static const char verified_tables[] =
    "CREATE TABLE verified ("
    " host TEXT NOT NULL, port INTEGER NOT NULL, depth INTEGER NOT NULL, pin TEXT NOT NULL,"
    " first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,"
    " PRIMARY KEY (host, port, depth, pin)) WITHOUT ROWID;"
    "PRAGMA user_version = 3;";

/* Reads the version of the tables. False, having said why: this pinctl cannot read them. */
static bool history_read_version(struct history *history) {
  AUTO_ROWS rows;
  if (!database_read(history->database, "PRAGMA user_version", SQL_NO_VALUES, &rows))
    return false;
  history->version = (int)sql_number(&rows, 0, 0);
  if (history->version <= VERSION)
    return true;
  return say_error("%s: made by a later pinctl (tables of version %d; expected at most %d)",
                   database_path(history->database), history->version, VERSION);
}

/* Reads the version again inside the transaction: another pinctl may have been faster. */
static bool history_make_tables(struct history *history) {
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

/* How long to wait: enough for another run to finish its transaction. */
#define BUSY_MILLISECONDS 5000
/* The same for a caller that can do without the history. */
#define GLANCE_MILLISECONDS 500

char *history_path(const char *policy) {
  AUTO_TEXT named = form_policy(policy);
  return strcmp(named, PIN_DEFAULT_POLICY) == 0 ? must_copy(DEFAULT_HISTORY)
                                                : must_format("%s.history", named);
}

/* Says why it cannot be opened, and what helps; SQLite's own message does not. */
static void say_open_failed(const char *path, bool for_reading, int error) {
  bool absent = for_reading && error == ENOENT;
  AUTO_TEXT folder = path_directory(path);
  /* SQLite could not make the file, and then failed to read it: the folder's error is the cause. */
  if (!for_reading && error == ENOENT && access(folder, W_OK) != 0)
    error = errno;
  say_error("%s: %s%s", path, strerror(error),
            absent ? "; \"pinctl monitor\" begins the history" : root_remedy(error));
}

/* NULL, having said why. */
static struct database *open_database(const char *path, bool for_reading, int milliseconds) {
  int error = 0;
  if (for_reading && access(path, F_OK) == 0 && database_is_absent(path)) {
    say_error("%s: is empty; \"pinctl monitor\" begins the history", path);
    return NULL;
  }
  struct database *database =
      database_open(path, for_reading ? DATABASE_READ : DATABASE_MAKE, milliseconds, &error);
  if (error != 0)
    say_open_failed(path, for_reading, error);
  return database;
}

static struct history *open_history(const char *path, bool for_reading, int milliseconds) {
  struct database *database = open_database(path, for_reading, milliseconds);
  if (database == NULL)
    return NULL;
  struct history *history = must_alloc(1, sizeof *history);
  history->database = database;
  if (for_reading ? history_read_version(history) : history_make_tables(history))
    return history;
  history_close(history);
  return NULL;
}

struct history *history_open(const char *path, bool for_reading) {
  return open_history(path, for_reading, BUSY_MILLISECONDS);
}

struct history *history_glance(const char *path) {
  return open_history(path, true, GLANCE_MILLISECONDS);
}

void history_close(struct history *history) {
  if (history == NULL)
    return;
  database_close(history->database);
  free(history);
}

/* ---- Recording a run ---- */

/* The first values of each statement about a host: ?1 and ?2. */
#define HOST_AND_PORT(watched) SQL_TEXT((watched)->host), SQL_NUMBER((watched)->port)

/*
 * False if the server shows a certificate that is not valid yet: then the clock here or there is wrong, and
 * this run has no reliable time.
 */
static bool clock_may_be_right(const struct watch *watch, const struct watch_host *host) {
  for (size_t i = 0; i < host->key_count; i++)
    if (host->keys[i].begins > watch->now)
      return false;
  return true;
}

/*
 * Times in the future were recorded by a wrong clock. They are set back to now, so that the wrong day has no
 * lasting effect.
 */
static bool correct_future_times(struct history *history, const struct watch *watch,
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
  for (size_t i = 0; i < COUNT_OF(sql); i++)
    if (!database_change(history->database, sql[i], SQL_VALUES(HOST_AND_PORT(host), SQL_NUMBER(watch->now))))
      return false;
  return true;
}

/* sql: its parameters are host, port, pin, depth, subject and time. */
static bool record_key(struct history *history, const struct watch *watch, const struct watch_host *host,
                       size_t depth, const char *sql) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&host->keys[depth].key, digest);
  return database_change(history->database, sql,
                         SQL_VALUES(HOST_AND_PORT(host), SQL_TEXT(digest), SQL_NUMBER(depth),
                                    SQL_TEXT(host->keys[depth].subject), SQL_NUMBER(watch->now)));
}

/* Adds a finding if the key that was last seen at this depth was another one. */
static bool find_change(struct history *history, struct watch_host *host, size_t depth) {
  static const char sql[] = "SELECT pin FROM keys WHERE host = ?1 AND port = ?2 AND depth = ?4"
                            " ORDER BY last_seen DESC, pin = ?3 DESC LIMIT 1";
  char digest[PIN_DIGEST_TEXT_SIZE];
  AUTO_ROWS rows;
  pin_digest_format(&host->keys[depth].key, digest);
  if (!database_read(history->database, sql,
                     SQL_VALUES(HOST_AND_PORT(host), SQL_TEXT(digest), SQL_NUMBER(depth)), &rows))
    return false;
  const char *before = rows.count > 0 ? sql_text(&rows, 0, 0) : digest;
  if (strcmp(before, digest) != 0)
    watch_add_finding_about(host, SEVERITY_WARNING, depth == 0 ? "key-changed" : "issuer-changed", digest,
                            must_format("its %s changed since it was last seen; it was %s",
                                        depth == 0 ? "key" : "issuer", before));
  return true;
}

/* Extends the period that this run still belongs to, or begins a new one. */
static bool record_look(struct history *history, const struct watch *watch, const struct watch_host *host) {
  static const char again[] = "UPDATE watched SET until = max(until, ?3) WHERE host = ?1 AND port = ?2 AND"
                              " since <= ?3 AND until >= ?3 - ?4";
  static const char first[] = "INSERT OR IGNORE INTO watched VALUES (?1, ?2, ?3, ?3)";
  if (!database_change(
          history->database, again,
          SQL_VALUES(HOST_AND_PORT(host), SQL_NUMBER(watch->now), SQL_NUMBER(HISTORY_LONGEST_GAP))))
    return false;
  return database_changed(history->database) > 0 ||
         database_change(history->database, first, SQL_VALUES(HOST_AND_PORT(host), SQL_NUMBER(watch->now)));
}

static bool record_name(struct history *history, const struct watch *watch, const struct watch_host *host,
                        const struct pin_digest *key) {
  static const char sql[] = "INSERT INTO named VALUES (?1, ?2, ?3, ?4, ?4)"
                            " ON CONFLICT DO UPDATE SET last = excluded.last";
  char digest[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(key, digest);
  return database_change(history->database, sql,
                         SQL_VALUES(HOST_AND_PORT(host), SQL_TEXT(digest), SQL_NUMBER(watch->now)));
}

/*
 * Records since when the entry has named each of its pins; a pin that was removed and added again begins
 * anew. The mark last = 0 shows which are gone; the time would not, since two runs may fall into one second.
 */
static bool record_names(struct history *history, const struct watch *watch, const struct watch_host *host) {
  static const enum pin_list lists[] = {PIN_LIST_PINS, PIN_LIST_BACKUP_PINS};
  if (!database_change(history->database, "UPDATE named SET last = 0 WHERE host = ?1 AND port = ?2",
                       SQL_VALUES(HOST_AND_PORT(host))))
    return false;
  for (size_t i = 0; i < COUNT_OF(lists); i++) {
    const struct pin_digest_list *list = &host->entry.lists[lists[i]];
    for (uint32_t j = 0; j < list->count; j++)
      if (!record_name(history, watch, host, &list->digests[j]))
        return false;
  }
  return database_change(history->database, "DELETE FROM named WHERE host = ?1 AND port = ?2 AND last = 0",
                         SQL_VALUES(HOST_AND_PORT(host)));
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
  bool has_time = host->seen && clock_may_be_right(watch, host);
  if (has_time && !correct_future_times(history, watch, host))
    return false;
  /* A key that is not proven is never recorded: each run would find a change. */
  for (size_t depth = 0; depth < host->key_count && depth < 2; depth++)
    if (host->keys[depth].proven && !find_change(history, host, depth))
      return false;
  if (has_time && !record_keys(history, watch, host))
    return false;
  if (has_time && !(record_look(history, watch, host) && record_names(history, watch, host)))
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
  return database_begin(history->database) &&
         database_end(history->database, history_record_hosts(history, watch));
}

/* ---- Queries ---- */

int64_t history_last_seen(struct history *history, const char *host, const struct pin_digest *key) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  AUTO_ROWS rows;
  pin_digest_format(key, digest);
  if (!database_read(history->database, "SELECT max(last_seen) FROM keys WHERE host = ?1 AND pin = ?2",
                     SQL_VALUES(SQL_TEXT(host), SQL_TEXT(digest)), &rows))
    return INT64_MAX;
  return sql_number(&rows, 0, 0);
}

int64_t history_named_since(struct history *history, const char *host, uint16_t port,
                            const struct pin_digest *key) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  AUTO_ROWS rows = {0};
  pin_digest_format(key, digest);
  if (history->version < 1 ||
      !database_read(history->database, "SELECT since FROM named WHERE host = ?1 AND port = ?2 AND pin = ?3",
                     SQL_VALUES(SQL_TEXT(host), SQL_NUMBER(port), SQL_TEXT(digest)), &rows) ||
      rows.count == 0)
    return INT64_MAX;
  return sql_number(&rows, 0, 0);
}

bool history_covers(struct history *history, const char *host, uint16_t port, int64_t since, int64_t now) {
  static const char sql[] = "SELECT count(*) FROM watched WHERE host = ?1 AND port = ?2 AND since <= ?3 AND"
                            " until >= ?4";
  AUTO_ROWS rows = {0};
  return history->version >= 1 &&
         database_read(history->database, sql,
                       SQL_VALUES(SQL_TEXT(host), SQL_NUMBER(port), SQL_NUMBER(since),
                                  SQL_NUMBER(now - HISTORY_LONGEST_GAP)),
                       &rows) &&
         sql_number(&rows, 0, 0) > 0;
}

bool history_ports(struct history *history, const char *host, int64_t since, uint16_t **ret_ports,
                   size_t *ret_count) {
  AUTO_ROWS rows = {0};
  bool good = history->version < 1 ||
              database_read(history->database,
                            "SELECT DISTINCT port FROM watched WHERE host = ?1 AND until >= ?2 ORDER BY port",
                            SQL_VALUES(SQL_TEXT(host), SQL_NUMBER(since)), &rows);
  *ret_count = rows.count;
  *ret_ports = must_alloc(rows.count, sizeof **ret_ports);
  for (size_t i = 0; i < rows.count; i++)
    (*ret_ports)[i] = (uint16_t)sql_number(&rows, i, 0);
  return good;
}

bool history_each(struct history *history, const char *host, uint16_t port, history_row_fn *each, void *arg) {
  static const char sql[] =
      "SELECT port, depth, subject, pin, keys.first_seen, keys.last_seen, times, verified.first_seen,"
      " verified.last_seen FROM keys LEFT JOIN verified USING (host, port, depth, pin) WHERE"
      " host = ?1 AND (?2 = 0 OR port = ?2) ORDER BY port, depth, keys.first_seen, pin";
  static const char older[] = "SELECT port, depth, subject, pin, first_seen, last_seen, times, 0, 0 FROM keys"
                              " WHERE host = ?1 AND (?2 = 0 OR port = ?2)"
                              " ORDER BY port, depth, first_seen, pin";
  AUTO_ROWS rows;
  bool good = database_read(history->database, history->version < 3 ? older : sql,
                            SQL_VALUES(SQL_TEXT(host), SQL_NUMBER(port)), &rows);
  for (size_t i = 0; i < rows.count; i++) {
    const struct history_row row = {.host = host,
                                    .port = (int)sql_number(&rows, i, 0),
                                    .depth = (int)sql_number(&rows, i, 1),
                                    .subject = sql_text(&rows, i, 2),
                                    .pin = sql_text(&rows, i, 3),
                                    .first_seen = sql_number(&rows, i, 4),
                                    .last_seen = sql_number(&rows, i, 5),
                                    .times = sql_number(&rows, i, 6),
                                    .verified_first = sql_number(&rows, i, 7),
                                    .verified_last = sql_number(&rows, i, 8)};
    each(&row, arg);
  }
  return good;
}

static void draw_row(const struct history_row *row, void *arg) {
  drawing_add(arg, row);
}

bool history_draw(struct history *history, struct watch *watch) {
  bool good = true;
  for (size_t i = 0; good && i < watch->count; i++) {
    struct watch_host *host = &watch->hosts[i];
    host->drawing = drawing_new();
    good = history_each(history, host->host, host->port, draw_row, host->drawing);
  }
  return good;
}
