/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* How lines of the log are shown: a table with advice below it, lines as they come, or JSON. */
#ifndef PINCTL_LOGS_LOG_SHOW_H
#define PINCTL_LOGS_LOG_SHOW_H

#include "base/memory.h"
#include "cli/json.h"
#include "logs/log_record.h"

/* What is advised about one host and reason, or one event. */
struct advised {
  char *about;
  char *advice;
  struct text_list keys; /* as the first such line has them, and what was expected */
};

struct log_showing {
  const char *host; /* canonical; NULL: all */
  bool follow;      /* print each line at once */
  bool as_json;
  struct table *table;
  struct json_stream json;
  struct advised *advised;
  size_t advised_count;
  size_t unadvised; /* lines about more than advice is given for */
  size_t findings;
};

/* follow, as_json and host have been set. */
void log_show_begin(struct log_showing *showing);
/* A log_record_fn; arg: the struct log_showing. */
void log_show(const struct log_record *record, void *arg);
/* Prints what has not been printed yet, and frees everything. */
void log_show_end(struct log_showing *showing);

/* ---- How often each host was refused or audited, for a textfile collector of Prometheus ---- */

/* Begins empty. */
struct log_metrics {
  void *counts; /* of tsearch(3): struct log_count */
  size_t count;
  long long left_out; /* lines of hosts for which there was no place any more */
  long long doubtful; /* lines that may be forged: they count nowhere else */
};

/* A log_record_fn; arg: the struct log_metrics. */
void log_metrics_count(const struct log_record *record, void *arg);
/* Prints them, and frees everything. now: seconds since the epoch. */
void log_metrics_print(struct log_metrics *metrics, int64_t now);

#endif
