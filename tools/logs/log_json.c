/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "logs/log_json.h"

#include "base/memory.h"
#include "cli/output.h"
#include "logs/log_advice.h"

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

/* What is known of the process that wrote the line, but from the line itself. */
static json_object *writer_json(const struct log_record *record) {
  if (!record->attested)
    return NULL;
  json_object *json = json_object_new_object();
  json_object_object_add(json, "uid", number_or_null(record->writer_uid));
  json_object_object_add(json, "pid", number_or_null(record->writer_pid));
  json_object_object_add(json, "exe", json_text_or_null(record->writer_exe));
  return json;
}

json_object *log_record_json(const struct log_record *record) {
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
