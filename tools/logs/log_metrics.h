/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* How often each host was refused or audited, as metrics for a textfile collector of Prometheus. */
#ifndef PINCTL_LOGS_LOG_METRICS_H
#define PINCTL_LOGS_LOG_METRICS_H

#include "logs/log_record.h"

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
