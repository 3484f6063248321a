/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Where the lines of pinning.so are: in the journal where journald runs, else in the files that a syslog
 * daemon writes, with their rotated and compressed predecessors; or in files that are named.
 */
#ifndef PINCTL_LOG_SOURCE_H
#define PINCTL_LOG_SOURCE_H

#include "arguments.h"
#include "log_record.h"
#include "memory.h"

#define LOG_OPTION_FILE                                                                                      \
  {                                                                                                          \
    .id = OPTION_FILE, .name = "file", .argument = "FILE",                                                   \
    .help = "read this log (- : standard input) instead of\nthe system's; may be compressed",                \
    .repeatable = true                                                                                       \
  }
#define LOG_OPTION_SINCE                                                                                     \
  {                                                                                                          \
    .id = OPTION_SINCE, .name = "since", .argument = "TIME",                                                 \
    .help = "nothing before: 2026-11-25, an RFC 3339 time,\n2h, \"3 days ago\""                              \
  }

struct log_query {
  struct text_list files; /* none: the system's log */
  bool has_since;
  int64_t since;
  int64_t now;
  bool follow; /* only what is yet to come, or since then; never ends by itself */
};

/* Of --file and --since. To be cleared in any case. Returns false, having said how the verb is used. */
bool log_query_read(const struct arguments *arguments, struct log_query *ret_query);
void log_query_clear(struct log_query *query);

/*
 * Calls `each` for every line of ours, oldest file first, in their order. *ret_damaged gets the number of
 * lines under our name that pinning.so cannot have written. Returns an exit status, having said which log
 * could not be read.
 */
typedef void log_record_fn(const struct log_record *record, void *arg);
int log_each(const struct log_query *query, log_record_fn *each, void *arg, size_t *ret_damaged);

/* ---- Between log_source.c and what it reads with ---- */

struct log_reading {
  const struct log_query *query;
  log_record_fn *each;
  void *arg;
  size_t damaged;
};

/* Takes one line, without its newline, if it is ours and recent enough. */
void log_take_line(struct log_reading *reading, const char *line, bool from_journal);

/* Four times what pinning.so writes; a longer line is somebody else's, and passed over. */
#define LONGEST_LINE ((size_t)16384)

/* A file being read; start with {0}. */
struct log_lines {
  char line[LONGEST_LINE]; /* what was read of the last one */
  size_t length;
  bool too_long;
  bool begun;
  bool from_journal;
};

/* The next byte of the file; takes a line at its end. */
void log_feed(struct log_reading *reading, struct log_lines *lines, int byte);

/* Whether journald runs here; reads what it has. */
bool log_has_journal(void);
int log_read_journal(struct log_reading *reading);

/* Like "tail -F": goes on with the new file where the log is rotated or cut off. Returns only on failure. */
int log_follow_file(struct log_reading *reading, const char *path);

#endif
