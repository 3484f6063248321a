/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * One line of the system log. Who may write to the system log may write lines that look like ours: any user
 * may. The journal adds by itself who it was; a syslog file knows nothing but what the line says.
 */
#ifndef PINCTL_LOGS_LOG_RECORD_H
#define PINCTL_LOGS_LOG_RECORD_H

#include <stdint.h>

#include "logs/log_report.h"

/* By this name pinning.so logs, whatever the program is called. */
#define LOG_IDENTIFIER "pinning"

struct log_record {
  int64_t time;     /* when the log got it, seconds since the epoch; 0: not known */
  char *machine;    /* NULL: not known */
  bool attested;    /* the kernel has said who wrote it: the next three are true */
  long writer_uid;  /* -1: not known */
  long writer_pid;  /* -1: not known; of a syslog file the word of the writer */
  char *writer_exe; /* NULL: not known; the process may have ended before it was looked at */
  struct report report;
};

enum record_kind {
  RECORD_FOREIGN = 0, /* somebody else's line */
  RECORD_DAMAGED,     /* under our name, but nothing that pinning.so writes */
  RECORD_OURS         /* *ret_record is filled and to be cleared */
};

/*
 * A line of a syslog file, without its newline: with a traditional or an RFC 3339 time stamp; or the report
 * alone, as PINNING_DEBUG=1 prints it. now: for time stamps without a year.
 */
enum record_kind record_from_syslog(const char *line, int64_t now, struct log_record *ret_record);

/* A line of "journalctl --output=json --all". */
enum record_kind record_from_journal(const char *line, struct log_record *ret_record);

void record_clear(struct log_record *record);

/* Whether a line says that another process wrote it than did: then it may be forged. */
bool record_is_doubtful(const struct log_record *record);

#endif
