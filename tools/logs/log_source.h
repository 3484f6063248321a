/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads the lines of pinning.so: from the journal if journald runs, otherwise from the files of a syslog
 * daemon, with their rotated and compressed predecessors, or from named files.
 */
#ifndef PINCTL_LOGS_LOG_SOURCE_H
#define PINCTL_LOGS_LOG_SOURCE_H

#include "base/memory.h"
#include "base/must_use.h"
#include "cli/arguments.h"
#include "logs/log_record.h"

#define LOG_OPTION_FILE                                                                                      \
  OPTION(FILE, "file", "FILE",                                                                               \
         "read this log (- : standard input) instead of\nthe system's; may be compressed",                   \
         .repeatable = true)
#define LOG_OPTION_SINCE                                                                                     \
  OPTION(SINCE, "since", "TIME", "ignore older lines: 2026-11-25, an RFC 3339 time,\n2h, \"3 days ago\"")

struct log_query {
  struct text_list files; /* empty: the system's log */
  bool has_since;
  int64_t since;
  int64_t now;
  bool follow; /* new lines only, or those since `since`; never ends by itself */
};

/* Reads the FILE operands, --file, --since and --follow. Returns false, having said how the verb is used.
 * Clear the result in any case. */
MUST_USE bool log_query_read(const struct arguments *arguments, struct log_query *ret_query);
void log_query_clear(struct log_query *query);

/*
 * Calls `each` for every line of ours, the oldest file first, in order. *ret_damaged is the number of
 * lines under our name that pinning.so cannot have written. Returns an exit status, having said why if a
 * log could not be read.
 */
typedef void log_record_fn(const struct log_record *record, void *arg);
MUST_USE int log_each(const struct log_query *query, log_record_fn *each, void *arg, size_t *ret_damaged);

#endif
