/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "edit/change_log.h"
#include "edit/pause_edit.h"
#include "verbs/verbs.h"
#include "view/enforced_policy.h"

#define USUAL_LENGTH "1h"
/* So many hosts are named in the record of changes. */
#define MOST_RECORDED 5

static const struct option pause_options[] = {
    OPTION(FOR, "for", "TIME", "how long, e.g. 30m, 1h or 2d (default: " USUAL_LENGTH ",\nat most 7d)"),
    FLAG(INCLUDE_SUBDOMAINS, "include-subdomains", "also pause every name below HOST, at any depth"),
    SHARED_POLICY,
};

static const struct option resume_options[] = {SHARED_POLICY};

/* One run of the verb. */
struct request {
  const char *policy;
  struct text_list names; /* canonical; none: the whole machine, and for resume all pauses */
  bool include_subdomains;
  int64_t now, until;
  bool ended; /* resume: without names, a pause was ended */
};

static int read_names(const struct arguments *arguments, struct request *request) {
  for (size_t i = 0; i < arguments->operand_count; i++) {
    char *name = NULL;
    if (!arguments_entry_name(arguments, arguments->operands[i], &name))
      return EXIT_USAGE;
    text_list_add(&request->names, name);
  }
  return EXIT_DONE;
}

/* Reads a duration, as timestamp_read reads "so long ago". A date is no duration. */
static bool read_length(const char *text, int64_t *ret_seconds) {
  int64_t moment = 0;
  bool is_length = strchr(text, '-') == NULL && strstr(text, "ago") == NULL;
  is_length = is_length && timestamp_read(text, 0, &moment);
  *ret_seconds = -moment;
  return is_length && *ret_seconds > 0;
}

/* Warns of names that no entry covers: most likely another name is refused. */
static void warn_of_uncovered(const struct request *request) {
  struct enforced_policy enforced;
  bool usable = enforced_policy_ask(request->policy, &enforced);
  for (size_t i = 0; usable && i < request->names.count; i++) {
    const char *name = request->names.items[i];
    const char *host = strncmp(name, "*.", 2) == 0 ? name + 2 : name;
    if (!request->include_subdomains && host == name &&
        pin_covers(&enforced.policy, host, 0) == PIN_SELECTED_NOTHING)
      say_warning(
          "%s: no entry covers it, so only blocked_keys can refuse it, and only a pause of the whole machine "
          "helps against that; \"pinctl log\" shows what is refused",
          name);
  }
  enforced_policy_close(&enforced);
}

static void record(const char *done, const struct request *request, const char *more) {
  char *what = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&what, &size);
  fprintf(stream, "%s", done);
  for (size_t i = 0; i < request->names.count && i < MOST_RECORDED; i++)
    fprintf(stream, " %s", request->names.items[i]);
  if (request->names.count > MOST_RECORDED)
    fprintf(stream, " and %zu more", request->names.count - MOST_RECORDED);
  fprintf(stream, "%s%s%s", request->names.count == 0 ? " the whole machine" : "", *more == '\0' ? "" : " ",
          more);
  memory_close(stream);
  change_record(request->policy, what, NULL, 0);
  free(what);
}

static void note_pauses(const struct request *request, const struct pauses *pauses) {
  for (size_t i = 0; i < pauses->count; i++) {
    const struct pin_pause *pause = &pauses->items[i];
    bool wanted = request->names.count == 0
                      ? strcmp(pause->name, PIN_PAUSE_ALL) == 0
                      : text_list_find(&request->names, pause->name) < request->names.count;
    AUTO_TEXT subject = pause_subject(pause);
    AUTO_TEXT rest = pause_rest(pause->until, request->now);
    if (wanted)
      say_note("paused: %s %s; refusals are only logged until then", subject, rest);
  }
}

static int set_pauses(struct pauses *pauses, void *arg) {
  struct request *request = arg;
  struct pin_pause pause = {
      .since = request->now, .until = request->until, .name = PIN_PAUSE_ALL, .include_subdomains = false};
  if (request->names.count == 0)
    pauses_set(pauses, &pause);
  pause.include_subdomains = request->include_subdomains;
  for (size_t i = 0; i < request->names.count; i++) {
    pause.name = request->names.items[i];
    pauses_set(pauses, &pause);
  }
  return EXIT_DONE;
}

static int pause_hosts(struct request *request) {
  AUTO_TEXT path = pauses_path(request->policy);
  int status = path == NULL ? EXIT_FAILED : pauses_edit(path, request->now, set_pauses, request);
  if (status != EXIT_DONE)
    return status;
  struct pauses pauses;
  pauses_read(path, request->now, &pauses);
  note_pauses(request, &pauses);
  AUTO_TEXT until = timestamp_utc(request->until);
  AUTO_TEXT until_when = must_format("until %s", until);
  record("paused", request, until_when);
  pauses_clear(&pauses);
  warn_of_uncovered(request);
  return EXIT_DONE;
}

static int run_pause(const struct arguments *arguments) {
  const char *length = arguments_value(arguments, OPTION_FOR);
  int64_t seconds = 0;
  if (length == NULL)
    length = USUAL_LENGTH;
  if (!read_length(length, &seconds) || seconds > PIN_PAUSE_LONGEST)
    return usage_status(arguments->verb,
                        "--for \"%s\": expected a time of at most 7 days, e.g. 30m, 1h or 2d", length);
  if (arguments->operand_count == 0 && arguments_has(arguments, OPTION_INCLUDE_SUBDOMAINS))
    return usage_status(arguments->verb, "--include-subdomains needs a HOST");
  struct request request = {.policy = arguments_policy(arguments),
                            .include_subdomains = arguments_has(arguments, OPTION_INCLUDE_SUBDOMAINS),
                            .now = time(NULL)};
  request.until = request.now + seconds;
  int status = read_names(arguments, &request);
  end_defer();
  if (status == EXIT_DONE)
    status = pause_hosts(&request);
  end_deliver();
  text_list_clear(&request.names);
  return status;
}

const struct verb verb_pause = {
    .name = "pause",
    .group = "Let refused connections pass",
    .operands = "[HOST]...",
    .summary = "Let refused connections pass for a while, and log them",
    .details = "Works for every kind of entry, and even while the policy is broken or missing.\n"
               "Without a HOST, nothing is refused on the whole machine. Running programs follow\n"
               "at their next connection. A pause ends by itself, or with \"pinctl resume\". HOST\n"
               "is the name that \"pinctl log\" shows, a wildcard (\"*.example.com\") or an IP\n"
               "address.",
    .example = "pinctl pause api.example.com --for 1h",
    OPTIONS_IN(pause_options),
    .most_operands = OPERANDS_UNLIMITED,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run_pause,
};

/* ---- resume ---- */

static int end_pauses(struct pauses *pauses, void *arg) {
  struct request *request = arg;
  if (request->names.count == 0) {
    request->ended = pauses->count > 0;
    if (pauses->count == 0)
      say_note("nothing was paused");
    for (size_t i = 0; i < pauses->count; i++) {
      AUTO_TEXT subject = pause_subject(&pauses->items[i]);
      say_note("resumed: %s", subject);
    }
    pauses_clear(pauses);
    return EXIT_DONE;
  }
  for (size_t i = 0; i < request->names.count; i++) {
    const char *name = request->names.items[i];
    if (!pauses_drop(pauses, name))
      return say_failure("%s: is not paused; nothing was changed", name);
  }
  return EXIT_DONE;
}

static void report_resumed(const struct request *request, const char *path) {
  struct pauses pauses;
  pauses_read(path, request->now, &pauses);
  for (size_t i = 0; i < request->names.count; i++) {
    const char *name = request->names.items[i];
    int64_t until = pauses_until(&pauses, name);
    AUTO_TEXT rest = pause_rest(until, request->now);
    if (until > 0)
      say_warning("%s: another pause holds for it %s", name, rest);
    else
      say_note("resumed: %s", name);
  }
  pauses_clear(&pauses);
}

static int run_resume(const struct arguments *arguments) {
  struct request request = {.policy = arguments_policy(arguments), .now = time(NULL)};
  AUTO_TEXT path = pauses_path(request.policy);
  int status = path == NULL ? EXIT_FAILED : read_names(arguments, &request);
  end_defer();
  if (status == EXIT_DONE)
    status = pauses_edit(path, request.now, end_pauses, &request);
  if (status == EXIT_DONE) {
    report_resumed(&request, path);
    if (request.ended || request.names.count > 0)
      record("resumed", &request, "");
  }
  end_deliver();
  text_list_clear(&request.names);
  return status;
}

const struct verb verb_resume = {
    .name = "resume",
    .operands = "[HOST]...",
    .summary = "End pauses now",
    .details = "Without a HOST, all pauses end.",
    .example = "pinctl resume",
    OPTIONS_IN(resume_options),
    .most_operands = OPERANDS_UNLIMITED,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run_resume,
};
