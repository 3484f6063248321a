/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "logs/log_show.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "cli/table.h"
#include "logs/log_advice.h"
#include "logs/log_record.h"

/* A limit, since anybody who makes programs ask for hosts decides how many there are, and a monitoring
 * system keeps each for long. */
#define MOST_COUNTS 1000

struct log_count {
  char *host; /* "": no name, or not covered by an entry */
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

/* Returns "" also for hosts that no entry covers: they could push out hosts that the administrator has
 * named. */
static char *host_of(const struct report *report, const char *reason) {
  const char *host = report_get(report, "host");
  const char *why = NULL;
  char *name = NULL;
  if (host == NULL || strcmp(reason, pin_reason_word(PIN_REASON_UNLISTED)) == 0)
    return must_copy("");
  return pin_name_canonical(host, &name, &why) == PIN_OK ? name : must_copy(host);
}

/* Counts the line and those that it says were left out. */
static long long lines_of(const struct report *report) {
  long swallowed = report_number(report, "swallowed");
  return 1 + (swallowed > 0 ? swallowed : 0);
}

void log_metrics_count(const struct log_record *record, void *arg) {
  struct log_metrics *metrics = arg;
  const char *verdict = report_get(&record->report, "verdict");
  const char *reason = report_get(&record->report, "reason");
  /* a trial of pinctl is refused on purpose */
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

/* Prints a label in the text format of Prometheus. What programs say may contain anything. */
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

static json_object *number_or_null(long number) {
  return number < 0 ? NULL : json_object_new_int64(number);
}

static json_object *keys_json(const struct report *report) {
  json_object *keys = json_object_new_array();
  for (size_t depth = 0; depth < report_key_count(report); depth++) {
    struct pin_digest key;
    const char *subject = "";
    report_key(report, depth, &key, &subject);
    json_object *json = json_object_new_object();
    json_object_object_add(json, "depth", json_object_new_int64((int64_t)depth));
    json_object_object_add(json, "pin", json_digest(&key));
    json_object_object_add(json, "subject", json_text(subject));
    json_object_array_add(keys, json);
  }
  return keys;
}

/* What the journal knows of the process that wrote the line. */
static json_object *writer_json(const struct log_record *record) {
  if (!record->attested)
    return NULL;
  json_object *json = json_object_new_object();
  json_object_object_add(json, "uid", number_or_null(record->writer_uid));
  json_object_object_add(json, "pid", number_or_null(record->writer_pid));
  json_object_object_add(json, "exe", json_text_or_null(record->writer_exe));
  return json;
}

/* The whole line as JSON, with advice. */
static json_object *log_record_json(const struct log_record *record) {
  static const char *const texts[] = {"verdict", "event",       "reason",  "host",        "mode",
                                      "entry",   "expired",     "paused",  "expected",    "message",
                                      "policy",  "consequence", "program", "certificate", "library"};
  static const char *const numbers[] = {"port", "blocked", "swallowed", "pid", "uid"};
  const struct report *report = &record->report;
  AUTO_TEXT advice = log_advice(record);
  long more = report_get(report, "keys") == NULL ? 0 : strtol(report_get(report, "keys"), NULL, 10);
  json_object *json = json_object_new_object();
  json_object_object_add(json, "time", record->time == 0 ? NULL : json_time(record->time));
  json_object_object_add(json, "machine", json_text_or_null(record->machine));
  for (size_t i = 0; i < COUNT_OF(texts); i++)
    json_object_object_add(json, texts[i], json_text_or_null(report_get(report, texts[i])));
  for (size_t i = 0; i < COUNT_OF(numbers); i++)
    json_object_object_add(json, numbers[i], number_or_null(report_number(report, numbers[i])));
  json_object_object_add(json, "keys", keys_json(report));
  json_object_object_add(json, "more_keys", json_object_new_int64(more));
  json_object_object_add(json, "cut", json_object_new_boolean(report->cut));
  json_object_object_add(json, "writer", writer_json(record));
  json_object_object_add(json, "doubtful", json_object_new_boolean(record_is_doubtful(record)));
  json_object_object_add(json, "advice", json_text(advice));
  return json;
}

/* "2026-11-25 08:00": a table has no room for the seconds. */
#define TIME_WIDTH 16

static const char *or_empty(const char *text) {
  return text == NULL ? "" : text;
}

static bool is_about(const struct log_record *record, const char *host) {
  const char *named = report_get(&record->report, "host");
  AUTO_TEXT name = NULL;
  const char *why = NULL;
  if (named == NULL)
    return false;
  return strcmp(pin_name_canonical(named, &name, &why) == PIN_OK ? name : named, host) == 0;
}

/* ---- The words for a line ---- */

/* "api.example.com:443"; "" for an event. */
static char *peer_text(const struct report *report) {
  const char *host = report_get(report, "host");
  long port = report_number(report, "port");
  if (report_get(report, "verdict") == NULL)
    return must_copy("");
  host = host == NULL ? "(no name)" : host;
  return port <= 0 || port > UINT16_MAX ? must_copy(host) : host_and_port_format(host, (uint16_t)port);
}

static char *writer_text(const struct log_record *record) {
  const char *program = or_empty(report_get(&record->report, "program"));
  const char *uid = report_get(&record->report, "uid");
  return uid == NULL ? must_copy(program) : must_format("%s (%s)", program, uid);
}

/* The verdict or the event. */
static const char *verdict_word(const struct report *report) {
  const char *verdict = report_get(report, "verdict");
  return or_empty(verdict == NULL ? report_get(report, "event") : verdict);
}

/* The reason, with marks for doubtful lines, left-out lines and cut lines. */
static char *reason_text(const struct log_record *record) {
  const struct report *report = &record->report;
  const char *swallowed = report_get(report, "swallowed");
  return must_format("%s%s%s%s%s%s", record_is_doubtful(record) ? "doubtful " : "",
                     or_empty(report_get(report, "reason")), swallowed == NULL ? "" : " (+",
                     or_empty(swallowed), swallowed == NULL ? "" : ")", report->cut ? " ..." : "");
}

/* The reason in words, or the message of an event. */
static const char *explained(const struct report *report) {
  const char *word = report_get(report, "reason");
  const char *text = word;
  for (int reason = 0; word != NULL && reason < PIN_REASON_COUNT; reason++)
    if (strcmp(word, pin_reason_word((enum pin_reason)reason)) == 0)
      text = pin_reason_text((enum pin_reason)reason);
  if (text == NULL)
    text = report_get(report, "message");
  return or_empty(text == NULL ? report_get(report, "consequence") : text);
}

/* ---- Advice, once for each host, verdict and reason ---- */

/* A limit, since whoever writes to the log decides how much advice there is. */
#define MOST_ADVISED 100

static void note_keys(const struct report *report, struct text_list *keys) {
  for (size_t depth = 0; depth < report_key_count(report); depth++) {
    struct pin_digest key;
    char digest[PIN_DIGEST_TEXT_SIZE];
    const char *subject = NULL;
    report_key(report, depth, &key, &subject);
    pin_digest_format(&key, digest);
    text_list_add(keys, must_format("key%zu %s %s", depth, digest, subject));
  }
  if (report_get(report, "expected") != NULL)
    text_list_add(keys, must_format("expected %s", report_get(report, "expected")));
}

/* "api.example.com: refused: no key on the path is pinned". */
static char *about_text(const struct log_record *record) {
  const struct report *report = &record->report;
  /* there may be hundreds of such hosts, with the same advice */
  if (log_is_observed(record) && !record_is_doubtful(record))
    return must_copy("observed: hosts that no entry covers");
  AUTO_TEXT peer = peer_text(report);
  return must_format("%s%s%s: %s%s", peer, *peer == '\0' ? "" : ": ", verdict_word(report), explained(report),
                     record_is_doubtful(record) ? " (doubtful)" : "");
}

/* Takes the newest line about a subject: its keys are the ones to look at now. */
static void renew(struct advised *advised, const struct log_record *record) {
  free(advised->advice);
  text_list_clear(&advised->keys);
  advised->advice = log_advice(record);
  advised->keys = (struct text_list){0};
  if (!log_is_observed(record))
    note_keys(&record->report, &advised->keys);
}

/* Returns NULL if the advice was given before, or if there is too much advice, which is counted. */
static const struct advised *advise(struct log_showing *showing, const struct log_record *record) {
  AUTO_TEXT about = about_text(record);
  for (size_t i = 0; i < showing->advised_count; i++) {
    if (strcmp(showing->advised[i].about, about) != 0)
      continue;
    renew(&showing->advised[i], record);
    return NULL;
  }
  if (showing->advised_count == MOST_ADVISED) {
    showing->unadvised++;
    return NULL;
  }
  showing->advised = must_grow(showing->advised, showing->advised_count + 1, sizeof *showing->advised);
  struct advised *advised = &showing->advised[showing->advised_count++];
  *advised = (struct advised){.about = must_copy(about)};
  renew(advised, record);
  return advised;
}

static void print_advice(const struct advised *advised) {
  put_fitted(BOLD, "", advised->about);
  for (size_t i = 0; i < advised->keys.count; i++)
    put_wrapped(PLAIN, "  ", advised->keys.items[i]);
  put_wrapped(PLAIN, "  ", advised->advice);
}

/* ---- One line ---- */

static void show_row(struct log_showing *showing, const struct log_record *record) {
  AUTO_TEXT time = record->time == 0 ? must_copy("-") : timestamp_local(record->time);
  AUTO_TEXT peer = peer_text(&record->report);
  AUTO_TEXT writer = writer_text(record);
  AUTO_TEXT reason = reason_text(record);
  const char *verdict = verdict_word(&record->report);
  const struct advised *advised = advise(showing, record);
  if (showing->follow) {
    put(stdout, PLAIN, "%s  %s  %s  %s  %s\n", time, verdict, peer, writer, reason);
    if (advised != NULL)
      print_advice(advised);
    return;
  }
  if (strlen(time) > TIME_WIDTH)
    time[TIME_WIDTH] = '\0';
  const char *const row[] = {time, verdict, peer, writer, reason};
  table_add(showing->table, row);
}

void log_show(const struct log_record *record, void *arg) {
  struct log_showing *showing = arg;
  if (showing->host != NULL && !is_about(record, showing->host))
    return;
  showing->findings += log_is_finding(record) ? 1 : 0;
  if (!showing->as_json)
    show_row(showing, record);
  else if (showing->follow)
    json_print_line(log_record_json(record));
  else
    json_stream_add(&showing->json, NULL, log_record_json(record));
  /* a reader who follows the log wants the line now */
  if (showing->follow)
    fflush(stdout);
}

void log_show_begin(struct log_showing *showing) {
  static const char *const headings[] = {"TIME", "VERDICT", "HOST", "PROGRAM (UID)", "REASON", NULL};
  static const struct table_form form = {
      .headings = headings, .wrapping = 1U << 2 | 1U << 3 | 1U << 4, .dispensable = "3", .lower = 1U << 2};
  if (showing->follow)
    return;
  if (showing->as_json)
    json_stream_open(&showing->json, NULL, '[');
  else
    showing->table = table_new(&form);
}

void log_show_end(struct log_showing *showing) {
  if (showing->as_json && !showing->follow)
    json_stream_close(&showing->json);
  if (showing->table != NULL)
    table_print(showing->table);
  for (size_t i = 0; i < showing->advised_count; i++) {
    struct advised *advised = &showing->advised[i];
    if (!showing->follow) {
      putchar('\n');
      print_advice(advised);
    }
    free(advised->about);
    free(advised->advice);
    text_list_clear(&advised->keys);
  }
  if (showing->unadvised > 0)
    say_note(
        "advice is given for the first %d kinds of lines; %zu lines are of others (--host shows those of one "
        "host)",
        MOST_ADVISED, showing->unadvised);
  free(showing->advised);
}
