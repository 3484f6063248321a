/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Prints lines of the log: as a table with advice below it, as lines while they come, or as JSON. Also
 * counts them for Prometheus. */
#ifndef PINCTL_LOGS_LOG_SHOW_H
#define PINCTL_LOGS_LOG_SHOW_H

#include "base/memory.h"
#include "cli/json.h"
#include "logs/log_record.h"

/* The advice about one host and reason, or one event. */
struct advised {
  char *about;
  char *advice;
  struct text_list keys; /* the keys of the newest such line, and the expected ones */
};

struct log_showing {
  const char *host; /* canonical; NULL: all */
  bool follow;      /* print each line as it comes */
  bool as_json;
  struct table *table;
  struct json_stream json;
  struct advised *advised;
  size_t advised_count;
  size_t unadvised; /* lines for which there is no room for advice */
  size_t findings;
};

/* Set follow, as_json and host before. */
void log_show_begin(struct log_showing *showing);
/* A log_record_fn; arg: the struct log_showing. */
void log_show(const struct log_record *record, void *arg);
/* Prints the rest, and frees everything. */
void log_show_end(struct log_showing *showing);

/* ---- How often each host was refused or audited, for a textfile collector of Prometheus ---- */

/* Start with {0}. */
struct log_metrics {
  void *counts; /* of tsearch(3): struct log_count */
  size_t count;
  long long left_out; /* lines of hosts for which there was no room */
  long long doubtful; /* lines that may be forged; they are not counted elsewhere */
};

/* A log_record_fn; arg: the struct log_metrics. */
void log_metrics_count(const struct log_record *record, void *arg);
/* Prints the counts, and frees everything. now: seconds since the epoch. */
void log_metrics_print(struct log_metrics *metrics, int64_t now);

#endif
