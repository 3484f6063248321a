/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "learn/candidate.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "probe/probe_options.h"
#include "view/digest_set.h"
#include "view/entry_text.h"
#include "view/name_match.h"

#define USUAL_PORT 443

const char *candidate_state_word(enum candidate_state state) {
  static const char *const words[CANDIDATE_STATES] = {
      "open",    "proposed", "covered", "unreachable", "unverified",  "local-anchor",
      "blocked", "no-key",   "new",     "changing",    "alternating",
  };
  return words[state];
}

const char *pin_choice_word(enum pin_choice choice) {
  static const char *const words[] = {"leaf", "issuer", "root"};
  return words[choice];
}

enum pin_list pin_choice_list(enum pin_choice choice) {
  static const enum pin_list lists[] = {PIN_LIST_PINS, PIN_LIST_INTERMEDIATES, PIN_LIST_ANCHORS};
  return lists[choice];
}

/* ---- The set of candidates ---- */

static int compare(const void *a, const void *b) {
  const struct candidate *left = a;
  const struct candidate *right = b;
  int order = strcmp(left->host, right->host);
  return order != 0 ? order : left->port - right->port;
}

static struct candidate *find(const struct candidates *candidates, const char *host, uint16_t port) {
  AUTO_TEXT copy = must_copy(host);
  const struct candidate wanted = {.host = copy, .port = port};
  struct candidate **found = tfind(&wanted, &candidates->tree, compare);
  return found == NULL ? NULL : *found;
}

struct candidate *candidates_get(struct candidates *candidates, const char *host, uint16_t port) {
  struct candidate *candidate = find(candidates, host, port);
  if (candidate != NULL)
    return candidate;
  candidate = must_alloc(1, sizeof *candidate);
  *candidate = (struct candidate){.host = must_copy(host), .port = port};
  if (tsearch(candidate, &candidates->tree, compare) == NULL)
    memory_exhausted();
  candidates->gathered =
      must_room(candidates->gathered, candidates->gathered_count, sizeof *candidates->gathered);
  candidates->gathered[candidates->gathered_count++] = candidate;
  return candidate;
}

static void keep(void *candidate) {
  (void)candidate;
}

void candidates_arrange(struct candidates *candidates) {
  if (candidates->items != NULL)
    return;
  candidates->items = must_alloc(candidates->gathered_count, sizeof *candidates->items);
  for (; candidates->count < candidates->gathered_count; candidates->count++) {
    candidates->items[candidates->count] = *candidates->gathered[candidates->count];
    free(candidates->gathered[candidates->count]);
  }
  tdestroy(candidates->tree, keep);
  free(candidates->gathered);
  candidates->tree = NULL;
  candidates->gathered = NULL;
  candidates->gathered_count = 0;
  qsort(candidates->items, candidates->count, sizeof *candidates->items, compare);
}

void candidates_clear(struct candidates *candidates) {
  candidates_arrange(candidates);
  for (size_t i = 0; i < candidates->count; i++) {
    free(candidates->items[i].host);
    free(candidates->items[i].why);
    free(candidates->items[i].keys);
  }
  free(candidates->items);
  anchors_clear(&candidates->anchors);
  *candidates = (struct candidates){0};
}

/* ---- What was seen ---- */

static bool knows(const struct candidate *candidate, const struct pin_digest *key) {
  for (size_t i = 0; i < candidate->key_count; i++)
    if (memcmp(&candidate->keys[i].key, key, sizeof *key) == 0)
      return true;
  return false;
}

static struct seen_key *see(struct candidate *candidate, const struct pin_digest *key, int64_t first,
                            int64_t last, size_t times) {
  size_t at = 0;
  while (at < candidate->key_count && memcmp(&candidate->keys[at].key, key, sizeof *key) != 0)
    at++;
  if (at == candidate->key_count) {
    candidate->keys = must_grow(candidate->keys, ++candidate->key_count, sizeof *candidate->keys);
    candidate->keys[at] = (struct seen_key){.key = *key, .first = first, .last = last};
  }
  struct seen_key *seen = &candidate->keys[at];
  seen->first = first < seen->first ? first : seen->first;
  seen->last = last > seen->last ? last : seen->last;
  seen->times += times;
  return seen;
}

/* Finds the chosen place in a path of this many keys. Returns false if the path has no such place. */
static bool place_of(enum pin_choice choice, size_t count, size_t *ret_depth) {
  *ret_depth = choice == PIN_CHOICE_LEAF ? 0 : choice == PIN_CHOICE_ISSUER ? 1 : count - 1;
  return count > (choice == PIN_CHOICE_LEAF ? 0 : 1);
}

/* Whether the connection was only let pass because its key is in no list, or no entry covers its host. */
static bool is_to_be_learnt(const struct report *report) {
  const char *verdict = report_get(report, "verdict");
  const char *reason = report_get(report, "reason");
  /* During a pause, a connection that was let pass may be one that the pin should refuse. */
  if (verdict == NULL || reason == NULL || strcmp(verdict, pin_outcome_word(PIN_AUDITED)) != 0 ||
      report_get(report, "paused") != NULL)
    return false;
  if (strcmp(reason, pin_reason_word(PIN_REASON_UNLISTED)) == 0)
    return true;
  for (enum pin_reason known = PIN_REASON_NO_PIN; known <= PIN_REASON_NO_ANCHOR; known++)
    if (strcmp(reason, pin_reason_word(known)) == 0)
      return true;
  return false;
}

/*
 * Whether the chain verified, whatever the program required: a shipped root signed the path (take_path),
 * and the certificate was for this host and within its dates. A line that does not say so is not a
 * sighting, so sightings do not predate the certificate.
 */
static bool was_verified(const struct report *report) {
  const char *certificate = report_get(report, "certificate");
  return certificate != NULL && strcmp(certificate, "good") == 0;
}

static void take_path(const struct candidates *candidates, const struct log_record *record,
                      struct candidate *candidate) {
  struct pin_digest key;
  size_t count = report_key_count(&record->report);
  size_t depth;
  if (!was_verified(&record->report) || !report_path_is_whole(&record->report) ||
      !report_key(&record->report, count - 1, &key, NULL) || !anchors_hold(&candidates->anchors, &key) ||
      !place_of(candidates->choice, count, &depth) || !report_key(&record->report, depth, &key, NULL))
    return;
  if (candidate->key_count < MOST_LOGGED_KEYS || knows(candidate, &key))
    see(candidate, &key, record->time, record->time, 1);
  else if (record->time >= candidates->now - candidates->stable_seconds)
    candidate->keys_lost = true;
}

/* Returns NULL if there is no room. */
static struct candidate *get_logged(struct candidates *candidates, const char *host, uint16_t port) {
  struct candidate *candidate = find(candidates, host, port);
  if (candidate != NULL)
    return candidate;
  if (candidates->logged_hosts == MOST_LOGGED_HOSTS) {
    candidates->left_out++;
    return NULL;
  }
  candidates->logged_hosts++;
  return candidates_get(candidates, host, port);
}

/* Counts lines that are not taken, to explain why nothing is proposed. */
static bool is_credible(const struct log_record *record, struct candidates *candidates) {
  bool timed = record->time > 0 && record->time <= candidates->now;
  bool doubtful = record_is_doubtful(record);
  candidates->doubtful += doubtful ? 1 : 0;
  candidates->untimed += !doubtful && !timed ? 1 : 0;
  return timed && !doubtful;
}

void candidates_take_record(const struct log_record *record, void *arg) {
  struct candidates *candidates = arg;
  const char *named = report_get(&record->report, "host");
  long port = report_number(&record->report, "port");
  AUTO_TEXT host = NULL;
  const char *why = NULL;
  if (!is_to_be_learnt(&record->report) || named == NULL ||
      pin_name_canonical(named, &host, &why) != PIN_OK || !host_can_be_asked(host) ||
      !is_credible(record, candidates))
    return;
  if (port < 1 || port > UINT16_MAX)
    port = USUAL_PORT;
  struct candidate *candidate = get_logged(candidates, host, (uint16_t)port);
  if (candidate != NULL)
    take_path(candidates, record, candidate);
}

bool seen_key_is_stable(const struct candidates *candidates, const struct seen_key *key) {
  return key->first <= candidates->now - candidates->stable_seconds;
}

/* ---- Decisions about a candidate ---- */

/* Takes over the text. */
static void leave_out(struct candidate *candidate, enum candidate_state state, char *why) {
  free(candidate->why);
  candidate->state = state;
  candidate->why = why;
}

/* An entry for a whole domain in audit mode, as at the start of a roll-out. */
static bool only_looks_on(const struct pin_entry *entry, const char *host) {
  return entry->mode == PIN_MODE_AUDIT && relation_of(entry, host) != RELATION_EXACT;
}

void candidates_leave_covered(struct candidates *candidates, const struct pin_policy *policy,
                              const char *policy_path) {
  for (size_t i = 0; i < candidates->count; i++) {
    struct candidate *candidate = &candidates->items[i];
    const char *name = candidate->host;
    struct pin_peer peer = {.names = &name, .name_count = 1, .port = candidate->port, .now = candidates->now};
    struct pin_verdict verdict;
    pin_select(policy, &peer, &verdict);
    for (size_t j = 0; j < verdict.count; j++) {
      const struct pin_entry *entry = &verdict.findings[j].entry;
      AUTO_TEXT place = entry_place(entry, policy_path);
      if (!only_looks_on(entry, candidate->host))
        leave_out(candidate, CANDIDATE_COVERED, must_format("covered by %s (%s)", entry->name, place));
    }
  }
}

/* Only keys of the proven path count. */
static size_t proven_count(const struct watch_host *host) {
  size_t count = 0;
  while (count < host->key_count && host->keys[count].proven)
    count++;
  return count;
}

/* Whether a chain can be learnt from; if not, decides the candidate. */
static bool is_sound(const struct candidates *candidates, const struct pin_policy *policy,
                     const struct watch_host *host, struct candidate *candidate) {
  size_t count = proven_count(host);
  if (!host->seen) {
    leave_out(candidate, CANDIDATE_UNREACHABLE,
              must_copy(host->finding_count > 0 ? host->findings[0].text : "no answer"));
    return false;
  }
  if (!host->verified || count == 0) {
    leave_out(candidate, CANDIDATE_UNVERIFIED, must_copy("its chain does not verify"));
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    if (!digest_is_listed(&policy->blocked_keys, &host->keys[i].key))
      continue;
    leave_out(candidate, CANDIDATE_BLOCKED, must_copy("a key of its chain is blocked"));
    return false;
  }
  const struct watch_key *last = &host->keys[count - 1];
  if (anchors_hold(&candidates->anchors, &last->key) &&
      !digest_is_listed(&policy->exempt_anchors, &last->key))
    return true;
  leave_out(candidate, CANDIDATE_LOCAL_ANCHOR,
            must_format("ends in a root that was added here: %s", last->subject));
  return false;
}

void candidate_take_answer(const struct candidates *candidates, const struct pin_policy *policy,
                           const struct watch_host *host, struct candidate *candidate) {
  if (!is_sound(candidates, policy, host, candidate))
    return;
  if (!place_of(candidates->choice, proven_count(host), &candidate->depth)) {
    leave_out(candidate, CANDIDATE_NO_KEY,
              must_format("its chain has no %s", pin_choice_word(candidates->choice)));
    return;
  }
  snprintf(candidate->subject, sizeof candidate->subject, "%s", host->keys[candidate->depth].subject);
  see(candidate, &host->keys[candidate->depth].key, candidates->now, candidates->now, 1)->shown = true;
}

void candidate_take_repetition(const struct candidates *candidates, const struct watch_host *host,
                               struct candidate *candidate) {
  size_t count = proven_count(host);
  size_t depth;
  if (host->seen && host->verified && place_of(candidates->choice, count, &depth) &&
      anchors_hold(&candidates->anchors, &host->keys[count - 1].key))
    see(candidate, &host->keys[depth].key, candidates->now, candidates->now, 1)->shown = true;
}

struct history_taking {
  struct candidate *candidate;
  int64_t now;
};

static void take_row(const struct history_row *row, void *arg) {
  struct history_taking *taking = arg;
  struct candidate *candidate = taking->candidate;
  struct pin_digest key;
  /* a sighting dated in the future comes from a wrong clock; its true time is unknown */
  if (row->depth < 0 || (size_t)row->depth != candidate->depth || row->times <= 0 ||
      row->verified_first <= 0 || row->verified_first > taking->now ||
      !pin_digest_parse(row->pin, strlen(row->pin), &key))
    return;
  see(candidate, &key, row->verified_first,
      row->verified_last < taking->now ? row->verified_last : taking->now, (size_t)row->times);
}

bool candidate_take_history(const struct candidates *candidates, struct history *history,
                            struct candidate *candidate) {
  struct history_taking taking = {.candidate = candidate, .now = candidates->now};
  return history_each(history, candidate->host, candidate->port, take_row, &taking);
}

static char *since_text(int64_t moment) {
  AUTO_TEXT day = expiry_text(moment);
  return must_copy_bytes(day, strcspn(day, "T"));
}

/* Keys that were not seen lately are gone, and do not matter. */
void candidate_settle(const struct candidates *candidates, struct candidate *candidate) {
  int64_t begin = candidates->now - candidates->stable_seconds;
  if (candidate->state != CANDIDATE_OPEN && candidate->state != CANDIDATE_ALTERNATING)
    return;
  candidate->state = CANDIDATE_PROPOSED;
  for (size_t i = 0; i < candidate->key_count; i++) {
    const struct seen_key *key = &candidate->keys[i];
    AUTO_TEXT since = since_text(key->first);
    if (key->last < begin)
      continue;
    if (!seen_key_is_stable(candidates, key))
      leave_out(candidate, key->shown ? CANDIDATE_NEW : CANDIDATE_CHANGING,
                must_format(key->shown ? "its %s has this key only since %s"
                                       : "its %s has also had another key since %s",
                            pin_choice_word(candidates->choice), since));
    else if (!key->shown && candidate->state == CANDIDATE_PROPOSED)
      leave_out(candidate, CANDIDATE_ALTERNATING,
                must_format("its %s also has another key, which it does not show now",
                            pin_choice_word(candidates->choice)));
  }
  if (candidate->keys_lost)
    leave_out(candidate, CANDIDATE_CHANGING,
              must_format("the log names more than %d keys of its %s", MOST_LOGGED_KEYS,
                          pin_choice_word(candidates->choice)));
  if (candidate->state == CANDIDATE_PROPOSED) {
    free(candidate->why);
    candidate->why = NULL;
  }
}
