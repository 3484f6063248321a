/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "base/must_use.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "edit/existing_entry.h"
#include "keys/pin_argument.h"
#include "monitor/history.h"
#include "monitor/proposals.h"
#include "verbs/verbs.h"
#include "view/digest_set.h"
#include "view/entry_text.h"

static const struct option options[] = {
    OPTION(HISTORY, "history", "FILE", "the history, with the proposals (default:" HISTORY_DEFAULTS ")"),
    SHARED_POLICY,
    SHARED_DRY_RUN,
};

/* One run of the verb. */
struct review {
  const struct arguments *arguments;
  enum proposal_state decision;
  char *host;
  uint16_t port; /* 0: any */
  bool has_key;
  struct pin_digest key;
  struct proposals proposals; /* those to decide about */
  struct edit edit;
};

/* ---- Which proposals ---- */

static int read_operands(const struct arguments *arguments, struct review *review) {
  AUTO_TEXT pin = NULL;
  if (!arguments_host_and_port(arguments, arguments->operands[0], &review->host, &review->port))
    return EXIT_USAGE;
  if (arguments->operand_count < 2)
    return EXIT_DONE;
  int status = pin_argument_read(arguments->operands[1], PIN_LIST_PINS, &pin);
  review->has_key = status == EXIT_DONE && pin_digest_parse(pin, strlen(pin), &review->key);
  if (status == EXIT_DONE && !review->has_key)
    return usage_status(arguments->verb, "\"%s\": expected a pin or a file", arguments->operands[1]);
  return status;
}

/* Without a PIN the pending proposals are selected; with a PIN those of this key, decided or not. */
static bool is_selected(const struct review *review, const struct proposal *proposal) {
  if (!review->has_key)
    return proposal->state == PROPOSAL_PENDING;
  return memcmp(&proposal->key, &review->key, sizeof review->key) == 0;
}

static void keep_selected(struct review *review) {
  struct proposals *proposals = &review->proposals;
  struct proposals others = {0};
  size_t kept = 0;
  for (size_t i = 0; i < proposals->count; i++) {
    if (is_selected(review, &proposals->items[i])) {
      proposals->items[kept++] = proposals->items[i];
      continue;
    }
    others.items = must_grow(others.items, others.count + 1, sizeof *others.items);
    others.items[others.count++] = proposals->items[i];
  }
  proposals->count = kept;
  proposals_clear(&others);
}

static char *describe(const struct proposal *proposal) {
  char pin[PIN_DIGEST_TEXT_SIZE];
  AUTO_TEXT when = expiry_text(proposal->at);
  pin_digest_format(&proposal->key, pin);
  AUTO_TEXT place = host_and_port_format(proposal->host, proposal->port);
  return must_format("%s %s (%s; %s %s by %s)", place, pin, proposal->subject,
                     proposal->state == PROPOSAL_PENDING ? "proposed" : proposal_word(proposal->state), when,
                     proposal->who);
}

/* Refuses to decide about several keys at once, which are rarely all right. One key on several ports is fine.
 */
static int refuse_several(const struct review *review) {
  const struct proposals *proposals = &review->proposals;
  bool several = false;
  for (size_t i = 1; i < proposals->count; i++)
    several = several ||
              memcmp(&proposals->items[i].key, &proposals->items[0].key, sizeof proposals->items[0].key) != 0;
  if (!several)
    return EXIT_DONE;
  say_error("%s: several keys are pending; say which:", review->host);
  for (size_t i = 0; i < proposals->count; i++) {
    AUTO_TEXT text = describe(&proposals->items[i]);
    say_error("  %s", text);
  }
  return EXIT_FAILED;
}

static int find_proposals(struct history *history, struct review *review) {
  if (!proposals_read(history, review->host, review->port, &review->proposals))
    return EXIT_FAILED;
  keep_selected(review);
  if (review->proposals.count > 0)
    return refuse_several(review);
  say_error("%s: %s; \"pinctl rotate %s%s\" looks at the server", review->host,
            review->has_key ? "this key was not proposed" : "nothing is pending", review->host,
            same_policy());
  return EXIT_FINDING;
}

/* ---- The policy ---- */

static int add_key(const struct proposal *proposal, struct existing_entry *item) {
  char pin[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&proposal->key, pin);
  /* The key is there already: added by hand, or by a run that was interrupted before note_decision. */
  if (digest_is_listed(&item->entry.lists[proposal->list], &proposal->key))
    return EXIT_DONE;
  if (item->dropin == NULL)
    return refuse_foreign_adding(item, proposal->list, pin);
  dropin_put_pin(item->dropin, proposal->list, pin);
  if (strcmp(item->entry.name, proposal->host) != 0)
    say_note("%s: is covered by the entry for \"%s\", which now accepts this key for its other names too",
             proposal->host, item->entry.name);
  return EXIT_DONE;
}

static int refuse_if_pinned(const struct proposal *proposal, const struct existing_entry *item) {
  char pin[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&proposal->key, pin);
  if (!digest_is_listed(&item->entry.lists[proposal->list], &proposal->key))
    return EXIT_DONE;
  return say_failure("%s:%u: names this key already; \"pinctl remove %s %s%s\" takes it out first",
                     item->path, (unsigned)item->entry.line, item->entry.name, pin, same_policy());
}

static int update_entries(struct review *review) {
  int status = EXIT_DONE;
  for (size_t i = 0; status == EXIT_DONE && i < review->proposals.count; i++) {
    const struct proposal *proposal = &review->proposals.items[i];
    struct existing_entry *item = NULL;
    status = existing_entries_covering(review->edit.change, &review->edit.existing, proposal->host,
                                       proposal->port, &item);
    if (status == EXIT_DONE && review->decision == PROPOSAL_APPROVED)
      status = add_key(proposal, item);
    else if (status == EXIT_DONE)
      status = refuse_if_pinned(proposal, item);
  }
  return status;
}

static int commit_policy(struct review *review) {
  const struct existing_entries *existing = &review->edit.existing;
  if (edit_stage(&review->edit) == 0)
    return EXIT_DONE;
  int status = change_commit(review->edit.change);
  for (size_t i = 0; status == EXIT_DONE && i < existing->count; i++)
    if (existing->items[i].dropin != NULL)
      warn_without_backup(&existing->items[i]);
  return status;
}

/* ---- The decision ---- */

static int note_decision(struct history *history, const struct review *review, bool dry_run) {
  for (size_t i = 0; i < review->proposals.count; i++) {
    const struct proposal *proposal = &review->proposals.items[i];
    AUTO_TEXT text = describe(proposal);
    AUTO_TEXT place = host_and_port_format(proposal->host, proposal->port);
    if (!proposal->verified && review->decision == PROPOSAL_APPROVED)
      say_warning("%s: the chain did not verify when this key was proposed", place);
    if (!dry_run && proposal->state != review->decision &&
        !proposal_decide(history, proposal, review->decision))
      return EXIT_FAILED;
    say_note("%s%s: %s", dry_run ? "would be " : "", proposal_word(review->decision), text);
  }
  return EXIT_DONE;
}

/* Takes the lock of the policy before it reads the proposals, so that of two runs the second sees the result
 * of the first. */
static int decide(struct review *review) {
  const struct arguments *arguments = review->arguments;
  const char *path = arguments_value(arguments, OPTION_HISTORY);
  bool dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  int status = edit_begin(arguments_policy(arguments), dry_run, review->host, &review->edit);
  if (status != EXIT_DONE)
    return status;
  AUTO_TEXT usual = history_path(arguments_policy(arguments));
  struct history *history = history_open(path == NULL ? usual : path, dry_run);
  status = history == NULL ? EXIT_FAILED : find_proposals(history, review);
  if (status == EXIT_DONE)
    status = update_entries(review);
  if (status == EXIT_DONE && review->decision == PROPOSAL_APPROVED)
    status = commit_policy(review);
  if (status == EXIT_DONE)
    status = note_decision(history, review, dry_run);
  history_close(history);
  return status;
}

/*
 * Decides about the proposals that the operands HOST[:PORT] [PIN] name, and says the result. Keys are added
 * to the policy before the decision is noted, so that after an interruption the proposal is still pending.
 * Returns an exit status.
 */
static int decide_and_report(const struct arguments *arguments, enum proposal_state decision) {
  struct review review = {.arguments = arguments, .decision = decision};
  int status = read_operands(arguments, &review);
  if (status == EXIT_DONE)
    status = decide(&review);
  edit_end(&review.edit);
  proposals_clear(&review.proposals);
  free(review.host);
  return status;
}

static int approve(const struct arguments *arguments) {
  return decide_and_report(arguments, PROPOSAL_APPROVED);
}

const struct verb verb_approve = {
    .name = "approve",
    .operands = "HOST[:PORT] [PIN|FILE]",
    .summary = "Accept a key that \"pinctl rotate\" has proposed",
    .details = "Adds HOST's pending key, or the one with this PIN, to the entry that covers\n"
               "HOST. If a person wrote that entry, prints the line to add instead. Compare the\n"
               "key first, by another way than the network: rotate has only seen it there. The\n"
               "history keeps who approved what and when.",
    .example = "pinctl approve api.example.com --history history.db",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 2,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = approve,
};

static int reject(const struct arguments *arguments) {
  return decide_and_report(arguments, PROPOSAL_REJECTED);
}

const struct verb verb_reject = {
    .name = "reject",
    .operands = "HOST[:PORT] [PIN|FILE]",
    .summary = "Refuse a key that \"pinctl rotate\" has proposed",
    .details = "HOST's pending key, or the one with this PIN, is not proposed again. As long as\n"
               "a server shows it, \"pinctl rotate\" reports that. The policy stays as it is. The\n"
               "history keeps who rejected what and when; \"pinctl approve HOST PIN\" overrides\n"
               "it.",
    .example = "pinctl reject api.example.com --history history.db",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 2,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = reject,
};
