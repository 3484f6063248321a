/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/change_log.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/invocation.h"
#include "cli/output.h"
#include "cli/result.h"
#include "pinpolicy.h"
#include "view/compiled_form.h"

/* ---- The stamp: whether the files of a policy have changed, without reading them ---- */

static int is_dropin(const struct dirent *entry) {
  return dropin_name_is_read(entry->d_name);
}

/* The order of bytes, which does not depend on the locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

/* Without the inode: a policy that was copied with its times counts as unchanged. */
static void stamp_file(FILE *stream, const char *path) {
  struct stat status;
  if (stat(path, &status) == 0)
    fprintf(stream, "%s %" PRIdMAX " %" PRIdMAX ".%09ld\n", path_base(path), (intmax_t)status.st_size,
            (intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

/*
 * A digest of the names, sizes and times of the main file and the drop-ins. It differs after any change of
 * these files. For free(3).
 */
static char *policy_stamp(const char *policy) {
  AUTO_TEXT directory = path_directory(policy);
  AUTO_TEXT dropins = must_format("%s/policy.d", directory);
  AUTO_TEXT text = NULL;
  size_t size = 0;
  struct dirent **entries = NULL;
  struct pin_digest digest = {{0}};
  char word[PIN_DIGEST_TEXT_SIZE];
  FILE *stream = memory_open(&text, &size);
  stamp_file(stream, policy);
  int count = scandir(dropins, &entries, is_dropin, by_bytes);
  for (int i = 0; i < count; i++) {
    AUTO_TEXT path = must_format("%s/%s", dropins, entries[i]->d_name);
    stamp_file(stream, path);
    free(entries[i]);
  }
  free(entries);
  memory_close(stream);
  EVP_Digest(text, size, digest.bytes, NULL, EVP_sha256(), NULL);
  pin_digest_format(&digest, word);
  return must_copy(word);
}

#define SYSTEM_LOG_PATH "/var/lib/pinning/changes.db"
/* How long to wait for another pinctl that writes: not long, since the change itself is made already. */
#define BUSY_MILLISECONDS 3000
/* The texts of a change are kept up to this size: a list of a million hosts is not kept twice. */
#define LARGEST_TEXT ((size_t)8 << 20)

#define TABLES                                                                                               \
  "CREATE TABLE IF NOT EXISTS changes (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,"         \
  " who TEXT NOT NULL, command TEXT NOT NULL, what TEXT NOT NULL, has_files INTEGER NOT NULL,"               \
  " undone INTEGER NOT NULL DEFAULT 0);"                                                                     \
  "CREATE TABLE IF NOT EXISTS files (change INTEGER NOT NULL REFERENCES changes ON DELETE CASCADE,"          \
  " path TEXT NOT NULL, before TEXT, after TEXT);"                                                           \
  "CREATE INDEX IF NOT EXISTS files_of ON files (change);"                                                   \
  "CREATE TABLE IF NOT EXISTS stamps (change INTEGER PRIMARY KEY REFERENCES changes ON DELETE CASCADE,"      \
  " stamp TEXT NOT NULL);"

/* ---- The database ---- */

static char *log_path(const char *named) {
  return strcmp(named, PIN_DEFAULT_POLICY) == 0 ? must_copy(SYSTEM_LOG_PATH)
                                                : must_format("%s.changes", named);
}

static struct database *open_log(const char *path, enum database_use use) {
  struct database *log = database_open(path, use, BUSY_MILLISECONDS, NULL);
  if (log == NULL || database_run(log, "PRAGMA foreign_keys = ON"))
    return log;
  database_close(log);
  return NULL;
}

struct database *change_log_open(const char *policy, bool *ret_absent) {
  AUTO_TEXT named = form_policy(policy);
  AUTO_TEXT path = log_path(named);
  *ret_absent = database_is_absent(path);
  if (*ret_absent)
    return NULL;
  return open_log(path, access(path, W_OK) == 0 ? DATABASE_WRITE : DATABASE_READ);
}

/* ---- Recording ---- */

/* A change to be recorded. */
struct record {
  const char *named; /* the policy, as form_policy spells it */
  char *who, *command, *what;
  const struct file_change *files;
  size_t count;
  bool has_files; /* their texts are recorded */
};

/* The path of a file below the directory of `named`. */
static char *lasting_path(const struct record *record, const char *path) {
  AUTO_TEXT directory = path_directory(record->named);
  AUTO_TEXT folder = path_directory(path);
  bool is_dropin = strcmp(path_base(folder), "policy.d") == 0;
  return must_format("%s/%s%s", directory, is_dropin ? "policy.d/" : "", path_base(path));
}

static bool insert_file(struct database *log, const struct record *record, int64_t id, size_t index) {
  const struct file_change *file = &record->files[index];
  AUTO_TEXT path = lasting_path(record, file->path);
  return database_change(
      log, "INSERT INTO files VALUES (?1, ?2, ?3, ?4)",
      SQL_VALUES(SQL_NUMBER(id), SQL_TEXT(path), SQL_TEXT(file->old_text), SQL_TEXT(file->new_text)));
}

/* Records the stamp of the policy after the change. */
static bool insert_stamp(struct database *log, const struct record *record, int64_t id) {
  AUTO_TEXT stamp = policy_stamp(record->named);
  return database_change(log, "INSERT INTO stamps VALUES (?1, ?2)",
                         SQL_VALUES(SQL_NUMBER(id), SQL_TEXT(stamp)));
}

static bool insert(struct database *log, const struct record *record, int64_t *ret_id) {
  if (!database_change(
          log, "INSERT INTO changes (time, who, command, what, has_files) VALUES (?1, ?2, ?3, ?4, ?5)",
          SQL_VALUES(SQL_NUMBER(time(NULL)), SQL_TEXT(record->who), SQL_TEXT(record->command),
                     SQL_TEXT(record->what), SQL_NUMBER(record->has_files))))
    return false;
  int64_t id = database_inserted(log);
  *ret_id = id;
  for (size_t i = 0; record->has_files && i < record->count; i++)
    if (!insert_file(log, record, id, i))
      return false;
  return record->count == 0 || insert_stamp(log, record, id);
}

/*
 * Deletes the oldest changes: by number, by age, and while the texts are too large. A wrong clock must do no
 * harm. Were it years ahead for a day, a change of that day would make all others too old, so the age counts
 * from the last change but CHANGES_AGELESS. Were it years behind, a change of that day would be deleted at
 * once, so no change is deleted before those that were made earlier.
 */
static bool prune(struct database *log) {
  AUTO_TEXT by_number =
      must_format("DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - %d", CHANGES_KEPT);
  AUTO_TEXT by_age =
      must_format("DELETE FROM changes WHERE id < (SELECT min(id) FROM changes WHERE time >="
                  " (SELECT min(time, %lld) - %lld FROM changes ORDER BY time DESC LIMIT 1 OFFSET %d))",
                  (long long)time(NULL), (long long)CHANGES_DAYS * SECONDS_PER_DAY, CHANGES_AGELESS);
  AUTO_TEXT by_size = must_format(
      "DELETE FROM changes WHERE id IN (SELECT change FROM (SELECT change, sum(ifnull(length(before), 0) +"
      " ifnull(length(after), 0)) OVER (ORDER BY change DESC) AS bytes FROM files) WHERE bytes > %lld)",
      (long long)CHANGES_BYTES);
  return database_run(log, by_number) && database_run(log, by_age) && database_run(log, by_size);
}

static bool write_row(const struct record *record, int64_t *ret_id) {
  AUTO_TEXT path = log_path(record->named);
  AUTO_TEXT directory = path_directory(path);
  int error = strcmp(path, SYSTEM_LOG_PATH) == 0 ? directory_make(directory) : 0;
  if (error != 0)
    return say_error("%s: %s", directory, strerror(error));
  struct database *log = open_log(path, DATABASE_MAKE);
  if (log == NULL)
    return false;
  bool good = database_begin(log) &&
              database_end(log, database_run(log, TABLES) && insert(log, record, ret_id) && prune(log));
  if (good)
    result_change(*ret_id);
  database_close(log);
  return good;
}

static void tell_system_log(const struct record *record) {
  openlog("pinctl", LOG_PID, LOG_AUTHPRIV);
  syslog(LOG_NOTICE, "event=policy-changed policy=\"%s\" by=\"%s\" uid=%lu what=\"%s\" command=\"%s\"",
         record->named, record->who, (unsigned long)getuid(), record->what, record->command);
  closelog();
}

/* So many files are named; an import may change thousands. */
#define MOST_NAMED 5

static const char *action(const struct file_change *file) {
  return file->old_text == NULL ? "made" : file->new_text == NULL ? "removed" : "changed";
}

static char *describe(const struct file_change *files, size_t count) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  for (size_t i = 0; i < count && i < MOST_NAMED; i++) {
    fprintf(stream, "%s%s %s", i == 0 ? "" : ", ", action(&files[i]), path_base(files[i].path));
  }
  if (count > MOST_NAMED)
    fprintf(stream, " and %zu more file%s", count - MOST_NAMED, count - MOST_NAMED == 1 ? "" : "s");
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

int64_t change_record(const char *policy, const char *what, const struct file_change *files, size_t count) {
  AUTO_TEXT named = form_policy(policy);
  struct record record = {.named = named,
                          .who = acting_user_unasked(),
                          .command = command_line_text(),
                          .what = what == NULL ? describe(files, count) : escape_text(what),
                          .files = files,
                          .count = count,
                          .has_files = texts_can_be_kept(files, count)};
  tell_system_log(&record);
  for (size_t i = 0; i < count; i++)
    result_file(files[i].path, action(&files[i]));
  int64_t id = 0;
  bool is_kept = write_row(&record, &id);
  if (!is_kept)
    say_warning("the change was made but not recorded, so \"pinctl undo\" does not know it");
  free(record.who);
  free(record.command);
  free(record.what);
  return is_kept && record.has_files ? id : 0;
}

/* ---- Reading ---- */

bool change_log_each(struct database *log, change_row_fn *each, void *arg) {
  AUTO_ROWS rows;
  bool good = database_read(log,
                            "SELECT id, time, who, command, what, has_files, undone FROM changes"
                            " ORDER BY id DESC",
                            SQL_NO_VALUES, &rows);
  for (size_t i = 0; i < rows.count; i++) {
    const struct change_row row = {.id = sql_number(&rows, i, 0),
                                   .time = sql_number(&rows, i, 1),
                                   .who = sql_text(&rows, i, 2),
                                   .command = sql_text(&rows, i, 3),
                                   .what = sql_text(&rows, i, 4),
                                   .has_files = sql_number(&rows, i, 5) != 0,
                                   .undone = sql_number(&rows, i, 6)};
    each(&row, arg);
  }
  return good;
}

/*
 * Advice how to undo a change that changed no file of the policy. command: the one that made the change; its
 * second word is always the verb. For free(3); NULL: there is none.
 */
static char *other_way_back(const char *command) {
  static const struct {
    const char *verb, *back, *effect;
  } ways[] = {{"pause", "resume", "ends a pause"},
              {"resume", "pause", "begins a pause anew"},
              {"enable", "disable", "takes out what \"enable\" has added"},
              {"disable", "enable", "switches enforcement on again"}};
  const char *verb = strchr(command, ' ');
  for (size_t i = 0; verb != NULL && i < COUNT_OF(ways); i++) {
    size_t length = strcspn(verb + 1, " ");
    if (strlen(ways[i].verb) == length && strncmp(verb + 1, ways[i].verb, length) == 0)
      return must_format("\"pinctl %s%s\" %s", ways[i].back, same_policy(), ways[i].effect);
  }
  return NULL;
}

void change_log_say_no_files(struct database *log, int64_t id) {
  AUTO_ROWS rows;
  if (!database_read(log, "SELECT what, command FROM changes WHERE id = ?1", SQL_VALUES(SQL_NUMBER(id)),
                     &rows))
    return;
  const char *what = rows.count == 0 ? NULL : sql_text(&rows, 0, 0);
  AUTO_TEXT way_back = what == NULL ? NULL : other_way_back(sql_text(&rows, 0, 1));
  if (what == NULL)
    say_error("change %lld: there is none; \"pinctl changes%s\" lists what there is", (long long)id,
              same_policy());
  else if (way_back != NULL)
    say_error("change %lld, \"%s\": it changed no file of the policy; %s", (long long)id, what, way_back);
  else
    say_error("change %lld, \"%s\": it changed no file of the policy, or the texts are no longer kept",
              (long long)id, what);
}

/* Skips changes that "undo" made itself; "restore" takes those back. */
int64_t change_log_latest(struct database *log) {
  AUTO_ROWS rows;
  if (!database_read(log,
                     "SELECT max(id) FROM changes WHERE has_files AND undone = 0"
                     " AND id NOT IN (SELECT undone FROM changes)",
                     SQL_NO_VALUES, &rows))
    return -1;
  return sql_number(&rows, 0, 0);
}

bool change_log_is_current(struct database *log, const char *policy, int64_t *ret_last) {
  AUTO_ROWS tables;
  AUTO_ROWS rows = {0};
  *ret_last = 0;
  if (!database_read(log, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'stamps'",
                     SQL_NO_VALUES, &tables))
    return false;
  /* The database was made by an earlier version of pinctl. */
  if (tables.count == 0)
    return true;
  if (!database_read(log, "SELECT change, stamp FROM stamps ORDER BY change DESC LIMIT 1", SQL_NO_VALUES,
                     &rows))
    return false;
  if (rows.count == 0)
    return true;
  AUTO_TEXT named = form_policy(policy);
  AUTO_TEXT stamp = policy_stamp(named);
  *ret_last = sql_number(&rows, 0, 0);
  return strcmp(sql_text(&rows, 0, 1), stamp) == 0;
}

static char *copy_or_null(const char *text) {
  return text == NULL ? NULL : must_copy(text);
}

bool change_log_files(struct database *log, int64_t id, bool and_later, struct file_change **ret_files,
                      size_t *ret_count) {
  AUTO_ROWS rows;
  bool good =
      database_read(log,
                    and_later ? "SELECT path, before, after FROM files WHERE change >= ?1 ORDER BY rowid DESC"
                              : "SELECT path, before, after FROM files WHERE change = ?1 ORDER BY rowid DESC",
                    SQL_VALUES(SQL_NUMBER(id)), &rows);
  *ret_count = rows.count;
  *ret_files = must_alloc(rows.count, sizeof **ret_files);
  for (size_t i = 0; i < rows.count; i++)
    (*ret_files)[i] = (struct file_change){.path = must_copy(sql_text(&rows, i, 0)),
                                           .old_text = copy_or_null(sql_text_or_null(&rows, i, 1)),
                                           .new_text = copy_or_null(sql_text_or_null(&rows, i, 2))};
  return good;
}

bool change_log_mark(struct database *log, int64_t id, bool and_later) {
  return database_change(log,
                         and_later
                             ? "UPDATE changes SET undone = (SELECT max(id) FROM changes) WHERE id >= ?1"
                               " AND undone = 0 AND id < (SELECT max(id) FROM changes)"
                             : "UPDATE changes SET undone = (SELECT max(id) FROM changes) WHERE id = ?1",
                         SQL_VALUES(SQL_NUMBER(id)));
}
