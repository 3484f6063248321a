/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "logs/log_source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <zlib.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "logs/log_lines.h"

/* Where syslog daemons put facility authpriv: Debian and its relatives, Fedora and its relatives. */
#define SYSLOG_FILES "/var/log/{auth.log,secure}{,[.-][0-9]*}"

#define READ_SIZE (128 * 1024)

bool log_query_read(const struct arguments *arguments, struct log_query *ret_query) {
  const char *since = arguments_value(arguments, OPTION_SINCE);
  size_t cursor = 0;
  *ret_query = (struct log_query){
      .now = time(NULL), .has_since = since != NULL, .follow = arguments_has(arguments, OPTION_FOLLOW)};
  for (const char *file; (file = arguments_next(arguments, OPTION_FILE, &cursor)) != NULL;)
    text_list_add(&ret_query->files, must_copy(file));
  for (size_t i = 0; i < arguments->operand_count; i++)
    text_list_add(&ret_query->files, must_copy(arguments->operands[i]));
  if (since != NULL && !timestamp_read(since, ret_query->now, &ret_query->since))
    return wrong_usage(arguments->verb, "--since \"%s\": expected " TIMESTAMP_FORMS, since);
  if (ret_query->follow &&
      (ret_query->files.count > 1 || text_list_find(&ret_query->files, "-") < ret_query->files.count))
    return wrong_usage(arguments->verb, "--follow: expected at most one --file, and not standard input");
  return true;
}

void log_query_clear(struct log_query *query) {
  text_list_clear(&query->files);
}

/* gzgetc(3) reads plain files as well. */
static void read_lines(struct log_reading *reading, gzFile file) {
  struct log_lines lines = {0};
  for (int byte; (byte = gzgetc(file)) != -1;)
    log_feed(reading, &lines, byte);
  if (lines.length > 0)
    log_feed(reading, &lines, '\n');
}

/* Who may read a log that we may not: its group, mostly "adm", or else root. For free(3). */
static char *who_may_read(const char *path, int error) {
  struct stat status;
  if (error != EACCES || stat(path, &status) != 0 || (status.st_mode & S_IRGRP) == 0 || status.st_gid == 0)
    return must_copy(root_remedy(error));
  const struct group *group = getgrgid(status.st_gid);
  return group == NULL ? must_copy(root_remedy(error))
                       : must_format("; members of the group %s may read it", group->gr_name);
}

static int read_file(struct log_reading *reading, const char *path) {
  bool is_input = strcmp(path, "-") == 0;
  int number = Z_OK;
  int fd = is_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
  gzFile file = fd < 0 ? NULL : gzdopen(fd, "rb");
  if (file == NULL) {
    int error = errno;
    AUTO_TEXT remedy = who_may_read(path, error);
    say_error("%s: %s%s", is_input ? "standard input" : path, strerror(error), remedy);
    if (fd >= 0)
      close(fd);
    return EXIT_FAILED;
  }
  gzbuffer(file, READ_SIZE);
  read_lines(reading, file);
  const char *why = gzerror(file, &number);
  /* A folder, for one, can be opened. */
  bool good = number == Z_OK || number == Z_STREAM_END;
  if (!good)
    say_error("%s: %s", is_input ? "standard input" : path, number == Z_ERRNO ? strerror(errno) : why);
  gzclose(file);
  return good ? EXIT_DONE : EXIT_FAILED;
}

/* ---- The system's files ---- */

static int64_t changed_at(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 ? status.st_mtime : 0;
}

static int compare_age(const void *a, const void *b) {
  int64_t first = changed_at(*(char *const *)a);
  int64_t second = changed_at(*(char *const *)b);
  return (first > second) - (first < second);
}

/* Oldest first, without those that end before the lines that are asked for. */
static void find_files(const struct log_query *query, struct text_list *ret_files) {
  glob_t found;
  if (glob(SYSLOG_FILES, GLOB_BRACE, NULL, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; i++)
      if (!query->has_since || changed_at(found.gl_pathv[i]) >= query->since)
        text_list_add(ret_files, must_copy(found.gl_pathv[i]));
    if (ret_files->count > 1)
      qsort(ret_files->items, ret_files->count, sizeof *ret_files->items, compare_age);
  }
  globfree(&found);
}

static int read_all(struct log_reading *reading, const struct text_list *files) {
  for (size_t i = 0; i < files->count; i++) {
    int status = read_file(reading, files->items[i]);
    if (status != EXIT_DONE)
      return status;
  }
  return EXIT_DONE;
}

static int read_system_files(struct log_reading *reading) {
  struct text_list files = {0};
  static const struct log_query any = {0};
  find_files(&any, &files);
  if (files.count == 0)
    return say_failure(
        "there is no journal here, and no /var/log/auth.log or /var/log/secure; --file FILE reads a "
        "log that is somewhere else");
  text_list_clear(&files);
  find_files(reading->query, &files);
  int status = read_all(reading, &files);
  text_list_clear(&files);
  return status;
}

/* The one file that is being written to. */
static int follow(struct log_reading *reading) {
  const struct text_list *named = &reading->query->files;
  const char *usual = access("/var/log/secure", F_OK) == 0 ? "/var/log/secure" : "/var/log/auth.log";
  return log_follow_file(reading, named->count > 0 ? named->items[0] : usual);
}

int log_each(const struct log_query *query, log_record_fn *each, void *arg, size_t *ret_damaged) {
  struct log_reading reading = {.query = query, .each = each, .arg = arg};
  int status;
  if (query->files.count == 0 && log_has_journal())
    status = log_read_journal(&reading);
  else if (query->follow)
    status = follow(&reading);
  else if (query->files.count == 0)
    status = read_system_files(&reading);
  else
    status = read_all(&reading, &query->files);
  *ret_damaged = reading.damaged;
  return status;
}
