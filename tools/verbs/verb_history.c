/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "monitor/history.h"
#include "monitor/history_drawing.h"
#include "monitor/proposals.h"
#include "verbs/verbs.h"
#include "view/entry_text.h"
#include "view/loaded_policy.h"

static const struct option options[] = {
    HISTORY_OPTION,
    FLAG(DECISIONS, "decisions",
         "show instead which keys were proposed, approved,\nrejected, promoted and retired, and by whom"),
    SHARED_POLICY,
    SHARED_JSON,
};

struct history_report {
  const struct pin_verdict *verdict; /* has the entries that cover the host today */
  struct listing *listing;
  struct history_drawing *drawing;
};

/* The list of the policy that has a key; NULL: no entry names it. */
static const char *list_of(const struct history_report *report, const char *pin) {
  struct object object = {0};
  if (!pin_digest_parse(pin, strlen(pin), &object.key))
    return NULL;
  for (size_t i = 0; i < report->verdict->count; i++)
    for (int list = 0; list < PIN_LIST_COUNT; list++)
      if (list != PIN_LIST_FINGERPRINTS &&
          object_is_listed(&report->verdict->findings[i].entry, (enum pin_list)list, &object))
        return pin_list_name((enum pin_list)list);
  return NULL;
}

static void show_row(const struct history_row *row, void *arg) {
  struct history_report *report = arg;
  struct listing *listing = report->listing;
  bool as_json = listing_is_json(listing);
  AUTO_TEXT first = as_json ? expiry_text(row->first_seen) : date_format(row->first_seen);
  AUTO_TEXT last = as_json ? expiry_text(row->last_seen) : date_format(row->last_seen);
  AUTO_TEXT key = must_format("%s %s", row->pin, row->subject);
  listing_number(listing, "PORT", "port", row->port);
  listing_number(listing, "DEPTH", "depth", row->depth);
  listing_text(listing, NULL, "subject", row->subject);
  listing_text(listing, NULL, "pin", row->pin);
  listing_text(listing, "IN", "list", list_of(report, row->pin));
  listing_text(listing, "FIRST SEEN", "first_seen", first);
  listing_text(listing, "LAST SEEN", "last_seen", last);
  listing_member(listing, "times", json_object_new_int64(row->times));
  listing_text(listing, "KEY", NULL, key);
  listing_row(listing);
  if (!as_json)
    drawing_add(report->drawing, row);
}

static int show(const struct arguments *arguments, struct history *history, const char *host, uint16_t port,
                const struct pin_verdict *verdict) {
  static const char *const headings[] = {"PORT", "DEPTH", "FIRST SEEN", "LAST SEEN", "IN", "KEY", NULL};
  static const struct table_form form = {.headings = headings, .dispensable = "2", .below = true};
  struct history_report report = {
      .verdict = verdict,
      .listing = listing_new(arguments_has(arguments, OPTION_JSON) ? NULL : &form, NULL),
      .drawing = drawing_new(),
  };
  bool good = history_each(history, host, port, show_row, &report);
  if (listing_end(report.listing) == 0 && good)
    say_note("%s: nothing was seen yet", host);
  drawing_print(report.drawing, time(NULL));
  drawing_free(report.drawing);
  return good ? EXIT_DONE : EXIT_FAILED;
}

static void show_decision(const struct decision_row *row, void *arg) {
  struct listing *listing = arg;
  AUTO_TEXT when = expiry_text(row->at);
  listing_number(listing, "PORT", "port", row->port);
  listing_text(listing, "WHEN", "at", when);
  listing_text(listing, "WHO", "who", row->who);
  listing_text(listing, "DECISION", "decision", row->decision);
  listing_text(listing, "LIST", "list", row->list);
  listing_text(listing, "KEY", "pin", row->pin);
  listing_row(listing);
}

static int show_decisions(const struct arguments *arguments, struct history *history, const char *host,
                          uint16_t port) {
  static const char *const headings[] = {"PORT", "WHEN", "WHO", "DECISION", "LIST", "KEY", NULL};
  static const struct table_form form = {.headings = headings, .dispensable = "42", .below = true};
  struct listing *listing = listing_new(arguments_has(arguments, OPTION_JSON) ? NULL : &form, NULL);
  bool good = decisions_each(history, host, port, show_decision, listing);
  if (listing_end(listing) == 0 && good)
    say_note("%s: nothing was decided yet", host);
  return good ? EXIT_DONE : EXIT_FAILED;
}

static int show_with_policy(const struct arguments *arguments, struct history *history, const char *host,
                            uint16_t port) {
  struct loaded_policy loaded;
  struct pin_verdict verdict = {0};
  struct pin_peer peer = {.names = &host, .name_count = 1, .port = port, .now = time(NULL)};
  /* Without a valid policy the history is shown all the same, with no key marked as pinned. */
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
    .details = "Shows what runs of \"pinctl monitor\" have seen: for each port the server's own\n"
               "key (depth 0) and the keys above it, with the first and the last day, and the\n"
               "list of the current policy that contains them. Below, draws the server's keys\n"
               "and issuers over time. --decisions shows what people and \"pinctl rotate\" did\n"
               "about them.",
    .example = "pinctl history api.example.com --history history.db",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
