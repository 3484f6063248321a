/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads one line of the system log. Any user can write lines to the system log that look like ours. The
 * journal records who wrote a line; a syslog file only has what the line says.
 */
#ifndef PINCTL_LOGS_LOG_RECORD_H
#define PINCTL_LOGS_LOG_RECORD_H

#include <stdint.h>

#include "logs/log_report.h"

/* The name under which pinning.so logs, whatever the program is called. */
#define LOG_IDENTIFIER "pinning"

struct log_record {
  int64_t time;     /* when the log received it, in seconds since the epoch; 0: not known */
  char *machine;    /* NULL: not known */
  bool attested;    /* the next three are confirmed by the kernel */
  long writer_uid;  /* -1: not known */
  long writer_pid;  /* -1: not known; in a syslog file, as the writer says */
  char *writer_exe; /* NULL: not known; the process may have ended before it was looked at */
  struct report report;
};

enum record_kind {
  RECORD_FOREIGN = 0, /* a line of another program */
  RECORD_DAMAGED,     /* under our name, but not written by pinning.so */
  RECORD_OURS         /* *ret_record is filled and needs clearing */
};

/*
 * Reads a line of a syslog file, without its newline: with a traditional or an RFC 3339 time stamp, or the
 * report alone, as PINNING_DEBUG=1 prints it. now: for time stamps without a year.
 */
enum record_kind record_from_syslog(const char *line, int64_t now, struct log_record *ret_record);

/* Reads a line of "journalctl --output=json --all". */
enum record_kind record_from_journal(const char *line, struct log_record *ret_record);

void record_clear(struct log_record *record);

/* Whether another process wrote the line than the line says: then it may be forged. */
bool record_is_doubtful(const struct log_record *record);

#endif
