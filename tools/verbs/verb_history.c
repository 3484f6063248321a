/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/json_stream.h"
#include "cli/output.h"
#include "cli/table.h"
#include "monitor/history.h"
#include "monitor/history_drawing.h"
#include "monitor/proposals.h"
#include "verbs/verbs.h"
#include "view/entry_text.h"
#include "view/loaded_policy.h"

static const struct option options[] = {
    HISTORY_OPTION,
    FLAG(DECISIONS, "decisions",
         "instead: which keys were proposed, approved,\nrejected, promoted and retired, by whom"),
    SHARED_POLICY,
    SHARED_JSON,
};

struct showing {
  const struct pin_verdict *verdict; /* whose entries say where a key stands in the policy of today */
  struct table *table;
  struct history_drawing *drawing;
  struct json_stream json; /* where there is no table */
  size_t count;
};

/* "" for a key that no entry names, so that nothing unknown looks like something pinned. */
static const char *list_of(const struct showing *showing, const char *pin) {
  struct object object = {0};
  if (!pin_digest_parse(pin, strlen(pin), &object.key))
    return "";
  for (size_t i = 0; i < showing->verdict->count; i++)
    for (int list = 0; list < PIN_LIST_COUNT; list++)
      if (list != PIN_LIST_FINGERPRINTS &&
          object_is_listed(&showing->verdict->findings[i].entry, (enum pin_list)list, &object))
        return pin_list_name((enum pin_list)list);
  return "";
}

static void show_row(const struct history_row *row, void *arg) {
  struct showing *showing = arg;
  AUTO_TEXT port = must_format("%d", row->port);
  AUTO_TEXT depth = must_format("%d", row->depth);
  AUTO_TEXT first = date_format(row->first_seen);
  AUTO_TEXT last = date_format(row->last_seen);
  AUTO_TEXT key = must_format("%s %s", row->pin, row->subject);
  const char *const texts[] = {port, depth, first, last, list_of(showing, row->pin), key};
  table_add(showing->table, texts);
  drawing_add(showing->drawing, row);
  showing->count++;
}

static void show_json(const struct history_row *row, void *arg) {
  struct showing *showing = arg;
  json_object *json = json_object_new_object();
  AUTO_TEXT first = expiry_text(row->first_seen);
  AUTO_TEXT last = expiry_text(row->last_seen);
  json_object_object_add(json, "port", json_object_new_int(row->port));
  json_object_object_add(json, "depth", json_object_new_int(row->depth));
  json_object_object_add(json, "subject", json_text(row->subject));
  json_object_object_add(json, "pin", json_text(row->pin));
  const char *list = list_of(showing, row->pin);
  json_object_object_add(json, "list", *list == '\0' ? NULL : json_text(list));
  json_object_object_add(json, "first_seen", json_text(first));
  json_object_object_add(json, "last_seen", json_text(last));
  json_object_object_add(json, "times", json_object_new_int64(row->times));
  json_stream_add(&showing->json, NULL, json);
  showing->count++;
}

static void begin(struct showing *showing, bool as_json, const struct table_form *form) {
  if (as_json)
    json_stream_open(&showing->json, NULL, '[');
  else
    showing->table = table_new(form);
}

static void end(struct showing *showing) {
  if (showing->table == NULL)
    json_stream_close(&showing->json);
  else
    table_print(showing->table);
}

static int show(const struct arguments *arguments, struct history *history, const char *host, uint16_t port,
                const struct pin_verdict *verdict) {
  static const char *const headings[] = {"PORT", "DEPTH", "FIRST SEEN", "LAST SEEN", "IN", "KEY", NULL};
  static const struct table_form form = {.headings = headings, .dispensable = "2", .below = true};
  bool as_json = arguments_has(arguments, OPTION_JSON);
  struct showing showing = {.verdict = verdict};
  begin(&showing, as_json, &form);
  showing.drawing = drawing_new();
  bool good = history_each(history, host, port, as_json ? show_json : show_row, &showing);
  end(&showing);
  drawing_print(showing.drawing, time(NULL));
  drawing_free(showing.drawing);
  if (good && showing.count == 0)
    say_note("%s: nothing was seen yet", host);
  return good ? EXIT_DONE : EXIT_FAILED;
}

static void show_decision(const struct decision_row *row, void *arg) {
  struct showing *showing = arg;
  AUTO_TEXT port = must_format("%d", row->port);
  AUTO_TEXT when = expiry_text(row->at);
  const char *const texts[] = {port, when, row->who, row->decision, row->list, row->pin};
  table_add(showing->table, texts);
  showing->count++;
}

static void show_decision_json(const struct decision_row *row, void *arg) {
  struct showing *showing = arg;
  AUTO_TEXT when = expiry_text(row->at);
  json_object *json = json_object_new_object();
  json_object_object_add(json, "port", json_object_new_int(row->port));
  json_object_object_add(json, "at", json_text(when));
  json_object_object_add(json, "who", json_text(row->who));
  json_object_object_add(json, "decision", json_text(row->decision));
  json_object_object_add(json, "list", json_text(row->list));
  json_object_object_add(json, "pin", json_text(row->pin));
  json_stream_add(&showing->json, NULL, json);
  showing->count++;
}

static int show_decisions(const struct arguments *arguments, struct history *history, const char *host,
                          uint16_t port) {
  static const char *const headings[] = {"PORT", "WHEN", "WHO", "DECISION", "LIST", "KEY", NULL};
  static const struct table_form form = {.headings = headings, .dispensable = "42", .below = true};
  bool as_json = arguments_has(arguments, OPTION_JSON);
  struct showing showing = {0};
  begin(&showing, as_json, &form);
  bool good = decisions_each(history, host, port, as_json ? show_decision_json : show_decision, &showing);
  end(&showing);
  if (good && showing.count == 0)
    say_note("%s: nothing was decided yet", host);
  return good ? EXIT_DONE : EXIT_FAILED;
}

static int show_with_policy(const struct arguments *arguments, struct history *history, const char *host,
                            uint16_t port) {
  struct loaded_policy loaded;
  struct pin_verdict verdict = {0};
  struct pin_peer peer = {.names = &host, .name_count = 1, .port = port, .now = time(NULL)};
  /* Without a valid policy the history is still worth seeing; no key is then marked as pinned. */
  policy_ask(arguments_policy(arguments), &loaded);
  if (loaded.status == PIN_OK)
    pin_select(&loaded.policy, &peer, &verdict);
  int status = show(arguments, history, host, port, &verdict);
  policy_clear(&loaded);
  return status;
}

static int run(const struct arguments *arguments) {
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  const char *path = arguments_value(arguments, OPTION_HISTORY);
  if (!arguments_host_and_port(arguments, arguments->operands[0], &host, &port))
    return EXIT_USAGE;
  AUTO_TEXT usual = history_path(arguments_policy(arguments));
  struct history *history = history_open(path == NULL ? usual : path, true);
  if (history == NULL)
    return EXIT_FAILED;
  int status = arguments_has(arguments, OPTION_DECISIONS) ? show_decisions(arguments, history, host, port)
                                                          : show_with_policy(arguments, history, host, port);
  history_close(history);
  return status;
}

const struct verb verb_history = {
    .name = "history",
    .operands = "HOST[:PORT]",
    .summary = "Show which keys were seen behind a host, and when",
    .details = "What runs of \"pinctl monitor\" saw: for each port the server's own key (depth\n"
               "0) and those above it, with the first and the last day, and the list of the\n"
               "policy that names them today; below it the server's keys and issuers drawn over\n"
               "time. With --decisions what people and \"pinctl rotate\" did about them.",
    .example = "pinctl history api.example.com --history history.db",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
