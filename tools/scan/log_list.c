/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/log_list.h"

#include <string.h>
#include <unistd.h>

#include <openssl/ct.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/json.h"
#include "cli/output.h"

#ifndef OPENSSL_NO_CT

/* A "state" of a log. */
struct log_state {
  const char *word;
  bool counts;  /* its timestamps count */
  bool counted; /* those count that certificates got before the log had this state */
};

/* A former operator of a log. */
struct former_operator {
  int64_t end;
  size_t operator;
};

struct ct_log {
  char *description;
  const char *key; /* base64; not owned, part of the JSON; NULL after reading */
  unsigned char id[32];
  size_t operator;                /* index in the list's operators */
  struct former_operator *before; /* owned */
  size_t before_count;
  const struct log_state *state;
  int64_t since;
};

struct log_list {
  struct ct_log *logs;
  size_t count;
  char **operators; /* their names */
  size_t operator_count;
  CTLOG_STORE *store;
};

/* As browsers count them. A log without a state, or with an unknown one, does not count. */
static const struct log_state *state_of(const char *word) {
  static const struct log_state none = {NULL, false, false};
  static const struct log_state states[] = {
      {"usable", true, true}, {"qualified", true, true}, {"readonly", true, true}, {"retired", false, true}};
  for (size_t i = 0; word != NULL && i < COUNT_OF(states); i++)
    if (strcmp(states[i].word, word) == 0)
      return &states[i];
  return &none;
}

/* ---- The file ---- */

/* Lists of all logs include test logs. */
static bool is_test_log(json_object *json) {
  json_object *type = NULL;
  return json_object_object_get_ex(json, "log_type", &type) &&
         (type == NULL || strcmp(json_object_get_string(type), "prod") != 0);
}

/* "state": { "retired": { "timestamp": "2025-..." } }. A list of your own may leave it out. */
static void read_state(json_object *json, struct ct_log *log) {
  json_object *state = NULL;
  bool is_test = is_test_log(json);
  bool given = json_object_object_get_ex(json, "state", &state);
  log->state = state_of(!given && !is_test ? "usable" : NULL);
  if (is_test || !json_object_is_type(state, json_type_object) || json_object_object_length(state) != 1)
    return;
  json_object_object_foreach(state, word, details) {
    const char *since = json_member_text(details, "timestamp");
    log->state = state_of(word);
    if (timestamp_skip_rfc3339(since, &log->since) == NULL)
      log->since = 0;
  }
}

/* Lets OpenSSL check the key and derive the log's ID (RFC 6962, 3.2). */
static bool read_key(struct ct_log *log) {
  CTLOG *known = NULL;
  const uint8_t *id = NULL;
  size_t length = 0;
  bool good = CTLOG_new_from_base64(&known, log->key, log->description) == 1;
  if (good)
    CTLOG_get0_log_id(known, &id, &length);
  good = good && length == sizeof log->id;
  if (good)
    memcpy(log->id, id, sizeof log->id);
  CTLOG_free(known);
  ERR_clear_error();
  return good;
}

/* The index of an operator, new or known. Each operator without a name counts as a different one. */
static size_t operator_of(struct log_list *list, json_object *json) {
  const char *name = json_member_text(json, "name");
  for (size_t i = 0; i < list->operator_count; i++)
    if (*name != '\0' && strcmp(list->operators[i], name) == 0)
      return i;
  list->operators = must_room(list->operators, list->operator_count, sizeof *list->operators);
  list->operators[list->operator_count] = must_copy(name);
  return list->operator_count++;
}

/* "previous_operators": [ { "name": "...", "end_time": "2025-..." } ]. */
static void read_previous(struct log_list *list, json_object *json, struct ct_log *log) {
  json_object *previous = json_member(json, "previous_operators", json_type_array);
  size_t count = previous == NULL ? 0 : json_object_array_length(previous);
  log->before = must_alloc(count, sizeof *log->before);
  for (; log->before_count < count; log->before_count++) {
    json_object *one = json_object_array_get_idx(previous, log->before_count);
    struct former_operator *former = &log->before[log->before_count];
    former->operator= operator_of(list, one);
    if (timestamp_skip_rfc3339(json_member_text(one, "end_time"), &former->end) == NULL)
      former->end = 0;
  }
}

static bool add_log(struct log_list *list, const char *path, size_t operator, json_object * json) {
  list->logs = must_room(list->logs, list->count, sizeof *list->logs);
  struct ct_log *log = &list->logs[list->count++];
  *log = (struct ct_log){.description = must_copy(json_member_text(json, "description")),
                         .key = json_member_text(json, "key"),
                         .operator= operator};
  read_state(json, log);
  read_previous(list, json, log);
  return read_key(log) ||
         say_error("%s: the key of log %zu (\"%s\") cannot be read", path, list->count, log->description);
}

static bool add_logs(struct log_list *list, const char *path, size_t operator, json_object * array) {
  for (size_t i = 0; array != NULL && i < json_object_array_length(array); i++)
    if (!add_log(list, path, operator, json_object_array_get_idx(array, i)))
      return false;
  return true;
}

static bool read_operators(struct log_list *list, const char *path, json_object *root) {
  json_object *operators = json_member(root, "operators", json_type_array);
  for (size_t i = 0; i < json_object_array_length(operators); i++) {
    json_object *one = json_object_array_get_idx(operators, i);
    size_t operator= operator_of(list, one);
    if (!add_logs(list, path, operator, json_member(one, "logs", json_type_array)) ||
        !add_logs(list, path, operator, json_member(one, "tiled_logs", json_type_array)))
      return false;
  }
  if (list->count == 0)
    say_error("%s: has no log", path);
  return list->count > 0;
}

/*
 * The logs in OpenSSL's own file format, since OpenSSL has no other way to fill a store. The logs have
 * numbers there: the names in a list could be anything.
 */
static char *store_text(const struct log_list *list) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  fputs("enabled_logs = ", stream);
  for (size_t i = 0; i < list->count; i++)
    fprintf(stream, "%s%zu", i == 0 ? "" : ",", i);
  for (size_t i = 0; i < list->count; i++)
    fprintf(stream, "\n[%zu]\ndescription = %zu\nkey = %s\n", i, i, list->logs[i].key);
  memory_close(stream);
  return text;
}

static bool make_store(struct log_list *list) {
  AUTO_TEXT text = store_text(list);
  int fd = file_in_memory("pinctl-logs", text);
  AUTO_TEXT path = must_format("/proc/self/fd/%d", fd);
  list->store = CTLOG_STORE_new();
  bool good = fd >= 0 && list->store != NULL && CTLOG_STORE_load_file(list->store, path) == 1;
  if (fd >= 0)
    close(fd);
  if (!good)
    say_error("OpenSSL cannot read the list of logs");
  ERR_clear_error();
  return good;
}

struct log_list *log_list_read(const char *path) {
  json_object *root = json_file_read(path, "operators", "a list of logs in JSON, with \"operators\"");
  if (root == NULL)
    return NULL;
  struct log_list *list = must_alloc(1, sizeof *list);
  bool good = read_operators(list, path, root) && make_store(list);
  for (size_t i = 0; i < list->count; i++)
    list->logs[i].key = NULL;
  json_object_put(root);
  if (good)
    return list;
  log_list_free(list);
  return NULL;
}

void log_list_free(struct log_list *list) {
  if (list == NULL)
    return;
  for (size_t i = 0; i < list->count; i++) {
    free(list->logs[i].description);
    free(list->logs[i].before);
  }
  free(list->logs);
  for (size_t i = 0; i < list->operator_count; i++)
    free(list->operators[i]);
  free(list->operators);
  CTLOG_STORE_free(list->store);
  free(list);
}

/* ---- A timestamp ---- */

static const struct ct_log *find_log(const struct log_list *list, const struct probe_sct *sct) {
  for (size_t i = 0; i < list->count; i++)
    if (memcmp(list->logs[i].id, sct->log, sizeof sct->log) == 0)
      return &list->logs[i];
  return NULL;
}

static bool is_valid(const struct log_list *list, SCT *sct, X509 *certificate, X509 *issuer, int64_t now) {
  CT_POLICY_EVAL_CTX *context = CT_POLICY_EVAL_CTX_new();
  bool good = context != NULL && CT_POLICY_EVAL_CTX_set1_cert(context, certificate) == 1 &&
              (issuer == NULL || CT_POLICY_EVAL_CTX_set1_issuer(context, issuer) == 1);
  if (good) {
    CT_POLICY_EVAL_CTX_set_shared_CTLOG_STORE(context, list->store);
    CT_POLICY_EVAL_CTX_set_time(context, (uint64_t)now * 1000);
    good = SCT_validate(sct, context) == 1 && SCT_get_validation_status(sct) == SCT_VALIDATION_STATUS_VALID;
  }
  CT_POLICY_EVAL_CTX_free(context);
  ERR_clear_error();
  return good;
}

/*
 * Whoever has the key of a retired log can sign with an earlier time. A timestamp in a certificate was there
 * when the certificate was issued; one that the server delivers may be new.
 */
static bool counts(const struct ct_log *log, const struct probe_sct *sct, int64_t at) {
  return log->state->counts || (log->state->counted && sct->embedded && at / 1000 < log->since);
}

/* The operator that ran the log when it made the timestamp. */
static size_t operator_at(const struct ct_log *log, int64_t at) {
  const struct former_operator *first = NULL;
  for (size_t i = 0; i < log->before_count; i++)
    if (at / 1000 < log->before[i].end && (first == NULL || log->before[i].end < first->end))
      first = &log->before[i];
  return first == NULL ? log->operator: first->operator;
}

void log_list_verify(const struct log_list *list, const struct probe_sct *sct, X509 *certificate,
                     X509 *issuer, int64_t now, struct scan_timestamp *timestamp) {
  const unsigned char *at = sct->bytes;
  const struct ct_log *log = find_log(list, sct);
  if (log == NULL) {
    timestamp->status = SCAN_TIMESTAMP_UNKNOWN_LOG;
    return;
  }
  timestamp->log = must_copy(log->description);
  timestamp->operator= operator_at(log, timestamp->at);
  timestamp->counts_now = log->state->counts;
  SCT *read = o2i_SCT(NULL, &at, sct->length);
  if (read == NULL || SCT_set_source(read, (sct_source_t)sct->source) != 1)
    timestamp->status = SCAN_TIMESTAMP_INVALID;
  else if (sct->embedded && issuer == NULL)
    timestamp->status = SCAN_TIMESTAMP_UNVERIFIED;
  else if (!is_valid(list, read, certificate, issuer, now))
    timestamp->status = SCAN_TIMESTAMP_INVALID;
  else
    timestamp->status = counts(log, sct, timestamp->at) ? SCAN_TIMESTAMP_VALID : SCAN_TIMESTAMP_NOT_COUNTED;
  SCT_free(read);
}

#else

struct log_list *log_list_read(const char *path) {
  say_error("%s: this OpenSSL has no support for Certificate Transparency", path);
  return NULL;
}

void log_list_free(struct log_list *list) {
  (void)list;
}

void log_list_verify(const struct log_list *list, const struct probe_sct *sct, X509 *certificate,
                     X509 *issuer, int64_t now, struct scan_timestamp *timestamp) {
  (void)list, (void)sct, (void)certificate, (void)issuer, (void)now, (void)timestamp;
}

#endif
