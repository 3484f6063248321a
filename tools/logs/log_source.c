/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "logs/log_source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <zlib.h>

#include "base/child.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/output.h"

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

/* ---- Lines ---- */

struct log_reading {
  const struct log_query *query;
  log_record_fn *each;
  void *arg;
  size_t damaged;
};

/* Four times as long as lines of pinning.so; a longer line is skipped, being from another program. */
#define LONGEST_LINE ((size_t)16384)

/* A file being read; start with {0}. */
struct log_lines {
  char line[LONGEST_LINE]; /* the part of the current line that was read */
  size_t length;
  bool too_long;
  bool begun;
  bool from_journal;
};

/* Takes one line, without its newline, if it is ours and not before `since`. */
static void take_line(struct log_reading *reading, const char *line, bool from_journal) {
  const struct log_query *query = reading->query;
  struct log_record record;
  enum record_kind kind =
      from_journal ? record_from_journal(line, &record) : record_from_syslog(line, query->now, &record);
  if (kind == RECORD_DAMAGED)
    reading->damaged++;
  if (kind != RECORD_OURS)
    return;
  if (!query->has_since || record.time >= query->since)
    reading->each(&record, reading->arg);
  record_clear(&record);
}

/*
 * The first byte of a file decides its kind. So a line in a syslog file, which any user can write, cannot
 * pass for one of the journal with its confirmed fields.
 */
static void feed(struct log_reading *reading, struct log_lines *lines, int byte) {
  if (!lines->begun)
    lines->from_journal = byte == '{';
  lines->begun = true;
  if (byte != '\n') {
    lines->too_long = lines->too_long || lines->length + 1 == LONGEST_LINE;
    if (!lines->too_long)
      lines->line[lines->length++] = (char)byte;
    return;
  }
  lines->line[lines->length] = '\0';
  /* a line with a NUL is not text */
  if (!lines->too_long && strlen(lines->line) == lines->length)
    take_line(reading, lines->line, lines->from_journal);
  lines->length = 0;
  lines->too_long = false;
}

/* ---- A file that grows ---- */

#define PAUSE_NS 200000000

struct tail {
  FILE *file;
  struct log_lines lines;
};

static void read_to_end(struct log_reading *reading, struct tail *tail) {
  for (int byte; (byte = getc(tail->file)) != EOF;)
    feed(reading, &tail->lines, byte);
  clearerr(tail->file);
}

/* Whether the name now belongs to another file, or the file was truncated. */
static bool is_over(const struct tail *tail, const char *path) {
  struct stat named, opened;
  if (stat(path, &named) != 0 || fstat(fileno(tail->file), &opened) != 0)
    return false;
  return named.st_ino != opened.st_ino || named.st_dev != opened.st_dev || named.st_size < ftell(tail->file);
}

static void reopen(struct log_reading *reading, struct tail *tail, const char *path) {
  FILE *next = fopen(path, "re");
  if (next == NULL)
    return;
  /* read what was still written to the old file */
  read_to_end(reading, tail);
  fclose(tail->file);
  tail->file = next;
  tail->lines = (struct log_lines){0};
}

/* Like "tail -F": goes on with the new file if the log is rotated or truncated. Returns only on failure. */
static int follow_file(struct log_reading *reading, const char *path) {
  struct tail tail = {.file = fopen(path, "re")};
  if (tail.file == NULL)
    return say_failure("%s: %s", path, strerror(errno));
  if (!reading->query->has_since)
    fseek(tail.file, 0, SEEK_END);
  for (;;) {
    read_to_end(reading, &tail);
    if (is_over(&tail, path))
      reopen(reading, &tail, path);
    else
      nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
  }
}

/*
 * ---- The journal ----
 *
 * As journalctl(1) prints it. A child, and not libsystemd: that is needed on systems without
 * systemd too, once pinctl is linked with it, and gives nothing more.
 */

/* The socket behind /dev/log, if journald runs. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Whether journald runs here. */
static bool has_journal(void) {
  return access(JOURNAL_SOCKET, F_OK) == 0;
}

/* Builds the command line, ended by NULL. Without --all a field of more than 4096 bytes is printed as
 * null. */
static const char **command_line(const struct log_query *query, char *since, const char **ret_words) {
  static const char *const always[] = {
      "journalctl",
      "--output=json",
      "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_HOSTNAME,_UID,_PID,_EXE",
      "--all",
      "--no-pager",
      "--facility=authpriv",
      ("--identifier=" LOG_IDENTIFIER),
  };
  size_t count = 0;
  for (; count < COUNT_OF(always); count++)
    ret_words[count] = always[count];
  if (query->has_since)
    ret_words[count++] = since;
  if (query->follow)
    ret_words[count++] = "--follow";
  if (query->follow)
    ret_words[count++] = query->has_since ? "--lines=all" : "--lines=0";
  ret_words[count] = NULL;
  return ret_words;
}

/* Starts journalctl. Returns 0 or an errno value. *ret_output: its output. */
static int start(const struct log_query *query, pid_t *ret_child, FILE **ret_output) {
  const char *words[16];
  AUTO_TEXT since = must_format("--since=@%" PRId64, query->since);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return errno;
  command_line(query, since, words);
  union {
    const char **constant;
    char **arguments;
  } line = {.constant = words};
  const struct child_streams streams = {.in = -1, .out = ends[1], .err = -1};
  int error = child_start(line.arguments, &streams, false, ret_child);
  close(ends[1]);
  if (error == 0)
    *ret_output = fdopen(ends[0], "r");
  else
    close(ends[0]);
  return error;
}

static int finish(pid_t child) {
  if (child_succeeded(child_wait(child)))
    return EXIT_DONE;
  return say_failure("journalctl failed; --file FILE reads a log without it");
}

/* Whether journald runs here. */
static int read_journal(struct log_reading *reading) {
  pid_t child = 0;
  FILE *output = NULL;
  AUTO_TEXT line = NULL;
  size_t size = 0;
  int error = start(reading->query, &child, &output);
  if (error != 0 || output == NULL)
    return say_failure("journalctl: %s", strerror(error != 0 ? error : ENOMEM));
  for (ssize_t length; (length = getline(&line, &size, output)) > 0;) {
    if (line[length - 1] == '\n')
      line[length - 1] = '\0';
    take_line(reading, line, true);
  }
  fclose(output);
  return finish(child);
}

/* ---- Files ---- */

/* Files of facility authpriv: Debian and its relatives, Fedora and its relatives. */
#define SYSLOG_FILES "/var/log/{auth.log,secure}{,[.-][0-9]*}"

#define READ_SIZE (128 * 1024)

/* gzgetc(3) also reads plain files. */
static void read_lines(struct log_reading *reading, gzFile file) {
  struct log_lines lines = {0};
  for (int byte; (byte = gzgetc(file)) != -1;)
    feed(reading, &lines, byte);
  if (lines.length > 0)
    feed(reading, &lines, '\n');
}

/* Says who may read a log that this user may not read: its group, mostly "adm", or else root. For free(3). */
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
  /* a folder, for example, can be opened but not read */
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

/* Finds the files, oldest first, without those that end before the wanted time. */
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

/* Follows the current log file. */
static int follow(struct log_reading *reading) {
  const struct text_list *named = &reading->query->files;
  const char *usual = access("/var/log/secure", F_OK) == 0 ? "/var/log/secure" : "/var/log/auth.log";
  return follow_file(reading, named->count > 0 ? named->items[0] : usual);
}

int log_each(const struct log_query *query, log_record_fn *each, void *arg, size_t *ret_damaged) {
  struct log_reading reading = {.query = query, .each = each, .arg = arg};
  int status;
  if (query->files.count == 0 && has_journal())
    status = read_journal(&reading);
  else if (query->follow)
    status = follow(&reading);
  else if (query->files.count == 0)
    status = read_system_files(&reading);
  else
    status = read_all(&reading, &query->files);
  *ret_damaged = reading.damaged;
  return status;
}
