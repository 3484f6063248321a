/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "logs/log_record.h"

#include <string.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "base/timestamp.h"

static const struct log_record nothing_known = {.writer_uid = -1, .writer_pid = -1};

static enum record_kind take_report(const char *text, struct log_record *record) {
  if (report_read(text, &record->report))
    return RECORD_OURS;
  record_clear(record);
  return RECORD_DAMAGED;
}

/* ---- Syslog files ---- */

/* Returns what follows "pinning[4711]: ", or NULL. Lines of other programs may contain this further on. */
static const char *skip_tag(const char *at, long *ret_pid) {
  size_t name = strlen(LOG_IDENTIFIER);
  if (strncmp(at, LOG_IDENTIFIER "[", name + 1) != 0)
    return NULL;
  at += name + 1;
  size_t digits = strspn(at, "0123456789");
  if (digits == 0 || digits > 10 || strncmp(at + digits, "]: ", 3) != 0)
    return NULL;
  *ret_pid = strtol(at, NULL, 10);
  return at + digits + 3;
}

enum record_kind record_from_syslog(const char *line, int64_t now, struct log_record *ret_record) {
  *ret_record = nothing_known;
  if (strncmp(line, "verdict=", 8) == 0 || strncmp(line, "event=", 6) == 0)
    return take_report(line, ret_record);
  const char *at = timestamp_skip_rfc3339(line, &ret_record->time);
  if (at == NULL)
    at = timestamp_skip_traditional(line, now, &ret_record->time);
  if (at == NULL || *at != ' ')
    return RECORD_FOREIGN;
  const char *machine = at + 1;
  size_t length = strcspn(machine, " ");
  if (length == 0 || machine[length] == '\0')
    return RECORD_FOREIGN;
  const char *text = skip_tag(machine + length + 1, &ret_record->writer_pid);
  if (text == NULL)
    return RECORD_FOREIGN;
  ret_record->machine = must_copy_bytes(machine, length);
  return take_report(text, ret_record);
}

/* ---- The journal ---- */

/* Returns NULL for a missing field, or one that is not a text: journalctl prints bytes that are not UTF-8
 * as an array. */
static const char *field(json_object *entry, const char *name) {
  json_object *value = NULL;
  if (!json_object_object_get_ex(entry, name, &value) || !json_object_is_type(value, json_type_string) ||
      strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
    return NULL;
  return json_object_get_string(value);
}

static long number_field(json_object *entry, const char *name) {
  const char *text = field(entry, name);
  size_t digits = text == NULL ? 0 : strspn(text, "0123456789");
  return digits == 0 || digits > 10 || text[digits] != '\0' ? -1 : strtol(text, NULL, 10);
}

static char *copy_field(json_object *entry, const char *name) {
  const char *text = field(entry, name);
  return text == NULL ? NULL : must_copy(text);
}

static enum record_kind take_entry(json_object *entry, struct log_record *record) {
  const char *identifier = field(entry, "SYSLOG_IDENTIFIER");
  const char *message = field(entry, "MESSAGE");
  const char *microseconds = field(entry, "__REALTIME_TIMESTAMP");
  if (identifier == NULL || strcmp(identifier, LOG_IDENTIFIER) != 0)
    return RECORD_FOREIGN;
  if (message == NULL)
    return RECORD_DAMAGED;
  /* the time of reception, not the one that the writer claims */
  record->time = microseconds == NULL ? 0 : strtoll(microseconds, NULL, 10) / 1000000;
  record->machine = copy_field(entry, "_HOSTNAME");
  record->writer_uid = number_field(entry, "_UID");
  record->writer_pid = number_field(entry, "_PID");
  record->writer_exe = copy_field(entry, "_EXE");
  record->attested = record->writer_uid >= 0;
  return take_report(message, record);
}

enum record_kind record_from_journal(const char *line, struct log_record *ret_record) {
  *ret_record = nothing_known;
  /* "-- No entries --" and others */
  if (*line != '{')
    return RECORD_FOREIGN;
  json_object *entry = json_tokener_parse(line);
  enum record_kind kind =
      json_object_is_type(entry, json_type_object) ? take_entry(entry, ret_record) : RECORD_DAMAGED;
  json_object_put(entry);
  return kind;
}

void record_clear(struct log_record *record) {
  free(record->machine);
  free(record->writer_exe);
  report_clear(&record->report);
  *record = nothing_known;
}

bool record_is_doubtful(const struct log_record *record) {
  long uid = report_number(&record->report, "uid");
  long pid = report_number(&record->report, "pid");
  return (uid >= 0 && record->writer_uid >= 0 && uid != record->writer_uid) ||
         (pid >= 0 && record->writer_pid >= 0 && pid != record->writer_pid);
}
