/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/change_log.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/command_line.h"
#include "cli/output.h"
#include "view/compiled_form.h"

#define SYSTEM_LOG_PATH "/var/lib/pinning/changes.db"
/* Another pinctl may be writing; the change itself is made, so nobody should wait for long. */
#define BUSY_MILLISECONDS 3000
/* A list of a million hosts is not kept twice. */
#define LARGEST_TEXT ((size_t)8 << 20)

#define TABLES                                                                                               \
  "CREATE TABLE IF NOT EXISTS changes (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,"         \
  " who TEXT NOT NULL, command TEXT NOT NULL, what TEXT NOT NULL, has_files INTEGER NOT NULL,"               \
  " undone INTEGER NOT NULL DEFAULT 0);"                                                                     \
  "CREATE TABLE IF NOT EXISTS files (change INTEGER NOT NULL REFERENCES changes ON DELETE CASCADE,"          \
  " path TEXT NOT NULL, before TEXT, after TEXT);"                                                           \
  "CREATE INDEX IF NOT EXISTS files_of ON files (change);"

struct change_log {
  sqlite3 *database;
  char *path;
};

/* ---- Who ---- */

/* The user who logged in, whoever they have become since; the audit system keeps that. */
static bool login_user(uid_t *ret_user) {
  size_t length = 0;
  AUTO_TEXT text = NULL;
  if (file_read("/proc/self/loginuid", &text, &length) != 0 || length == 0)
    return false;
  unsigned long number = strtoul(text, NULL, 10);
  /* The highest number stands for nobody: a service, or a system without audit. */
  if (number >= UINT32_MAX)
    return false;
  *ret_user = (uid_t)number;
  return true;
}

static char *user_name(uid_t user) {
  const struct passwd *entry = getpwuid(user);
  return entry == NULL ? must_format("uid %lu", (unsigned long)user) : escape_text(entry->pw_name);
}

/* Only root can become somebody by an environment variable, and only sudo sets this one. */
static char *who(void) {
  uid_t user = getuid();
  const char *sudo_user = user == 0 ? getenv("SUDO_USER") : NULL;
  if (sudo_user != NULL && *sudo_user != '\0')
    return escape_text(sudo_user);
  login_user(&user);
  return user_name(user);
}

/* ---- The database ---- */

static char *log_path(const char *named) {
  return strcmp(named, PIN_DEFAULT_POLICY) == 0 ? must_copy(SYSTEM_LOG_PATH)
                                                : must_format("%s.changes", named);
}

static bool failed(const struct change_log *log) {
  say_error("%s: %s", log->path, sqlite3_errmsg(log->database));
  return false;
}

static bool run_sql(struct change_log *log, const char *sql) {
  return sqlite3_exec(log->database, sql, NULL, NULL, NULL) == SQLITE_OK || failed(log);
}

static struct change_log *open_log(const char *path, int flags) {
  struct change_log *log = must_alloc(1, sizeof *log);
  log->path = must_copy(path);
  if (sqlite3_open_v2(path, &log->database, flags, NULL) != SQLITE_OK) {
    failed(log);
    change_log_close(log);
    return NULL;
  }
  sqlite3_busy_timeout(log->database, BUSY_MILLISECONDS);
  if (run_sql(log, "PRAGMA foreign_keys = ON"))
    return log;
  change_log_close(log);
  return NULL;
}

void change_log_close(struct change_log *log) {
  if (log == NULL)
    return;
  sqlite3_close(log->database);
  free(log->path);
  free(log);
}

struct change_log *change_log_open(const char *policy, bool *ret_absent) {
  AUTO_TEXT named = form_policy(policy);
  AUTO_TEXT path = log_path(named);
  *ret_absent = access(path, F_OK) != 0 && errno == ENOENT;
  if (*ret_absent)
    return NULL;
  int flags = access(path, W_OK) == 0 ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  return open_log(path, flags);
}

static sqlite3_stmt *prepare(struct change_log *log, const char *sql, int64_t first) {
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(log->database, sql, -1, &statement, NULL) == SQLITE_OK) {
    sqlite3_bind_int64(statement, 1, first);
    return statement;
  }
  failed(log);
  return NULL;
}

static bool finish(struct change_log *log, sqlite3_stmt *statement) {
  bool good = statement != NULL && (sqlite3_step(statement) == SQLITE_DONE || failed(log));
  sqlite3_finalize(statement);
  return good;
}

/* ---- Recording ---- */

struct record {
  const char *named; /* the policy under the one spelling */
  char *who, *command, *what;
  const struct file_change *files;
  size_t count;
  bool has_files;
};

/* The path of a file however the policy was spelled. */
static char *lasting_path(const struct record *record, const char *path) {
  AUTO_TEXT directory = path_directory(record->named);
  AUTO_TEXT folder = path_directory(path);
  bool is_dropin = strcmp(path_base(folder), "policy.d") == 0;
  return must_format("%s/%s%s", directory, is_dropin ? "policy.d/" : "", path_base(path));
}

static bool insert_file(struct change_log *log, const struct record *record, int64_t id, size_t index) {
  const struct file_change *file = &record->files[index];
  sqlite3_stmt *statement = prepare(log, "INSERT INTO files VALUES (?1, ?2, ?3, ?4)", id);
  AUTO_TEXT path = lasting_path(record, file->path);
  if (statement == NULL)
    return false;
  sqlite3_bind_text(statement, 2, path, -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(statement, 3, file->old_text, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 4, file->new_text, -1, SQLITE_STATIC);
  return finish(log, statement);
}

static bool insert(struct change_log *log, const struct record *record) {
  sqlite3_stmt *statement =
      prepare(log, "INSERT INTO changes (time, who, command, what, has_files) VALUES (?1, ?2, ?3, ?4, ?5)",
              time(NULL));
  if (statement == NULL)
    return false;
  sqlite3_bind_text(statement, 2, record->who, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 3, record->command, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 4, record->what, -1, SQLITE_STATIC);
  sqlite3_bind_int(statement, 5, record->has_files);
  bool good = finish(log, statement);
  int64_t id = sqlite3_last_insert_rowid(log->database);
  for (size_t i = 0; good && record->has_files && i < record->count; i++)
    good = insert_file(log, record, id, i);
  return good;
}

/* The oldest go: by number, by age, and as long as their texts are too many bytes. */
static bool prune(struct change_log *log) {
  AUTO_TEXT by_number =
      must_format("DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - %d", CHANGES_KEPT);
  AUTO_TEXT by_age = must_format("DELETE FROM changes WHERE time < %lld",
                                 (long long)(time(NULL) - (int64_t)CHANGES_DAYS * SECONDS_PER_DAY));
  AUTO_TEXT by_size = must_format(
      "DELETE FROM changes WHERE id IN (SELECT change FROM (SELECT change, sum(ifnull(length(before), 0) +"
      " ifnull(length(after), 0)) OVER (ORDER BY change DESC) AS bytes FROM files) WHERE bytes > %lld)",
      (long long)CHANGES_BYTES);
  return run_sql(log, by_number) && run_sql(log, by_age) && run_sql(log, by_size);
}

static bool write_row(const struct record *record) {
  AUTO_TEXT path = log_path(record->named);
  AUTO_TEXT directory = path_directory(path);
  int error = strcmp(path, SYSTEM_LOG_PATH) == 0 ? directory_make(directory) : 0;
  if (error != 0) {
    say_error("%s: %s", directory, strerror(error));
    return false;
  }
  struct change_log *log = open_log(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (log == NULL)
    return false;
  bool good = run_sql(log, "BEGIN IMMEDIATE") && run_sql(log, TABLES) && insert(log, record) && prune(log) &&
              run_sql(log, "COMMIT");
  change_log_close(log);
  return good;
}

static void tell_system_log(const struct record *record) {
  openlog("pinctl", LOG_PID, LOG_AUTHPRIV);
  syslog(LOG_NOTICE, "event=policy-changed policy=\"%s\" by=\"%s\" uid=%lu what=\"%s\" command=\"%s\"",
         record->named, record->who, (unsigned long)getuid(), record->what, record->command);
  closelog();
}

/* So many files are named; an import may bring thousands. */
#define MOST_NAMED 5

static char *describe(const struct file_change *files, size_t count) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  for (size_t i = 0; i < count && i < MOST_NAMED; i++) {
    const char *word = files[i].old_text == NULL ? "made" : files[i].new_text == NULL ? "removed" : "changed";
    fprintf(stream, "%s%s %s", i == 0 ? "" : ", ", word, path_base(files[i].path));
  }
  if (count > MOST_NAMED)
    fprintf(stream, " and %zu files more", count - MOST_NAMED);
  memory_close(stream);
  char *escaped = escape_text(text);
  free(text);
  return escaped;
}

static bool texts_can_be_kept(const struct file_change *files, size_t count) {
  size_t length = 0;
  for (size_t i = 0; i < count; i++) {
    length += files[i].old_text == NULL ? 0 : strlen(files[i].old_text);
    length += files[i].new_text == NULL ? 0 : strlen(files[i].new_text);
  }
  return count > 0 && length <= LARGEST_TEXT;
}

void change_record(const char *policy, const char *what, const struct file_change *files, size_t count) {
  AUTO_TEXT named = form_policy(policy);
  struct record record = {.named = named,
                          .who = who(),
                          .command = command_line_text(),
                          .what = what == NULL ? describe(files, count) : escape_text(what),
                          .files = files,
                          .count = count,
                          .has_files = texts_can_be_kept(files, count)};
  tell_system_log(&record);
  if (!write_row(&record))
    say_warning("the change was made, but is not in the record of changes: \"pinctl undo\" does not know it");
  free(record.who);
  free(record.command);
  free(record.what);
}

/* ---- Reading ---- */

static const char *text_at(sqlite3_stmt *statement, int column) {
  const char *text = (const char *)sqlite3_column_text(statement, column);
  return text == NULL ? "" : text;
}

/* The end of a walk over rows. */
static bool ended(struct change_log *log, sqlite3_stmt *statement, int got) {
  bool good = got == SQLITE_DONE || failed(log);
  sqlite3_finalize(statement);
  return good;
}

bool change_log_each(struct change_log *log, change_row_fn *each, void *arg) {
  sqlite3_stmt *statement =
      prepare(log,
              "SELECT id, time, who, command, what, has_files, undone FROM changes WHERE id > ?1"
              " ORDER BY id DESC",
              0);
  int got = SQLITE_DONE;
  if (statement == NULL)
    return false;
  while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
    struct change_row row = {.id = sqlite3_column_int64(statement, 0),
                             .time = sqlite3_column_int64(statement, 1),
                             .who = text_at(statement, 2),
                             .command = text_at(statement, 3),
                             .what = text_at(statement, 4),
                             .has_files = sqlite3_column_int(statement, 5) != 0,
                             .undone = sqlite3_column_int64(statement, 6)};
    each(&row, arg);
  }
  return ended(log, statement, got);
}

/* What took a change back is no change to take back in its turn: that is what "restore" is for. */
int64_t change_log_latest(struct change_log *log) {
  sqlite3_stmt *statement = prepare(log,
                                    "SELECT max(id) FROM changes WHERE id > ?1 AND has_files AND undone = 0"
                                    " AND id NOT IN (SELECT undone FROM changes)",
                                    0);
  if (statement == NULL)
    return -1;
  bool good = sqlite3_step(statement) == SQLITE_ROW || failed(log);
  int64_t id = good ? sqlite3_column_int64(statement, 0) : -1;
  sqlite3_finalize(statement);
  return id;
}

static char *copy_or_null(sqlite3_stmt *statement, int column) {
  const char *text = (const char *)sqlite3_column_text(statement, column);
  return text == NULL ? NULL : must_copy(text);
}

bool change_log_files(struct change_log *log, int64_t id, bool and_later, struct file_change **ret_files,
                      size_t *ret_count) {
  sqlite3_stmt *statement =
      prepare(log,
              and_later ? "SELECT path, before, after FROM files WHERE change >= ?1 ORDER BY rowid DESC"
                        : "SELECT path, before, after FROM files WHERE change = ?1 ORDER BY rowid DESC",
              id);
  int got = SQLITE_DONE;
  *ret_files = NULL;
  *ret_count = 0;
  if (statement == NULL)
    return false;
  while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
    *ret_files = must_grow(*ret_files, *ret_count + 1, sizeof **ret_files);
    (*ret_files)[(*ret_count)++] = (struct file_change){.path = must_copy(text_at(statement, 0)),
                                                        .old_text = copy_or_null(statement, 1),
                                                        .new_text = copy_or_null(statement, 2)};
  }
  return ended(log, statement, got);
}

void change_files_free(struct file_change *files, size_t count) {
  for (size_t i = 0; i < count; i++) {
    free(files[i].path);
    free(files[i].old_text);
    free(files[i].new_text);
  }
  free(files);
}

bool change_log_mark(struct change_log *log, int64_t id, bool and_later) {
  sqlite3_stmt *statement =
      prepare(log,
              and_later ? "UPDATE changes SET undone = (SELECT max(id) FROM changes) WHERE id >= ?1 AND"
                          " undone = 0 AND id < (SELECT max(id) FROM changes)"
                        : "UPDATE changes SET undone = (SELECT max(id) FROM changes) WHERE id = ?1",
              id);
  return finish(log, statement);
}
