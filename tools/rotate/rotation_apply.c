/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>

#include "base/memory.h"
#include "cli/output.h"
#include "cli/prompt.h"
#include "edit/entry_edit.h"
#include "rotate/rotation_plan.h"

/* ---- What is only noted ---- */

static bool propose(struct rotation_step *step, const struct rotation_doing *doing) {
  AUTO_TEXT host = must_copy(step->host->host);
  bool is_new = false;
  struct proposal proposal = {.host = host,
                              .port = step->host->port,
                              .list = step->list,
                              .key = step->key,
                              .subject = step->text,
                              .verified = step->verified};
  step->done = proposal_make(doing->history, &proposal, &is_new);
  return step->done;
}

static bool settle(struct rotation_step *step, const struct rotation_doing *doing) {
  AUTO_TEXT host = must_copy(step->host->host);
  struct proposal proposal = {.host = host, .port = step->host->port, .list = step->list, .key = step->key};
  step->done = proposal_decide(doing->history, &proposal, PROPOSAL_APPROVED);
  return step->done;
}

/* ---- What changes the policy ---- */

/* Whoever is accepted now must still be with the policy as it will be. */
static int check_servers(const struct change *change, const struct watch *watch) {
  struct loaded_policy loaded;
  int status = change_check(change, &loaded) ? EXIT_DONE : EXIT_FAILED;
  for (size_t i = 0; loaded.status == PIN_OK && status == EXIT_DONE && i < watch->count; i++) {
    const struct watch_host *host = &watch->hosts[i];
    struct pin_verdict verdict;
    if (!host->seen || host->outcome != PIN_ACCEPTED)
      continue;
    watch_judge(&loaded.policy, host, watch->now, &verdict);
    if (verdict.outcome == PIN_ACCEPTED)
      continue;
    AUTO_TEXT place = watch_host_name(host);
    say_error("%s: would no longer be accepted: %s; nothing was changed", place,
              pin_reason_text(verdict.reason));
    status = EXIT_FAILED;
  }
  policy_clear(&loaded);
  return status;
}

static int refuse_by_hand(const struct rotation_step *step, const struct standing *standing,
                          const char *pin) {
  const char *from = pin_list_name(step->list);
  AUTO_TEXT what = step->kind == ROTATION_PROMOTE
                       ? must_format("move \"%s\" there from its backup_pins to its pins", pin)
                       : must_format("take \"%s\" there out of its %s", pin, from);
  return refuse_foreign_saying(standing, what);
}

/* The policy may have changed since the step was worked out. */
static int change_entry(const struct rotation_step *step, struct standing *standing) {
  char pin[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&step->key, pin);
  if (standing->dropin == NULL)
    return refuse_by_hand(step, standing, pin);
  if (!dropin_drop_pin(standing->dropin, step->list, pin))
    return say_failure("%s:%u: %s is not, or no longer, among its %s; does it come from a pin set?",
                       standing->path, (unsigned)standing->entry.line, pin, pin_list_name(step->list));
  if (step->kind == ROTATION_PROMOTE)
    dropin_put_pin(standing->dropin, PIN_LIST_PINS, pin);
  if (step->kind == ROTATION_RETIRE && step->list == PIN_LIST_PINS &&
      standing->dropin->lists[PIN_LIST_PINS].count == 0)
    return say_failure("%s:%u: %s is its last pin; nothing was changed", standing->path,
                       (unsigned)standing->entry.line, pin);
  return EXIT_DONE;
}

static int change_policy(const struct rotation_step *step, const struct rotation_doing *doing) {
  struct edit edit;
  struct standing *standing = NULL;
  const struct watch_host *host = step->host;
  int status = edit_begin(doing->policy, doing->dry_run, host->host, &edit);
  if (status == EXIT_DONE)
    status = standings_covering(edit.change, &edit.standings, host->host, host->port, &standing);
  if (status == EXIT_DONE)
    status = change_entry(step, standing);
  if (status == EXIT_DONE) {
    edit_stage(&edit);
    status = check_servers(edit.change, doing->watch);
  }
  if (status == EXIT_DONE)
    status = change_commit(edit.change);
  if (status == EXIT_DONE && step->kind == ROTATION_PROMOTE)
    warn_without_backup(standing);
  edit_end(&edit);
  return status;
}

static bool agreed(const struct rotation_step *step, const struct rotation_doing *doing) {
  static const char *const words[] = {"yes", "no", NULL};
  char pin[PIN_DIGEST_TEXT_SIZE];
  if (doing->yes || doing->dry_run)
    return true;
  if (!question_possible())
    return false;
  pin_digest_format(&step->key, pin);
  AUTO_TEXT place = watch_host_name(step->host);
  put(stderr, PLAIN, "%s: %s\n", place, pin);
  put(stderr, PLAIN, "  %s\n", step->text);
  return question_ask(step->kind == ROTATION_PROMOTE ? "Make it one of the pins:"
                                                     : "Take it out of the policy:",
                      words) == 0;
}

static int change_if_agreed(struct rotation_step *step, const struct rotation_doing *doing) {
  const struct watch_host *host = step->host;
  bool promoting = step->kind == ROTATION_PROMOTE;
  char pin[PIN_DIGEST_TEXT_SIZE];
  if (!agreed(step, doing))
    return EXIT_DONE;
  int status = change_policy(step, doing);
  if (status != EXIT_DONE || doing->dry_run)
    return status;
  step->done = true;
  pin_digest_format(&step->key, pin);
  if (promoting)
    say_note("%s: %s is one of its pins now; the old ones stay until they are retired", host->host, pin);
  else
    say_note("%s: %s is no longer in its %s", host->host, pin, pin_list_name(step->list));
  bool noted = decision_note(doing->history, host->host, host->port, step->list, &step->key,
                             promoting ? "promoted" : "retired");
  return noted ? EXIT_DONE : EXIT_FAILED;
}

int rotation_do(struct rotation *rotation, const struct rotation_doing *doing) {
  int worst = EXIT_DONE;
  for (size_t i = 0; i < rotation->count; i++) {
    struct rotation_step *step = &rotation->items[i];
    int status = EXIT_DONE;
    if (step->kind == ROTATION_PROMOTE || step->kind == ROTATION_RETIRE)
      status = change_if_agreed(step, doing);
    else if (step->kind == ROTATION_NEW && !doing->dry_run)
      status = propose(step, doing) ? EXIT_DONE : EXIT_FAILED;
    else if (step->kind == ROTATION_SETTLED && !doing->dry_run)
      status = settle(step, doing) ? EXIT_DONE : EXIT_FAILED;
    worst = status > worst ? status : worst;
  }
  return worst;
}
