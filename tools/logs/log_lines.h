/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Lines of a log one by one, and what reads them: what log_source.c shares with its two kinds of sources. */
#ifndef PINCTL_LOGS_LOG_LINES_H
#define PINCTL_LOGS_LOG_LINES_H

#include "base/must_use.h"
#include "logs/log_source.h"

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

/* ---- Sources: log_journal.c and log_follow.c ---- */

/* Whether journald runs here; reads what it has. */
bool log_has_journal(void);
MUST_USE int log_read_journal(struct log_reading *reading);

/* Like "tail -F": goes on with the new file where the log is rotated or cut off. Returns only on failure. */
MUST_USE int log_follow_file(struct log_reading *reading, const char *path);

#endif
