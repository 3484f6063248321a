/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A line of the system log, which anybody may have written, as in a syslog file and in the journal. Also uses
 * the input as names, subjects and file names of a report of ours, which must be read back.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "logs/log_record.h"

static void read_record(const struct log_record *record) {
  struct pin_digest key;
  const char *subject;
  size_t count = report_key_count(&record->report);
  for (size_t depth = 0; depth < count; depth++)
    MUST(report_key(&record->report, depth, &key, &subject));
  (void)report_path_is_whole(&record->report);
  (void)report_number(&record->report, "port");
  (void)record_is_doubtful(record);
  for (size_t i = 0; i < record->report.count; i++)
    MUST(report_get(&record->report, record->report.pairs[i].key) == record->report.pairs[i].value);
}

static void read_lines(const char *line) {
  struct log_record record;
  if (record_from_syslog(line, 1795000000, &record) == RECORD_OURS) {
    read_record(&record);
    record_clear(&record);
  }
  if (record_from_journal(line, &record) == RECORD_OURS) {
    read_record(&record);
    record_clear(&record);
  }
}

/* A text that was too long ends in "...". */
static bool is_text_or_beginning(const char *read, const char *text) {
  size_t length = strlen(read);
  return strcmp(read, text) == 0 ||
         (length >= 3 && strcmp(read + length - 3, "...") == 0 && strncmp(read, text, length - 3) == 0);
}

static void report_and_read(const char *text) {
  const struct pin_path_key key = {.key = {{1}}, .subject = text};
  const struct pin_path path = {.keys = &key, .count = 1};
  struct pin_verdict verdict = {
      .reason = PIN_REASON_NO_PIN, .name = text, .port = 443, .blocked_depth = -1, .count = 1};
  struct report report;
  char line[PIN_REPORT_SIZE];
  verdict.findings[0] = (struct pin_finding){
      .name = text,
      .reason = PIN_REASON_NO_PIN,
      .entry = {.name = "a.example", .file = text, .line = 3, .comment = text, .expires = PIN_NEVER}};
  size_t length = pin_report(&verdict, &path, line, sizeof line);
  MUST(length == strlen(line));
  for (size_t i = 0; i < length; i++)
    MUST((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
  MUST(report_read(line, &report));
  const char *host = report_get(&report, "host");
  MUST(host == NULL ? report.cut || text[0] == '\0' : is_text_or_beginning(host, text));
  report_clear(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_text(data, size);
  read_lines(text);
  report_and_read(text);
  free(text);
  return 0;
}
