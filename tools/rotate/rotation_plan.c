/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "rotate/rotation_plan.h"

#include <string.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "view/digest_set.h"
#include "view/entry_text.h"

void rotation_add(struct rotation *rotation, const struct rotation_step *step) {
  rotation->items = must_room(rotation->items, rotation->count, sizeof *rotation->items);
  rotation->items[rotation->count++] = *step;
}

void rotation_clear(struct rotation *rotation) {
  for (size_t i = 0; i < rotation->count; i++)
    free(rotation->items[i].text);
  free(rotation->items);
  *rotation = (struct rotation){0};
}

/* ---- Earlier proposals ---- */

static char *decided_text(const struct proposal *proposal) {
  AUTO_TEXT when = expiry_text(proposal->at);
  return must_format("%s; %s %s by %s", proposal->subject,
                     proposal->state == PROPOSAL_PENDING ? "proposed" : proposal_word(proposal->state), when,
                     proposal->who);
}

static bool is_shown(const struct watch_host *host, const struct pin_digest *key) {
  for (size_t i = 0; i < host->key_count; i++)
    if (memcmp(&host->keys[i].key, key, sizeof *key) == 0)
      return true;
  return false;
}

static void add_pending(const struct watch_host *host, const struct proposal *proposal,
                        struct rotation *rotation) {
  bool settled = host->covered && digest_is_listed(&host->entry.lists[proposal->list], &proposal->key);
  struct rotation_step step = {.kind = settled ? ROTATION_SETTLED : ROTATION_PENDING,
                               .host = host,
                               .list = proposal->list,
                               .key = proposal->key,
                               .verified = proposal->verified};
  AUTO_TEXT text = decided_text(proposal);
  step.text = must_format("%s%s", text, is_shown(host, &step.key) ? "" : "; the server does not show it now");
  rotation_add(rotation, &step);
}

static const struct proposal *find_proposal(const struct proposals *proposals,
                                            const struct rotation_step *step) {
  for (size_t i = 0; i < proposals->count; i++)
    if (proposals->items[i].list == step->list &&
        memcmp(&proposals->items[i].key, &step->key, sizeof step->key) == 0)
      return &proposals->items[i];
  return NULL;
}

/* ---- Keys that the server shows now ---- */

/* Returns the key that would satisfy the failed rule, and the list that it would have to be in. NULL: none
 * would. */
static const struct watch_key *missing_key(const struct watch_host *host, enum pin_list *ret_list) {
  size_t proven = 0;
  while (proven < host->key_count && host->keys[proven].proven)
    proven++;
  switch (host->reason) {
  case PIN_REASON_NO_PIN:
    *ret_list = PIN_LIST_PINS;
    return proven > 0 ? &host->keys[0] : NULL;
  case PIN_REASON_NO_INTERMEDIATE:
    *ret_list = PIN_LIST_INTERMEDIATES;
    return proven > 1 ? &host->keys[1] : NULL;
  case PIN_REASON_NO_ANCHOR:
    *ret_list = PIN_LIST_ANCHORS;
    return proven > 1 ? &host->keys[proven - 1] : NULL;
  default:
    return NULL;
  }
}

static const char *why_unverified(const struct watch_host *host) {
  static const char *const codes[] = {"not-verified", "missing-intermediate", "expired"};
  for (size_t i = 0; i < COUNT_OF(codes); i++)
    for (size_t j = 0; j < host->finding_count; j++)
      if (strcmp(host->findings[j].code, codes[i]) == 0)
        return host->findings[j].text;
  return "the chain does not verify";
}

static void add_missing(const struct watch_host *host, const struct rotation_settings *settings,
                        const struct proposals *proposals, struct rotation *rotation) {
  struct rotation_step step = {.host = host, .verified = host->verified};
  const struct watch_key *key = missing_key(host, &step.list);
  if (key == NULL) {
    step.kind = ROTATION_REFUSED;
    step.text = must_copy(pin_reason_text(host->reason));
    rotation_add(rotation, &step);
    return;
  }
  step.key = key->key;
  const struct proposal *proposal = find_proposal(proposals, &step);
  if (proposal != NULL && proposal->state == PROPOSAL_PENDING)
    return;
  if (proposal != NULL && proposal->state == PROPOSAL_REJECTED) {
    step.kind = ROTATION_REJECTED;
    step.text = decided_text(proposal);
  } else if (!host->verified && !settings->trust_unverified) {
    step.kind = ROTATION_UNVERIFIED;
    step.text = must_format("%s; %s; anybody may have answered", key->subject, why_unverified(host));
  } else {
    step.kind = ROTATION_NEW;
    step.text = must_copy(key->subject);
  }
  rotation_add(rotation, &step);
}

static bool has_promotion(const struct rotation *rotation, const struct watch_host *host,
                          const struct pin_digest *key) {
  for (size_t i = 0; i < rotation->count; i++) {
    const struct rotation_step *step = &rotation->items[i];
    if (step->kind == ROTATION_PROMOTE && memcmp(&step->key, key, sizeof *key) == 0 &&
        step->host->entry.line == host->entry.line && strcmp(step->host->entry.file, host->entry.file) == 0)
      return true;
  }
  return false;
}

static void add_promotions(const struct watch_host *host, struct rotation *rotation) {
  for (size_t i = 0; i < host->key_count && host->keys[i].proven; i++) {
    const struct watch_key *key = &host->keys[i];
    if (!digest_is_listed(&host->entry.lists[PIN_LIST_BACKUP_PINS], &key->key) ||
        digest_is_listed(&host->entry.lists[PIN_LIST_PINS], &key->key) ||
        has_promotion(rotation, host, &key->key))
      continue;
    struct rotation_step step = {.kind = ROTATION_PROMOTE,
                                 .host = host,
                                 .list = PIN_LIST_BACKUP_PINS,
                                 .key = key->key,
                                 .verified = host->verified,
                                 .text = must_format("%s; this backup pin has come into use", key->subject)};
    rotation_add(rotation, &step);
  }
}

static void add_failed(const struct watch_host *host, char *text, struct rotation *rotation) {
  struct rotation_step step = {.kind = ROTATION_FAILED, .host = host, .text = text};
  rotation_add(rotation, &step);
}

static bool plan_host(const struct watch_host *host, const struct rotation_settings *settings,
                      struct rotation *rotation) {
  struct proposals proposals = {0};
  bool good =
      settings->history == NULL || proposals_read(settings->history, host->host, host->port, &proposals);
  for (size_t i = 0; good && i < proposals.count; i++)
    if (proposals.items[i].state == PROPOSAL_PENDING)
      add_pending(host, &proposals.items[i], rotation);
  if (!host->seen)
    add_failed(host, must_copy(host->finding_count == 0 ? "was not asked" : host->findings[0].text),
               rotation);
  else if (!host->covered)
    add_failed(host,
               must_format("no entry of the policy covers it; \"pinctl add --from-server%s\" makes one",
                           same_policy()),
               rotation);
  else if (host->outcome == PIN_REFUSED || host->outcome == PIN_AUDITED)
    add_missing(host, settings, &proposals, rotation);
  else if (host->outcome == PIN_ACCEPTED)
    add_promotions(host, rotation);
  proposals_clear(&proposals);
  return good;
}

bool rotation_plan(const struct watch *watch, const struct pin_policy *policy,
                   const struct rotation_settings *settings, struct rotation *ret_rotation) {
  *ret_rotation = (struct rotation){0};
  for (size_t i = 0; i < watch->count; i++)
    if (!plan_host(&watch->hosts[i], settings, ret_rotation))
      return false;
  return settings->history == NULL || rotation_find_unused(watch, policy, settings, ret_rotation);
}

bool rotation_is_open(const struct rotation_step *step) {
  return step->kind != ROTATION_SETTLED && (step->kind == ROTATION_NEW || !step->done);
}

int rotation_status(const struct rotation *rotation) {
  int status = EXIT_DONE;
  for (size_t i = 0; i < rotation->count; i++) {
    if (rotation->items[i].kind == ROTATION_FAILED)
      return EXIT_FAILED;
    if (rotation_is_open(&rotation->items[i]))
      status = EXIT_FINDING;
  }
  return status;
}
