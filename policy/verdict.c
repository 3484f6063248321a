/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verdict.h"

#include "host_name.h"

#include <string.h>

bool pin_blocks_keys(const struct pin_policy *policy) {
  return policy->blocked_keys.count > 0 && policy->mode != PIN_MODE_OFF;
}

static bool contains(const struct pin_digest_list *list, const struct pin_digest *digest) {
  for (uint32_t i = 0; i < list->count; i++) {
    if (memcmp(list->digests[i].bytes, digest->bytes, sizeof digest->bytes) == 0)
      return true;
  }
  return false;
}

/* The lowest depth from `first` on at which a key (or certificate) is in the list; -1: none. */
static int find_depth(const struct pin_digest_list *list, const struct pin_path *path, size_t first,
                      bool certificates) {
  if (list->count == 0)
    return -1;
  for (size_t depth = first; depth < path->count; depth++) {
    const struct pin_path_key *key = &path->keys[depth];
    if (contains(list, certificates ? &key->certificate : &key->key))
      return (int)depth;
  }
  return -1;
}

/* The first depth at which an anchor may be: the end of the path. What is above a cut is not known, so the
 * last key of a cut path is not its end. */
static size_t end_of(const struct pin_path *path) {
  return path->cut ? path->count : path->count - 1;
}

static bool is_given(const struct pin_entry *entry, enum pin_list list) {
  return entry->lists[list].count > 0;
}

/* Compares the lists of an entry with a path that has at least one key. */
static enum pin_reason try_entry(const struct pin_entry *entry, const struct pin_path *path,
                                 int depth[PIN_LIST_COUNT]) {
  const struct pin_digest_list *lists = entry->lists;
  depth[PIN_LIST_PINS] = find_depth(&lists[PIN_LIST_PINS], path, 0, false);
  depth[PIN_LIST_BACKUP_PINS] = find_depth(&lists[PIN_LIST_BACKUP_PINS], path, 0, false);
  depth[PIN_LIST_FINGERPRINTS] = find_depth(&lists[PIN_LIST_FINGERPRINTS], path, 0, true);
  depth[PIN_LIST_INTERMEDIATES] = find_depth(&lists[PIN_LIST_INTERMEDIATES], path, 1, false);
  depth[PIN_LIST_ANCHORS] = find_depth(&lists[PIN_LIST_ANCHORS], path, end_of(path), false);

  bool pins_given = is_given(entry, PIN_LIST_PINS) || is_given(entry, PIN_LIST_BACKUP_PINS) ||
                    is_given(entry, PIN_LIST_FINGERPRINTS);
  bool intermediates_given = is_given(entry, PIN_LIST_INTERMEDIATES);
  bool anchors_given = is_given(entry, PIN_LIST_ANCHORS);
  bool pins_match =
      depth[PIN_LIST_PINS] >= 0 || depth[PIN_LIST_BACKUP_PINS] >= 0 || depth[PIN_LIST_FINGERPRINTS] >= 0;
  bool intermediates_match = depth[PIN_LIST_INTERMEDIATES] >= 0;
  bool either_will_do = pins_given && intermediates_given && entry->require == PIN_REQUIRE_ANY;

  if (!pins_given && !intermediates_given && !anchors_given)
    return PIN_REASON_NO_PIN;
  if (pins_given && !pins_match && !(either_will_do && intermediates_match))
    return PIN_REASON_NO_PIN;
  if (intermediates_given && !intermediates_match && !(either_will_do && pins_match))
    return PIN_REASON_NO_INTERMEDIATE;
  if (anchors_given && depth[PIN_LIST_ANCHORS] < 0)
    return PIN_REASON_NO_ANCHOR;
  return PIN_REASON_MATCHED;
}

/* Whether some list of the entry contains the peer's own key or certificate. */
static bool holds_peer(const int depth[PIN_LIST_COUNT]) {
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    if (depth[list] == 0)
      return true;
  }
  return false;
}

static size_t lower(size_t one, int depth) {
  return depth >= 0 && (size_t)depth < one ? (size_t)depth : one;
}

/* The depth of the highest key that is needed to satisfy the lists of an entry. */
static size_t depth_of_match(const struct pin_entry *entry, const int depth[PIN_LIST_COUNT]) {
  size_t pins = lower(lower(lower(SIZE_MAX, depth[PIN_LIST_PINS]), depth[PIN_LIST_BACKUP_PINS]),
                      depth[PIN_LIST_FINGERPRINTS]);
  size_t intermediates = lower(SIZE_MAX, depth[PIN_LIST_INTERMEDIATES]);
  size_t highest = 0;
  if (entry->require == PIN_REQUIRE_ANY)
    pins = intermediates = pins < intermediates ? pins : intermediates;
  if (pins != SIZE_MAX)
    highest = pins;
  if (intermediates != SIZE_MAX && intermediates > highest)
    highest = intermediates;
  if (depth[PIN_LIST_ANCHORS] > 0 && (size_t)depth[PIN_LIST_ANCHORS] > highest)
    highest = (size_t)depth[PIN_LIST_ANCHORS];
  return highest;
}

/* If only a CA is pinned, the name, the dates and the purpose of the peer's certificate are checked. */
static enum pin_reason ask_voucher(const struct pin_verdict *verdict, const struct pin_path *path,
                                   const struct pin_finding *finding, size_t depth) {
  if (verdict->names_lost)
    return PIN_REASON_TOO_MANY_NAMES;
  enum pin_reason answer = path->vouch ? path->vouch(path->vouch_arg, finding, depth) : PIN_REASON_WRONG_NAME;
  switch (answer) {
  case PIN_REASON_MATCHED:
  case PIN_REASON_OUT_OF_DATE:
  case PIN_REASON_NOT_A_SERVER:
    return answer;
  default:
    return PIN_REASON_WRONG_NAME;
  }
}

/* Judges one entry by a path with at least one key, and by the peer's certificate if only a CA is pinned. */
static enum pin_reason judge_entry(const struct pin_verdict *verdict, const struct pin_finding *finding,
                                   const struct pin_path *path, int depth[PIN_LIST_COUNT]) {
  enum pin_reason reason = try_entry(&finding->entry, path, depth);
  if (reason == PIN_REASON_MATCHED)
    return holds_peer(depth) ? PIN_REASON_MATCHED
                             : ask_voucher(verdict, path, finding, depth_of_match(&finding->entry, depth));
  return path->cut ? PIN_REASON_PATH_CUT : reason;
}

bool pin_finding_is_enforced(const struct pin_finding *finding) {
  const struct pin_entry *entry = &finding->entry;
  if (finding->expired && entry->on_expiry == PIN_ON_EXPIRY_AUDIT)
    return false;
  return entry->mode != PIN_MODE_AUDIT && entry->mode != PIN_MODE_OFF;
}

/* Whether two entries have the same name, and it is not known which of them is for the port in use. */
static bool are_alternatives(const struct pin_finding *one, const struct pin_finding *other) {
  return one->port_unknown && other->port_unknown && strcmp(one->entry.name, other->entry.name) == 0;
}

/* Whether an entry of the same name for another port is satisfied. An entry that is off tells nothing
 * about the key, and one that has expired may have keys that were given up. */
static bool is_replaced(const struct pin_verdict *verdict, const struct pin_finding *finding) {
  for (size_t i = 0; i < verdict->count; i++) {
    const struct pin_finding *other = &verdict->findings[i];
    if (other->reason == PIN_REASON_MATCHED && !other->expired && are_alternatives(finding, other))
      return true;
  }
  return false;
}

static bool has_failed(const struct pin_finding *finding) {
  return finding->reason != PIN_REASON_MATCHED && finding->reason != PIN_REASON_OFF &&
         finding->reason != PIN_REASON_EXEMPT_ANCHOR;
}

/*
 * The index of the first finding that failed and is enforced (or is not enforced); verdict->count: none. A
 * finding that is undecided, because another one had failed before it was judged, is used only if there is no
 * other failure.
 */
static size_t first_failed(const struct pin_verdict *verdict, bool enforced) {
  size_t undecided = verdict->count;
  for (size_t i = 0; i < verdict->count; i++) {
    const struct pin_finding *finding = &verdict->findings[i];
    if (!has_failed(finding) || pin_finding_is_enforced(finding) != enforced || is_replaced(verdict, finding))
      continue;
    if (finding->reason != PIN_REASON_UNDECIDED)
      return i;
    if (undecided == verdict->count)
      undecided = i;
  }
  return undecided;
}

static size_t first_with(const struct pin_verdict *verdict, enum pin_reason reason) {
  size_t i = 0;
  while (i < verdict->count && verdict->findings[i].reason != reason)
    i++;
  return i;
}

static void decide(struct pin_verdict *verdict, enum pin_outcome outcome, enum pin_reason reason,
                   size_t decisive) {
  verdict->outcome = outcome;
  verdict->reason = reason;
  verdict->decisive = decisive;
  if (decisive < verdict->count)
    verdict->name = verdict->findings[decisive].name;
}

/* Whether something failed that must be refused (enforced) or only logged. If so, that becomes the
 * verdict. */
static bool settle_failure(struct pin_verdict *verdict, enum pin_general general, bool enforced) {
  enum pin_outcome outcome = enforced ? PIN_REFUSED : PIN_AUDITED;
  size_t failed = first_failed(verdict, enforced);
  if (general == PIN_GENERAL_BLOCKED_KEY)
    decide(verdict, outcome, PIN_REASON_BLOCKED_KEY, verdict->count);
  else if (failed < verdict->count)
    decide(verdict, outcome, verdict->findings[failed].reason, failed);
  else if (general == PIN_GENERAL_NO_KEY)
    decide(verdict, outcome, PIN_REASON_NO_KEY, verdict->count);
  else if (general == PIN_GENERAL_PATH_CUT)
    decide(verdict, outcome, PIN_REASON_PATH_CUT, verdict->count);
  else
    return false;
  return true;
}

uint8_t pin_unlisted_in_force(const struct pin_policy *policy) {
  if (policy->unlisted == PIN_UNLISTED_IGNORE || policy->mode == PIN_MODE_OFF)
    return PIN_UNLISTED_IGNORE;
  return policy->mode == PIN_MODE_AUDIT ? PIN_UNLISTED_OBSERVE : policy->unlisted;
}

/*
 * Whether a finding proves that the connection's host is in the policy: its key is, or the client named it
 * and the entry is for this port. A certificate that nobody verifies, and a socket that may be another
 * connection's, prove nothing if the entry asks for no key.
 */
static bool lists_host(const struct pin_finding *finding) {
  if (finding->reason == PIN_REASON_MATCHED || finding->reason == PIN_REASON_EXEMPT_ANCHOR)
    return true;
  if (finding->concluded)
    return false;
  /* An entry that is off asks for no key on any port. */
  return !finding->port_unknown || finding->reason == PIN_REASON_OFF;
}

bool pin_is_unlisted(const struct pin_verdict *verdict) {
  if (verdict->unlisted == PIN_UNLISTED_IGNORE)
    return false;
  for (size_t i = 0; i < verdict->count; i++) {
    if (lists_host(&verdict->findings[i]))
      return false;
  }
  return true;
}

/* Whether the host is unlisted and that decides the verdict. */
static bool settle_unlisted(struct pin_verdict *verdict, enum pin_unlisted what) {
  if (verdict->unlisted != what || !pin_is_unlisted(verdict))
    return false;
  decide(verdict, what == PIN_UNLISTED_REFUSE ? PIN_REFUSED : PIN_AUDITED, PIN_REASON_UNLISTED,
         verdict->count);
  return true;
}

void pin_verdict_settle(struct pin_verdict *verdict, enum pin_general general, enum pin_mode general_mode) {
  enum pin_general refused = general_mode == PIN_MODE_AUDIT ? PIN_GENERAL_NOTHING : general;
  if (settle_failure(verdict, refused, true) || settle_unlisted(verdict, PIN_UNLISTED_REFUSE) ||
      settle_failure(verdict, general, false) || settle_unlisted(verdict, PIN_UNLISTED_OBSERVE))
    return;
  if (verdict->count == 0) {
    decide(verdict, PIN_NOT_COVERED, PIN_REASON_NOT_COVERED, verdict->count);
    return;
  }
  size_t exempt = first_with(verdict, PIN_REASON_EXEMPT_ANCHOR);
  if (exempt < verdict->count) {
    decide(verdict, PIN_EXEMPT, PIN_REASON_EXEMPT_ANCHOR, exempt);
    return;
  }
  size_t matched = first_with(verdict, PIN_REASON_MATCHED);
  size_t decisive = matched < verdict->count ? matched : 0;
  /* The only place that accepts a connection: nothing failed, and every entry is satisfied or off. */
  decide(verdict, PIN_ACCEPTED, verdict->findings[decisive].reason, decisive);
}

/* The depth of the lowest blocked key; -1: none. */
static int find_blocked(const struct pin_policy *policy, const struct pin_path *path) {
  return pin_blocks_keys(policy) ? find_depth(&policy->blocked_keys, path, 0, false) : -1;
}

/* The depth of the exempt anchor in which the path ends; -1: none. */
static int find_exempt(const struct pin_policy *policy, const struct pin_path *path) {
  return path->count > 0 ? find_depth(&policy->exempt_anchors, path, end_of(path), false) : -1;
}

/* exempt: from find_exempt. What an exempt CA issued is checked as for a pinned CA. */
static enum pin_reason judge_finding(const struct pin_verdict *verdict, struct pin_finding *finding,
                                     const struct pin_path *path, int exempt) {
  if (path->count == 0)
    return PIN_REASON_NO_KEY;
  enum pin_reason vouched =
      exempt > 0 ? ask_voucher(verdict, path, finding, (size_t)exempt) : PIN_REASON_MATCHED;
  if (exempt >= 0 && vouched == PIN_REASON_MATCHED)
    return PIN_REASON_EXEMPT_ANCHOR;
  enum pin_reason reason = judge_entry(verdict, finding, path, finding->depth);
  return reason == PIN_REASON_MATCHED || exempt < 0 ? reason : vouched;
}

/* Decides every finding that pin_select left open. */
static void judge_findings(const struct pin_policy *policy, const struct pin_path *path, int64_t now,
                           struct pin_verdict *verdict) {
  int exempt = find_exempt(policy, path);
  for (size_t i = 0; i < verdict->count; i++) {
    struct pin_finding *finding = &verdict->findings[i];
    finding->expired = now > finding->entry.expires;
    if (finding->reason == PIN_REASON_UNDECIDED)
      finding->reason = judge_finding(verdict, finding, path, exempt);
  }
}

/* Whether this path and every longer one satisfies the entry, or the entry is off. */
static bool finding_is_satisfied(const struct pin_verdict *verdict, const struct pin_finding *finding,
                                 const struct pin_path *path) {
  int depth[PIN_LIST_COUNT];
  if (finding->reason == PIN_REASON_OFF)
    return true;
  return finding->reason == PIN_REASON_UNDECIDED && !is_given(&finding->entry, PIN_LIST_ANCHORS) &&
         judge_entry(verdict, finding, path, depth) == PIN_REASON_MATCHED;
}

static bool alternative_is_satisfied(const struct pin_verdict *verdict, const struct pin_finding *finding,
                                     const struct pin_path *path) {
  for (size_t i = 0; i < verdict->count; i++) {
    const struct pin_finding *other = &verdict->findings[i];
    if (other->reason == PIN_REASON_UNDECIDED && !other->expired && are_alternatives(finding, other) &&
        finding_is_satisfied(verdict, other, path))
      return true;
  }
  return false;
}

bool pin_is_satisfied(const struct pin_policy *policy, const struct pin_path *path,
                      const struct pin_verdict *verdict) {
  if (path->count == 0 || verdict->count == 0 || pin_blocks_keys(policy) || policy->exempt_anchors.count > 0)
    return false;
  for (size_t i = 0; i < verdict->count; i++) {
    const struct pin_finding *finding = &verdict->findings[i];
    if (!finding_is_satisfied(verdict, finding, path) && !alternative_is_satisfied(verdict, finding, path))
      return false;
  }
  return true;
}

/* Whether somebody may learn the host's keys from this verdict. */
static bool is_to_be_learnt(const struct pin_verdict *verdict) {
  if (verdict->reason == PIN_REASON_UNLISTED)
    return verdict->name != NULL;
  return verdict->outcome == PIN_AUDITED && verdict->decisive < verdict->count &&
         (verdict->reason == PIN_REASON_NO_PIN || verdict->reason == PIN_REASON_NO_INTERMEDIATE ||
          verdict->reason == PIN_REASON_NO_ANCHOR);
}

/* A host without an entry is judged as if it had an entry of its own. It is not known yet which key will
 * be pinned. */
static enum pin_reason ask_about_certificate(const struct pin_verdict *verdict, const struct pin_path *path) {
  struct pin_host_name host;
  struct pin_finding own;
  if (verdict->decisive < verdict->count)
    return ask_voucher(verdict, path, &verdict->findings[verdict->decisive], path->count - 1);
  memset(&own, 0, sizeof own);
  pin_host_name_read(verdict->name, pin_name_no_key, &host);
  own.name = own.entry.name = verdict->name;
  own.entry.kind = host.is_address ? PIN_NAME_ADDRESS : PIN_NAME_HOST;
  return ask_voucher(verdict, path, &own, path->count - 1);
}

void pin_judge(const struct pin_policy *policy, const struct pin_path *path, int64_t now,
               struct pin_verdict *verdict) {
  if (verdict->reason != PIN_REASON_UNDECIDED)
    return;
  enum pin_general general = PIN_GENERAL_NOTHING;
  verdict->blocked_depth = find_blocked(policy, path);
  if (verdict->blocked_depth >= 0)
    general = PIN_GENERAL_BLOCKED_KEY;
  else if (path->count == 0 && pin_blocks_keys(policy))
    general = PIN_GENERAL_NO_KEY;
  else if (path->cut && pin_blocks_keys(policy))
    general = PIN_GENERAL_PATH_CUT;
  verdict->may_hide_blocked = general == PIN_GENERAL_PATH_CUT;
  judge_findings(policy, path, now, verdict);
  pin_verdict_settle(verdict, general, policy->mode);
  if (is_to_be_learnt(verdict) && path->count > 0 && path->vouch != NULL)
    verdict->certificate = (uint8_t)ask_about_certificate(verdict, path);
}

void pin_judge_silent(struct pin_verdict *verdict) {
  if (verdict->reason != PIN_REASON_UNDECIDED)
    return;
  for (size_t i = 0; i < verdict->count; i++) {
    if (verdict->findings[i].reason == PIN_REASON_UNDECIDED)
      verdict->findings[i].reason = PIN_REASON_NO_KEY;
  }
  pin_verdict_settle(verdict, PIN_GENERAL_NOTHING, verdict->policy->mode);
}

bool pin_allows(const struct pin_verdict *verdict) {
  switch (verdict->outcome) {
  case PIN_ACCEPTED:
  case PIN_NOT_COVERED:
  case PIN_AUDITED:
  case PIN_EXEMPT:
    return true;
  case PIN_REFUSED:
    break;
  }
  return false;
}
