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
#define MOST_RECORDED 5

static const struct option pause_options[] = {
    OPTION(FOR, "for", "TIME", "how long, e.g. 30m, 1h or 2d (default: " USUAL_LENGTH ",\nat most 7d)"),
    FLAG(INCLUDE_SUBDOMAINS, "include-subdomains", "also pause every name below HOST, at any depth"),
    SHARED_POLICY,
};

static const struct option resume_options[] = {SHARED_POLICY};

/* A change of the pauses. */
struct wish {
  const char *policy;
  struct text_list names; /* canonical; none: the whole machine */
  bool include_subdomains;
  int64_t now, until;
  bool ended; /* there was something to resume */
};

static int read_names(const struct arguments *arguments, struct wish *wish) {
  for (size_t i = 0; i < arguments->operand_count; i++) {
    char *name = NULL;
    if (!arguments_entry_name(arguments, arguments->operands[i], &name))
      return EXIT_USAGE;
    text_list_add(&wish->names, name);
  }
  return EXIT_DONE;
}

/* How long ago it would be is how long it is to be. A date is no length. */
static bool read_length(const char *text, int64_t *ret_seconds) {
  int64_t moment = 0;
  bool is_length = strchr(text, '-') == NULL && strstr(text, "ago") == NULL;
  is_length = is_length && timestamp_read(text, 0, &moment);
  *ret_seconds = -moment;
  return is_length && *ret_seconds > 0;
}

/* A pause of what nothing refuses helps nobody: most likely it is another name that is refused. */
static void warn_of_uncovered(const struct wish *wish) {
  struct enforced_policy enforced;
  bool usable = enforced_policy_ask(wish->policy, &enforced);
  for (size_t i = 0; usable && i < wish->names.count; i++) {
    const char *name = wish->names.items[i];
    const char *host = strncmp(name, "*.", 2) == 0 ? name + 2 : name;
    if (!wish->include_subdomains && host == name &&
        pin_covers(&enforced.policy, host, 0) == PIN_SELECTED_NOTHING)
      say_warning(
          "%s: no entry covers it, so only blocked_keys can refuse it, which only a pause of the whole "
          "machine lets pass; \"pinctl log\" names what is refused",
          name);
  }
  enforced_policy_close(&enforced);
}

static void record(const char *done, const struct wish *wish, const char *more) {
  char *what = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&what, &size);
  fprintf(stream, "%s", done);
  for (size_t i = 0; i < wish->names.count && i < MOST_RECORDED; i++)
    fprintf(stream, " %s", wish->names.items[i]);
  if (wish->names.count > MOST_RECORDED)
    fprintf(stream, " and %zu more", wish->names.count - MOST_RECORDED);
  fprintf(stream, "%s%s%s", wish->names.count == 0 ? " the whole machine" : "", *more == '\0' ? "" : " ",
          more);
  memory_close(stream);
  change_record(wish->policy, what, NULL, 0);
  free(what);
}

static void tell(const struct wish *wish, const struct pauses *pauses) {
  for (size_t i = 0; i < pauses->count; i++) {
    const struct pin_pause *pause = &pauses->items[i];
    bool wanted = wish->names.count == 0 ? strcmp(pause->name, PIN_PAUSE_ALL) == 0
                                         : text_list_find(&wish->names, pause->name) < wish->names.count;
    AUTO_TEXT subject = pause_subject(pause);
    AUTO_TEXT rest = pause_rest(pause->until, wish->now);
    if (wanted)
      say_note("paused: %s %s; refusals are only logged until then", subject, rest);
  }
}

static int set_pauses(struct pauses *pauses, void *arg) {
  struct wish *wish = arg;
  struct pin_pause pause = {
      .since = wish->now, .until = wish->until, .name = PIN_PAUSE_ALL, .include_subdomains = false};
  if (wish->names.count == 0)
    pauses_set(pauses, &pause);
  pause.include_subdomains = wish->include_subdomains;
  for (size_t i = 0; i < wish->names.count; i++) {
    pause.name = wish->names.items[i];
    pauses_set(pauses, &pause);
  }
  return EXIT_DONE;
}

static int pause_hosts(struct wish *wish) {
  AUTO_TEXT path = pauses_path(wish->policy);
  int status = path == NULL ? EXIT_FAILED : pauses_edit(path, wish->now, set_pauses, wish);
  if (status != EXIT_DONE)
    return status;
  struct pauses pauses;
  pauses_read(path, wish->now, &pauses);
  tell(wish, &pauses);
  AUTO_TEXT until = timestamp_utc(wish->until);
  AUTO_TEXT until_when = must_format("until %s", until);
  record("paused", wish, until_when);
  pauses_clear(&pauses);
  warn_of_uncovered(wish);
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
  struct wish wish = {.policy = arguments_policy(arguments),
                      .include_subdomains = arguments_has(arguments, OPTION_INCLUDE_SUBDOMAINS),
                      .now = time(NULL)};
  wish.until = wish.now + seconds;
  int status = read_names(arguments, &wish);
  end_defer();
  if (status == EXIT_DONE)
    status = pause_hosts(&wish);
  end_deliver();
  text_list_clear(&wish.names);
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
  struct wish *wish = arg;
  if (wish->names.count == 0) {
    wish->ended = pauses->count > 0;
    if (pauses->count == 0)
      say_note("nothing was paused");
    for (size_t i = 0; i < pauses->count; i++) {
      AUTO_TEXT subject = pause_subject(&pauses->items[i]);
      say_note("resumed: %s", subject);
    }
    pauses_clear(pauses);
    return EXIT_DONE;
  }
  for (size_t i = 0; i < wish->names.count; i++) {
    const char *name = wish->names.items[i];
    if (!pauses_drop(pauses, name))
      return say_failure("%s: is not paused; nothing was changed", name);
  }
  return EXIT_DONE;
}

static void tell_rest(const struct wish *wish, const char *path) {
  struct pauses pauses;
  pauses_read(path, wish->now, &pauses);
  for (size_t i = 0; i < wish->names.count; i++) {
    const char *name = wish->names.items[i];
    int64_t until = pauses_until(&pauses, name);
    AUTO_TEXT rest = pause_rest(until, wish->now);
    if (until > 0)
      say_warning("%s: another pause holds for it %s", name, rest);
    else
      say_note("resumed: %s", name);
  }
  pauses_clear(&pauses);
}

static int run_resume(const struct arguments *arguments) {
  struct wish wish = {.policy = arguments_policy(arguments), .now = time(NULL)};
  AUTO_TEXT path = pauses_path(wish.policy);
  int status = path == NULL ? EXIT_FAILED : read_names(arguments, &wish);
  end_defer();
  if (status == EXIT_DONE)
    status = pauses_edit(path, wish.now, end_pauses, &wish);
  if (status == EXIT_DONE) {
    tell_rest(&wish, path);
    if (wish.ended || wish.names.count > 0)
      record("resumed", &wish, "");
  }
  end_deliver();
  text_list_clear(&wish.names);
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
