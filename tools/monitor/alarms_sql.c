/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/alarms_sql.h"

#include <stdio.h>

#include <openssl/rand.h>

#include "base/memory.h"

static sqlite3_stmt *prepare(struct history *history, const char *sql, enum notify_way way,
                             const struct watch_host *host) {
  sqlite3_stmt *statement = history_prepare(history, sql, notify_way_word(way));
  if (statement == NULL || host == NULL)
    return statement;
  sqlite3_bind_text(statement, 2, host->host == NULL ? "" : host->host, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int(statement, 3, host->port);
  return statement;
}

static void bind_text(sqlite3_stmt *statement, int parameter, const char *text) {
  sqlite3_bind_text(statement, parameter, text, -1, SQLITE_TRANSIENT);
}

static char *text_at(sqlite3_stmt *statement, int column) {
  const char *text = (const char *)sqlite3_column_text(statement, column);
  return must_copy(text == NULL ? "" : text);
}

/* A number that this pinctl does not know is the worst. */
static enum severity severity_at(sqlite3_stmt *statement, int column) {
  int number = sqlite3_column_int(statement, column);
  return number == SEVERITY_WARNING ? SEVERITY_WARNING : SEVERITY_CRITICAL;
}

/* ---- What a way knows ---- */

bool told_read(struct history *history, enum notify_way way, const struct watch_host *host, const char *code,
               struct told_list *ret_told) {
  static const char sql[] = "SELECT code, about, severity, text, since, at FROM told WHERE way = ?1 AND"
                            " host = ?2 AND port = ?3 AND (?4 = '' OR code = ?4) ORDER BY code, about";
  int got = SQLITE_ERROR;
  *ret_told = (struct told_list){0};
  sqlite3_stmt *statement = prepare(history, sql, way, host);
  if (statement == NULL)
    return false;
  bind_text(statement, 4, code == NULL ? "" : code);
  while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
    ret_told->items = must_grow(ret_told->items, ret_told->count + 1, sizeof *ret_told->items);
    ret_told->items[ret_told->count++] = (struct told){.code = text_at(statement, 0),
                                                       .about = text_at(statement, 1),
                                                       .severity = severity_at(statement, 2),
                                                       .text = text_at(statement, 3),
                                                       .since = sqlite3_column_int64(statement, 4),
                                                       .at = sqlite3_column_int64(statement, 5)};
  }
  bool good = got == SQLITE_DONE || history_failed(history);
  sqlite3_finalize(statement);
  return good;
}

void told_clear(struct told_list *told) {
  for (size_t i = 0; i < told->count; i++) {
    free(told->items[i].code);
    free(told->items[i].about);
    free(told->items[i].text);
  }
  free(told->items);
  *told = (struct told_list){0};
}

bool told_write(struct history *history, enum notify_way way, const struct watch_host *host,
                const struct told *told) {
  sqlite3_stmt *statement =
      prepare(history, "INSERT OR REPLACE INTO told VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", way, host);
  if (statement == NULL)
    return false;
  bind_text(statement, 4, told->code);
  bind_text(statement, 5, told->about);
  sqlite3_bind_int(statement, 6, (int)told->severity);
  bind_text(statement, 7, told->text);
  sqlite3_bind_int64(statement, 8, told->since);
  sqlite3_bind_int64(statement, 9, told->at);
  return history_finish(history, statement);
}

bool told_remove(struct history *history, enum notify_way way, const struct watch_host *host,
                 const struct told *told) {
  static const char sql[] =
      "DELETE FROM told WHERE way = ?1 AND host = ?2 AND port = ?3 AND code = ?4 AND about = ?5";
  sqlite3_stmt *statement = prepare(history, sql, way, host);
  if (statement == NULL)
    return false;
  bind_text(statement, 4, told->code);
  bind_text(statement, 5, told->about);
  return history_finish(history, statement);
}

bool told_hosts(struct history *history, enum notify_way way, struct watch *ret_hosts) {
  static const char sql[] = "SELECT DISTINCT host, port FROM told WHERE way = ?1 AND host <> ''";
  int got = SQLITE_ERROR;
  *ret_hosts = (struct watch){0};
  sqlite3_stmt *statement = prepare(history, sql, way, NULL);
  if (statement == NULL)
    return false;
  while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
    AUTO_TEXT host = text_at(statement, 0);
    watch_add(ret_hosts, host, (uint16_t)sqlite3_column_int(statement, 1), PROBE_TLS);
  }
  bool good = got == SQLITE_DONE || history_failed(history);
  sqlite3_finalize(statement);
  return good;
}

bool told_forget(struct history *history, enum notify_way way, const struct watch_host *host) {
  sqlite3_stmt *statement =
      prepare(history, "DELETE FROM told WHERE way = ?1 AND host = ?2 AND port = ?3", way, host);
  return statement != NULL && history_finish(history, statement);
}

/* ---- What is to be told ---- */

static void make_id(char ret_id[33]) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1)
    memory_exhausted();
  for (size_t i = 0; i < sizeof bytes; i++)
    snprintf(ret_id + 2 * i, 3, "%02x", bytes[i]);
}

bool untold_add(struct history *history, enum notify_way way, const struct watch_host *host, const char *kind,
                const struct told *told, int64_t now) {
  static const char sql[] = "INSERT INTO untold (way, host, port, batch, id, kind, severity, code, text, pin,"
                            " since, at) VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
  char id[33], pin[PIN_DIGEST_TEXT_SIZE] = "";
  sqlite3_stmt *statement = prepare(history, sql, way, host);
  if (statement == NULL)
    return false;
  make_id(id);
  if (host->key_count > 0)
    pin_digest_format(&host->keys[0].key, pin);
  bind_text(statement, 4, id);
  bind_text(statement, 5, kind);
  sqlite3_bind_int(statement, 6, (int)told->severity);
  bind_text(statement, 7, told->code);
  bind_text(statement, 8, told->text);
  bind_text(statement, 9, pin);
  sqlite3_bind_int64(statement, 10, told->since);
  sqlite3_bind_int64(statement, 11, now);
  return history_finish(history, statement);
}

bool untold_read(struct history *history, enum notify_way way, struct notify_message *ret_message) {
  static const char sql[] = "SELECT id, kind, severity, host, port, code, text, pin, since, at FROM untold"
                            " WHERE way = ?1 AND batch = 1 ORDER BY number";
  int got = SQLITE_ERROR;
  *ret_message = (struct notify_message){0};
  sqlite3_stmt *statement = prepare(history, sql, way, NULL);
  if (statement == NULL)
    return false;
  while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
    size_t count = ret_message->count++;
    ret_message->changes = must_grow(ret_message->changes, count + 1, sizeof *ret_message->changes);
    ret_message->changes[count] =
        (struct notify_change){.id = text_at(statement, 0),
                               .kind = text_at(statement, 1),
                               .severity = must_copy(severity_word(severity_at(statement, 2))),
                               .host = text_at(statement, 3),
                               .port = (uint16_t)sqlite3_column_int(statement, 4),
                               .code = text_at(statement, 5),
                               .text = text_at(statement, 6),
                               .pin = text_at(statement, 7),
                               .since = sqlite3_column_int64(statement, 8),
                               .at = sqlite3_column_int64(statement, 9)};
  }
  bool good = got == SQLITE_DONE || history_failed(history);
  sqlite3_finalize(statement);
  return good;
}

bool untold_claim(struct history *history, enum notify_way way, int most) {
  static const char sql[] = "UPDATE untold SET batch = 1 WHERE number IN"
                            " (SELECT number FROM untold WHERE way = ?1 ORDER BY number LIMIT ?2)";
  sqlite3_stmt *statement = prepare(history, sql, way, NULL);
  if (statement == NULL)
    return false;
  sqlite3_bind_int(statement, 2, most);
  return history_finish(history, statement);
}

bool untold_end(struct history *history, enum notify_way way, bool was_told) {
  sqlite3_stmt *statement = prepare(history,
                                    was_told ? "DELETE FROM untold WHERE way = ?1 AND batch = 1"
                                             : "UPDATE untold SET batch = 0 WHERE way = ?1 AND batch = 1",
                                    way, NULL);
  return statement != NULL && history_finish(history, statement);
}

int64_t untold_count(struct history *history, enum notify_way way) {
  sqlite3_stmt *statement = prepare(history, "SELECT count(*) FROM untold WHERE way = ?1", way, NULL);
  if (statement == NULL)
    return -1;
  int64_t count = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
  if (count < 0)
    history_failed(history);
  sqlite3_finalize(statement);
  return count;
}
