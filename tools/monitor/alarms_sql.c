/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/alarms_sql.h"

#include <stdio.h>

#include <openssl/rand.h>

#include "base/memory.h"
#include "cli/output.h"

static const char *host_name(const struct watch_host *host) {
  return host->host == NULL ? "" : host->host;
}

/* The first values of each statement about a host: ?1, ?2 and ?3. */
#define WAY_AND_HOST(way, watched)                                                                           \
  SQL_TEXT(notify_way_word(way)), SQL_TEXT(host_name(watched)), SQL_NUMBER((watched)->port)

/* An unknown number, from a later pinctl, counts as the worst. */
static enum severity severity_at(const struct sql_rows *rows, size_t row, size_t column) {
  return sql_number(rows, row, column) == SEVERITY_WARNING ? SEVERITY_WARNING : SEVERITY_CRITICAL;
}

/* ---- The table "told" ---- */

bool told_read(struct history *history, enum notify_way way, const struct watch_host *host, const char *code,
               struct told_list *ret_told) {
  static const char sql[] = "SELECT code, about, severity, text, since, at FROM told WHERE way = ?1 AND"
                            " host = ?2 AND port = ?3 AND (?4 = '' OR code = ?4) ORDER BY code, about";
  AUTO_ROWS rows;
  bool good = database_read(history->database, sql,
                            SQL_VALUES(WAY_AND_HOST(way, host), SQL_TEXT(code == NULL ? "" : code)), &rows);
  ret_told->items = must_alloc(rows.count, sizeof *ret_told->items);
  ret_told->count = rows.count;
  for (size_t i = 0; i < rows.count; i++)
    ret_told->items[i] = (struct told){.code = must_copy(sql_text(&rows, i, 0)),
                                       .about = must_copy(sql_text(&rows, i, 1)),
                                       .severity = severity_at(&rows, i, 2),
                                       .text = must_copy(sql_text(&rows, i, 3)),
                                       .since = sql_number(&rows, i, 4),
                                       .at = sql_number(&rows, i, 5)};
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
  return database_change(history->database,
                         "INSERT OR REPLACE INTO told VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                         SQL_VALUES(WAY_AND_HOST(way, host), SQL_TEXT(told->code), SQL_TEXT(told->about),
                                    SQL_NUMBER(told->severity), SQL_TEXT(told->text), SQL_NUMBER(told->since),
                                    SQL_NUMBER(told->at)));
}

bool told_remove(struct history *history, enum notify_way way, const struct watch_host *host,
                 const struct told *told) {
  return database_change(
      history->database,
      "DELETE FROM told WHERE way = ?1 AND host = ?2 AND port = ?3 AND code = ?4 AND about = ?5",
      SQL_VALUES(WAY_AND_HOST(way, host), SQL_TEXT(told->code), SQL_TEXT(told->about)));
}

bool told_of_servers(struct history *history, enum notify_way way, const struct told *told, bool *ret_is) {
  AUTO_ROWS rows;
  bool good = database_read(
      history->database,
      "SELECT 1 FROM told WHERE way = ?1 AND host <> '' AND code = ?2 AND about = ?3 LIMIT 1",
      SQL_VALUES(SQL_TEXT(notify_way_word(way)), SQL_TEXT(told->code), SQL_TEXT(told->about)), &rows);
  *ret_is = rows.count > 0;
  return good;
}

bool told_hosts(struct history *history, enum notify_way way, struct watch *ret_hosts) {
  AUTO_ROWS rows;
  *ret_hosts = (struct watch){0};
  bool good =
      database_read(history->database, "SELECT DISTINCT host, port FROM told WHERE way = ?1 AND host <> ''",
                    SQL_VALUES(SQL_TEXT(notify_way_word(way))), &rows);
  for (size_t i = 0; i < rows.count; i++)
    watch_add(ret_hosts, sql_text(&rows, i, 0), (uint16_t)sql_number(&rows, i, 1), PROBE_TLS);
  return good;
}

bool told_forget(struct history *history, enum notify_way way, const struct watch_host *host) {
  return database_change(history->database, "DELETE FROM told WHERE way = ?1 AND host = ?2 AND port = ?3",
                         SQL_VALUES(WAY_AND_HOST(way, host)));
}

/* ---- The table "untold" ---- */

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
  make_id(id);
  if (host->key_count > 0)
    pin_digest_format(&host->keys[0].key, pin);
  return database_change(history->database, sql,
                         SQL_VALUES(WAY_AND_HOST(way, host), SQL_TEXT(id), SQL_TEXT(kind),
                                    SQL_NUMBER(told->severity), SQL_TEXT(told->code), SQL_TEXT(told->text),
                                    SQL_TEXT(pin), SQL_NUMBER(told->since), SQL_NUMBER(now)));
}

bool untold_read(struct history *history, enum notify_way way, struct notify_message *ret_message) {
  static const char sql[] = "SELECT id, kind, severity, host, port, code, text, pin, since, at FROM untold"
                            " WHERE way = ?1 AND batch = 1 ORDER BY number";
  AUTO_ROWS rows;
  bool good = database_read(history->database, sql, SQL_VALUES(SQL_TEXT(notify_way_word(way))), &rows);
  *ret_message = (struct notify_message){0};
  if (rows.count == 0)
    return good;
  ret_message->count = rows.count;
  ret_message->changes = must_alloc(rows.count, sizeof *ret_message->changes);
  for (size_t i = 0; i < rows.count; i++)
    ret_message->changes[i] =
        (struct notify_change){.id = must_copy(sql_text(&rows, i, 0)),
                               .kind = must_copy(sql_text(&rows, i, 1)),
                               .severity = must_copy(severity_word(severity_at(&rows, i, 2))),
                               .host = must_copy(sql_text(&rows, i, 3)),
                               .port = (uint16_t)sql_number(&rows, i, 4),
                               .code = must_copy(sql_text(&rows, i, 5)),
                               .text = must_copy(sql_text(&rows, i, 6)),
                               .pin = must_copy(sql_text(&rows, i, 7)),
                               .since = sql_number(&rows, i, 8),
                               .at = sql_number(&rows, i, 9)};
  return good;
}

bool untold_claim(struct history *history, enum notify_way way, int most) {
  return database_change(history->database,
                         "UPDATE untold SET batch = 1 WHERE number IN"
                         " (SELECT number FROM untold WHERE way = ?1 ORDER BY number LIMIT ?2)",
                         SQL_VALUES(SQL_TEXT(notify_way_word(way)), SQL_NUMBER(most)));
}

bool untold_end(struct history *history, enum notify_way way, bool was_told) {
  return database_change(history->database,
                         was_told ? "DELETE FROM untold WHERE way = ?1 AND batch = 1"
                                  : "UPDATE untold SET batch = 0 WHERE way = ?1 AND batch = 1",
                         SQL_VALUES(SQL_TEXT(notify_way_word(way))));
}

#define DROPPED_CODE "dropped"

/* Limits: how long a change waits, in seconds, and how many wait. */
#define LONGEST_WAIT "2592000"
#define MOST_WAITING "10000"

/* The changes to drop for way ?1 at time ?2. */
#define DROPPED                                                                                              \
  " FROM untold WHERE way = ?1 AND batch = 0 AND at <> ?2 AND kind <> 'dropped' AND"                         \
  " (at < ?2 - " LONGEST_WAIT " OR number NOT IN"                                                            \
  " (SELECT number FROM untold WHERE way = ?1 ORDER BY number DESC LIMIT " MOST_WAITING "))"

/* Adds to the number of dropped changes that waits already, at the beginning of its text. */
static bool note_dropped(struct history *history, enum notify_way way, int64_t count, int64_t since,
                         int64_t now) {
  static const char before[] =
      "SELECT CAST(text AS INTEGER), since FROM untold WHERE way = ?1 AND batch = 0 AND kind = 'dropped'";
  const struct watch_host machine = {0};
  say_warning("%lld change%s that could not be sent by %s %s dropped: too many wait, or they are too old",
              (long long)count, count == 1 ? "" : "s", notify_way_word(way), count == 1 ? "was" : "were");
  AUTO_ROWS rows;
  if (!database_read(history->database, before, SQL_VALUES(SQL_TEXT(notify_way_word(way))), &rows))
    return false;
  if (rows.count > 0) {
    count += sql_number(&rows, 0, 0);
    since = sql_number(&rows, 0, 1);
  }
  if (!database_change(history->database,
                       "DELETE FROM untold WHERE way = ?1 AND batch = 0 AND kind = 'dropped'",
                       SQL_VALUES(SQL_TEXT(notify_way_word(way)))))
    return false;
  AUTO_TEXT text =
      must_format("%lld change%s could not be sent by %s for too long, and %s dropped", (long long)count,
                  count == 1 ? "" : "s", notify_way_word(way), count == 1 ? "was" : "were");
  AUTO_TEXT code = must_copy(DROPPED_CODE);
  const struct told told = {.code = code, .text = text, .severity = SEVERITY_CRITICAL, .since = since};
  return untold_add(history, way, &machine, "dropped", &told, now);
}

bool untold_drop(struct history *history, enum notify_way way, int64_t now) {
  AUTO_ROWS rows;
  const struct sql_value values[] = {SQL_TEXT(notify_way_word(way)), SQL_NUMBER(now)};
  if (!database_read(history->database, "SELECT count(*), min(at)" DROPPED, values, 2, &rows))
    return false;
  int64_t count = sql_number(&rows, 0, 0);
  if (count == 0)
    return true;
  return database_change(history->database, "DELETE" DROPPED, values, 2) &&
         note_dropped(history, way, count, sql_number(&rows, 0, 1), now);
}

int64_t untold_count(struct history *history, enum notify_way way) {
  AUTO_ROWS rows;
  if (!database_read(history->database, "SELECT count(*) FROM untold WHERE way = ?1",
                     SQL_VALUES(SQL_TEXT(notify_way_word(way))), &rows))
    return -1;
  return sql_number(&rows, 0, 0);
}
