/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "logs/log_metrics.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/output.h"
#include "logs/log_advice.h"

/* Whoever makes programs ask for hosts decides how many there are;
 * a monitoring system keeps each for long. */
#define MOST_COUNTS 1000

struct log_count {
  char *host; /* "": none was named, or no entry covers it */
  char *verdict;
  char *reason;
  long long lines;
};

static int compare(const void *a, const void *b) {
  const struct log_count *left = a;
  const struct log_count *right = b;
  int order = strcmp(left->verdict, right->verdict);
  if (order == 0)
    order = strcmp(left->host, right->host);
  return order != 0 ? order : strcmp(left->reason, right->reason);
}

static void count_free(void *item) {
  struct log_count *count = item;
  free(count->host);
  free(count->verdict);
  free(count->reason);
  free(count);
}

/* "" for hosts that no entry covers too: they would push out those that the administrator has named. */
static char *host_of(const struct report *report, const char *reason) {
  const char *host = report_get(report, "host");
  const char *why = NULL;
  char *name = NULL;
  if (host == NULL || strcmp(reason, pin_reason_word(PIN_REASON_UNLISTED)) == 0)
    return must_copy("");
  return pin_name_canonical(host, &name, &why) == PIN_OK ? name : must_copy(host);
}

/* The line, and those that it says were left out beside it. */
static long long lines_of(const struct report *report) {
  long swallowed = report_number(report, "swallowed");
  return 1 + (swallowed > 0 ? swallowed : 0);
}

void log_metrics_count(const struct log_record *record, void *arg) {
  struct log_metrics *metrics = arg;
  const char *verdict = report_get(&record->report, "verdict");
  const char *reason = report_get(&record->report, "reason");
  /* pinctl's own trial is refused on purpose. */
  reason = reason == NULL ? "" : reason;
  if (verdict == NULL || (!log_is_finding(record) && !log_is_observed(record)))
    return;
  if (record_is_doubtful(record)) {
    metrics->doubtful += lines_of(&record->report);
    return;
  }
  struct log_count *count = must_alloc(1, sizeof *count);
  *count = (struct log_count){
      .host = host_of(&record->report, reason), .verdict = must_copy(verdict), .reason = must_copy(reason)};
  struct log_count **found = tfind(count, &metrics->counts, compare);
  if (found == NULL && metrics->count < MOST_COUNTS) {
    found = tsearch(count, &metrics->counts, compare);
    if (found == NULL)
      memory_exhausted();
    metrics->count++;
  }
  if (found != NULL)
    (*found)->lines += lines_of(&record->report);
  else
    metrics->left_out += lines_of(&record->report);
  if (found == NULL || *found != count)
    count_free(count);
}

/* In the form of the text exposition: what programs say may hold anything. */
static void print_label(const char *name, const char *value) {
  printf("%s=\"", name);
  for (; *value != '\0'; value++) {
    if (*value == '\\' || *value == '"')
      putchar('\\');
    putchar((unsigned char)*value < ' ' ? ' ' : *value);
  }
  putchar('"');
}

static void print_count(const void *node, VISIT visit, int depth) {
  const struct log_count *count = *(const struct log_count *const *)node;
  (void)depth;
  if (visit != postorder && visit != leaf)
    return;
  printf("pinning_log_lines{");
  print_label("verdict", count->verdict);
  putchar(',');
  print_label("host", count->host);
  putchar(',');
  print_label("reason", count->reason);
  printf("} %lld\n", count->lines);
}

void log_metrics_print(struct log_metrics *metrics, int64_t now) {
  printf("# HELP pinning_log_lines How many connections the log has, by verdict, host and reason.\n"
         "# TYPE pinning_log_lines gauge\n");
  twalk(metrics->counts, print_count);
  put_metric("pinning_log_lines_left_out", "How many more there are, of hosts beyond the first 1000.",
             metrics->left_out);
  put_metric("pinning_log_lines_doubtful", "How many lines may be forged, and are not counted.",
             metrics->doubtful);
  put_metric("pinning_log_last_run_seconds", "When they were counted, since the epoch.", (long long)now);
  tdestroy(metrics->counts, count_free);
  *metrics = (struct log_metrics){0};
}
