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

/* What is being decided. */
struct reviewing {
  const struct arguments *arguments;
  enum proposal_state decision;
  char *host;
  uint16_t port; /* 0: any */
  bool has_key;
  struct pin_digest key;
  struct proposals proposals; /* those that are decided about */
  struct edit edit;
};

/* ---- Which proposals ---- */

static int read_operands(const struct arguments *arguments, struct reviewing *reviewing) {
  AUTO_TEXT pin = NULL;
  if (!arguments_host_and_port(arguments, arguments->operands[0], &reviewing->host, &reviewing->port))
    return EXIT_USAGE;
  if (arguments->operand_count < 2)
    return EXIT_DONE;
  int status = pin_argument_read(arguments->operands[1], PIN_LIST_PINS, &pin);
  reviewing->has_key = status == EXIT_DONE && pin_digest_parse(pin, strlen(pin), &reviewing->key);
  if (status == EXIT_DONE && !reviewing->has_key)
    return usage_status(arguments->verb, "\"%s\": expected a pin or a file", arguments->operands[1]);
  return status;
}

/* Without a pin only what is pending; with one also what was decided otherwise before. */
static bool is_meant(const struct reviewing *reviewing, const struct proposal *proposal) {
  if (!reviewing->has_key)
    return proposal->state == PROPOSAL_PENDING;
  return memcmp(&proposal->key, &reviewing->key, sizeof reviewing->key) == 0;
}

static void keep_meant(struct reviewing *reviewing) {
  struct proposals *proposals = &reviewing->proposals;
  struct proposals others = {0};
  size_t kept = 0;
  for (size_t i = 0; i < proposals->count; i++) {
    if (is_meant(reviewing, &proposals->items[i])) {
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

/* One key at a time: two at once are rarely both right. The same key on several ports is one. */
static int refuse_several(const struct reviewing *reviewing) {
  const struct proposals *proposals = &reviewing->proposals;
  bool several = false;
  for (size_t i = 1; i < proposals->count; i++)
    several = several ||
              memcmp(&proposals->items[i].key, &proposals->items[0].key, sizeof proposals->items[0].key) != 0;
  if (!several)
    return EXIT_DONE;
  say_error("%s: several keys are pending; say which:", reviewing->host);
  for (size_t i = 0; i < proposals->count; i++) {
    AUTO_TEXT text = describe(&proposals->items[i]);
    say_error("  %s", text);
  }
  return EXIT_FAILED;
}

static int find_proposals(struct history *history, struct reviewing *reviewing) {
  if (!proposals_read(history, reviewing->host, reviewing->port, &reviewing->proposals))
    return EXIT_FAILED;
  keep_meant(reviewing);
  if (reviewing->proposals.count > 0)
    return refuse_several(reviewing);
  say_error("%s: %s; \"pinctl rotate %s%s\" looks at the server", reviewing->host,
            reviewing->has_key ? "this key was not proposed" : "nothing is pending", reviewing->host,
            same_policy());
  return EXIT_FINDING;
}

/* ---- The policy ---- */

static int put_into(const struct proposal *proposal, struct standing *standing) {
  char pin[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&proposal->key, pin);
  /* Written by hand meanwhile, or by a run that was stopped before it could note that. */
  if (digest_is_listed(&standing->entry.lists[proposal->list], &proposal->key))
    return EXIT_DONE;
  if (standing->dropin == NULL)
    return refuse_foreign_adding(standing, proposal->list, pin);
  dropin_put_pin(standing->dropin, proposal->list, pin);
  if (strcmp(standing->entry.name, proposal->host) != 0)
    say_note("%s: is covered by the entry for \"%s\", which now accepts this key for its other names too",
             proposal->host, standing->entry.name);
  return EXIT_DONE;
}

static int refuse_named(const struct proposal *proposal, const struct standing *standing) {
  char pin[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&proposal->key, pin);
  if (!digest_is_listed(&standing->entry.lists[proposal->list], &proposal->key))
    return EXIT_DONE;
  return say_failure("%s:%u: names this key already; \"pinctl remove %s %s%s\" takes it out first",
                     standing->path, (unsigned)standing->entry.line, standing->entry.name, pin,
                     same_policy());
}

static int look_at_policy(struct reviewing *reviewing) {
  int status = EXIT_DONE;
  for (size_t i = 0; status == EXIT_DONE && i < reviewing->proposals.count; i++) {
    const struct proposal *proposal = &reviewing->proposals.items[i];
    struct standing *standing = NULL;
    status = standings_covering(reviewing->edit.change, &reviewing->edit.standings, proposal->host,
                                proposal->port, &standing);
    if (status == EXIT_DONE && reviewing->decision == PROPOSAL_APPROVED)
      status = put_into(proposal, standing);
    else if (status == EXIT_DONE)
      status = refuse_named(proposal, standing);
  }
  return status;
}

static int change_policy(struct reviewing *reviewing) {
  const struct standings *standings = &reviewing->edit.standings;
  if (edit_stage(&reviewing->edit) == 0)
    return EXIT_DONE;
  int status = change_commit(reviewing->edit.change);
  for (size_t i = 0; status == EXIT_DONE && i < standings->count; i++)
    if (standings->items[i].dropin != NULL)
      warn_without_backup(&standings->items[i]);
  return status;
}

/* ---- The decision ---- */

static int note_decision(struct history *history, const struct reviewing *reviewing, bool dry_run) {
  for (size_t i = 0; i < reviewing->proposals.count; i++) {
    const struct proposal *proposal = &reviewing->proposals.items[i];
    AUTO_TEXT text = describe(proposal);
    AUTO_TEXT place = host_and_port_format(proposal->host, proposal->port);
    if (!proposal->verified && reviewing->decision == PROPOSAL_APPROVED)
      say_warning("%s: the chain did not verify when this key was proposed", place);
    if (!dry_run && proposal->state != reviewing->decision &&
        !proposal_decide(history, proposal, reviewing->decision))
      return EXIT_FAILED;
    say_note("%s%s: %s", dry_run ? "would be " : "", proposal_word(reviewing->decision), text);
  }
  return EXIT_DONE;
}

/* Under the lock of the policy from before the proposals are read:
 * of two at once the second sees the first. */
static int decide(struct reviewing *reviewing) {
  const struct arguments *arguments = reviewing->arguments;
  const char *path = arguments_value(arguments, OPTION_HISTORY);
  bool dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  int status = edit_begin(arguments_policy(arguments), dry_run, reviewing->host, &reviewing->edit);
  if (status != EXIT_DONE)
    return status;
  AUTO_TEXT usual = history_path(arguments_policy(arguments));
  struct history *history = history_open(path == NULL ? usual : path, dry_run);
  status = history == NULL ? EXIT_FAILED : find_proposals(history, reviewing);
  if (status == EXIT_DONE)
    status = look_at_policy(reviewing);
  if (status == EXIT_DONE && reviewing->decision == PROPOSAL_APPROVED)
    status = change_policy(reviewing);
  if (status == EXIT_DONE)
    status = note_decision(history, reviewing, dry_run);
  history_close(history);
  return status;
}

/*
 * Decides about the proposals that the operands HOST[:PORT] [PIN] name. Approving puts the keys into the
 * policy first, so that what is stopped half-way is still pending. Returns an exit status, having said what
 * came of it.
 */
static int review(const struct arguments *arguments, enum proposal_state decision) {
  struct reviewing reviewing = {.arguments = arguments, .decision = decision};
  int status = read_operands(arguments, &reviewing);
  if (status == EXIT_DONE)
    status = decide(&reviewing);
  edit_end(&reviewing.edit);
  proposals_clear(&reviewing.proposals);
  free(reviewing.host);
  return status;
}

static int approve(const struct arguments *arguments) {
  return review(arguments, PROPOSAL_APPROVED);
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
  return review(arguments, PROPOSAL_REJECTED);
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
