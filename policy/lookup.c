/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "image.h"
#include "verdict.h"

/* How many buckets are fetched ahead of the first probe. Most names are decided within three. */
#define PREFETCHED_SUFFIXES 3

/* The result of a probe, or of the search for a name. */
enum found {
  FOUND_NOTHING = 0,
  FOUND_ENTRIES,
  FOUND_IN_DOUBT, /* only entries that may be for another port and would not refuse */
  FOUND_DAMAGE,
  FOUND_TOO_MANY /* more entries than a verdict holds */
};

/* The search for the entries of one name. */
struct search {
  struct pin_image image;
  const char *name; /* as the caller spelled it */
  uint16_t port;    /* 0: not known */
  struct pin_host_name host;
  struct pin_verdict *verdict; /* NULL: only whether there is an entry matters */
};

/* A suffix of the name, and how many labels of the name are to its left. */
struct level {
  const struct pin_name_suffix *suffix;
  size_t distance;
};

/* Whether an entry of this kind, whose base is the suffix, covers the name. */
static bool kind_covers(const struct search *search, const struct pin_image_record *record, size_t distance) {
  switch (record->kind) {
  case PIN_NAME_ADDRESS:
    return search->host.is_address;
  case PIN_NAME_HOST:
    return !search->host.is_address && (distance == 0 || record->include_subdomains);
  case PIN_NAME_WILDCARD:
    if (search->host.is_address)
      return false;
    /* To the right of an empty label, any entry for the suffix is enough to refuse. */
    if (distance == 0)
      return search->host.has_empty_label;
    return distance == 1 || record->include_subdomains;
  default:
    return false;
  }
}

static bool has_base(const struct pin_image_slot *slot, const struct pin_name_suffix *suffix) {
  size_t skipped = slot->record.kind == PIN_NAME_WILDCARD ? strlen("*.") : 0;
  return slot->record.base_hash == suffix->hash && slot->record.name_length - skipped == suffix->length &&
         pin_name_equal(suffix->text, slot->name + skipped, suffix->length);
}

static bool covers(const struct search *search, const struct level *level,
                   const struct pin_image_slot *slot) {
  return slot->record.role <= PIN_ROLE_CROWD && has_base(slot, level->suffix) &&
         kind_covers(search, &slot->record, level->distance) &&
         (search->port == 0 || slot->record.role == PIN_ROLE_CROWD || pin_image_has_port(slot, search->port));
}

/* Whether a record covers the name. If the port is known, the mark of a crowd is replaced by the crowd's
 * entry for that port. */
static enum found resolve(const struct search *search, const struct level *level,
                          struct pin_image_slot *slot) {
  if (!covers(search, level, slot))
    return FOUND_NOTHING;
  if (slot->record.role != PIN_ROLE_CROWD || search->port == 0)
    return FOUND_ENTRIES;
  const struct pin_image_slot crowd = *slot;
  switch (pin_image_find_in_crowd(&search->image, &crowd, search->port, slot)) {
  case PIN_FOUND_ENTRY:
    return FOUND_ENTRIES;
  case PIN_FOUND_NOTHING:
    return FOUND_NOTHING;
  default:
    return FOUND_DAMAGE;
  }
}

static bool has_name(const struct pin_verdict *verdict, size_t index, const char *name) {
  if (pin_name_is_same(verdict->findings[index].name, name))
    return true;
  for (size_t i = 0; i < verdict->further_count; i++) {
    const struct pin_further_name *further = &verdict->further[i];
    if (further->finding == index && pin_name_is_same(further->name, name))
      return true;
  }
  return false;
}

/* A wildcard or a domain covers many hosts, so a pinned CA's certificate must be valid for each host that
 * is named. An address has only one spelling, the entry's. */
static void add_name(struct pin_verdict *verdict, size_t index, const char *name) {
  const struct pin_finding *finding = &verdict->findings[index];
  if (finding->reason != PIN_REASON_UNDECIDED || finding->entry.kind == PIN_NAME_ADDRESS ||
      has_name(verdict, index, name))
    return;
  if (verdict->further_count < PIN_MAX_FURTHER_NAMES)
    verdict->further[verdict->further_count++] = (struct pin_further_name){name, index};
  else
    verdict->names_lost = true;
}

/* Several names, or spellings of one, may lead to the same entry, which is judged once. If one of them
 * came with a port, the entry is for that port, and no other entry replaces it. */
static bool is_known(struct pin_verdict *verdict, const struct pin_finding *finding) {
  for (size_t i = 0; i < verdict->count; i++) {
    struct pin_finding *known = &verdict->findings[i];
    if (known->entry.name != finding->entry.name || known->reason != finding->reason)
      continue;
    known->port_unknown = known->port_unknown && finding->port_unknown;
    add_name(verdict, i, finding->name);
    return true;
  }
  return false;
}

/* If the port is not known, an entry limited to ports applies. But if it would refuse nothing, being off
 * or only audited, it must not hide a less specific entry that would: the search goes on. */
static enum found weigh(const struct pin_finding *finding) {
  return finding->port_unknown && !pin_finding_is_enforced(finding) ? FOUND_IN_DOUBT : FOUND_ENTRIES;
}

static enum found add_entry(struct search *search, const struct pin_image_slot *slot) {
  struct pin_finding finding = {.name = search->name};
  if (!pin_image_read_entry(&search->image, slot, &finding.entry))
    return FOUND_DAMAGE;
  finding.expired = search->verdict->now > finding.entry.expires;
  finding.port_unknown = finding.entry.port_count > 0 && search->port == 0;
  if (finding.entry.mode == PIN_MODE_OFF)
    finding.reason = PIN_REASON_OFF;
  else if (search->host.has_empty_label)
    finding.reason = PIN_REASON_BAD_NAME;
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    finding.depth[list] = -1;

  struct pin_verdict *verdict = search->verdict;
  if (is_known(verdict, &finding))
    return weigh(&finding);
  if (verdict->count == PIN_MAX_FINDINGS)
    return FOUND_TOO_MANY;
  verdict->findings[verdict->count++] = finding;
  return weigh(&finding);
}

/* If the port is not known, each entry of a crowd may apply. Adds as many as a verdict holds, and then
 * there are too many. */
static enum found add_crowd(struct search *search, const struct pin_image_slot *crowd) {
  struct pin_image_slot slot;
  for (uint32_t i = 0; i < crowd->record.port_count && i < PIN_IMAGE_FEW; i++) {
    const uint16_t port = crowd->ports[i];
    if (port == 0 || pin_image_find_in_crowd(&search->image, crowd, port, &slot) != PIN_FOUND_ENTRY)
      return FOUND_DAMAGE;
    const enum found added = add_entry(search, &slot);
    if (added == FOUND_DAMAGE || added == FOUND_TOO_MANY)
      return added;
  }
  return FOUND_TOO_MANY;
}

static enum found add_finding(struct search *search, const struct pin_image_slot *slot) {
  if (search->verdict == NULL)
    return FOUND_ENTRIES;
  return slot->record.role == PIN_ROLE_CROWD ? add_crowd(search, slot) : add_entry(search, slot);
}

/* Adds every entry of a bucket that covers the name and has one of the kinds. */
static enum found take_entries(struct search *search, const struct level *level,
                               struct pin_image_cursor cursor, unsigned kinds) {
  enum found found = FOUND_NOTHING;
  struct pin_image_slot slot;
  while (cursor.left > 0) {
    if (!pin_image_read_slot(&cursor, &slot))
      return FOUND_DAMAGE;
    enum found added = (kinds & 1u << slot.record.kind) == 0 ? FOUND_NOTHING : resolve(search, level, &slot);
    if (added == FOUND_NOTHING)
      continue;
    if (added == FOUND_ENTRIES)
      added = add_finding(search, &slot);
    if (added == FOUND_DAMAGE || added == FOUND_TOO_MANY)
      return added;
    if (found != FOUND_ENTRIES)
      found = added;
  }
  return found;
}

/* Adds the entries of the most specific kind: "*.b" is longer than "b" with include_subdomains. To the
 * right of an empty label every entry is enough to refuse, so all are added. */
static enum found take_winners(struct search *search, const struct level *level,
                               const struct pin_image_cursor *bucket, unsigned kinds) {
  const unsigned wildcard = 1u << PIN_NAME_WILDCARD;
  if (search->host.has_empty_label && level->distance == 0)
    return take_entries(search, level, *bucket, kinds);
  enum found first = FOUND_NOTHING;
  if (kinds & wildcard)
    first = take_entries(search, level, *bucket, wildcard);
  if (first != FOUND_NOTHING && first != FOUND_IN_DOUBT)
    return first;
  enum found second = take_entries(search, level, *bucket, kinds & ~wildcard);
  return second == FOUND_NOTHING ? first : second;
}

static enum found probe(struct search *search, const struct level *level) {
  const uint64_t index = pin_image_bucket_of(level->suffix->hash, search->image.head.bucket_bits);
  struct pin_image_cursor bucket;
  if (!pin_image_read_bucket(&search->image, index, &bucket))
    return FOUND_DAMAGE;
  struct pin_image_slot slot, covering;
  unsigned kinds = 0, count = 0;
  for (struct pin_image_cursor cursor = bucket; cursor.left > 0;) {
    if (pin_image_skip_slot(&cursor, level->suffix->hash))
      continue;
    if (!pin_image_read_slot(&cursor, &slot))
      return FOUND_DAMAGE;
    const enum found found = resolve(search, level, &slot);
    if (found == FOUND_DAMAGE)
      return found;
    if (found == FOUND_NOTHING)
      continue;
    kinds |= 1u << slot.record.kind;
    covering = slot;
    count++;
  }
  if (count == 0)
    return FOUND_NOTHING;
  return count == 1 ? add_finding(search, &covering) : take_winners(search, level, &bucket, kinds);
}

/* Probes the suffixes of a name, the longest first, until one is the base of an entry that covers the
 * name. Doubtful entries that were found before that stay. */
static enum found search_name(struct search *search) {
  const struct pin_host_name *host = &search->host;
  pin_host_name_read(search->name, search->image.head.name_key, &search->host);
  for (size_t i = host->suffix_count, fetched = 0; i > 0 && fetched < PREFETCHED_SUFFIXES; i--, fetched++)
    pin_image_prefetch(&search->image, host->suffixes[i - 1].hash);

  for (size_t i = host->suffix_count; i > 0; i--) {
    struct level level = {.suffix = &host->suffixes[i - 1], .distance = host->label_count - i};
    enum found found = probe(search, &level);
    if (found != FOUND_NOTHING && found != FOUND_IN_DOUBT)
      return found;
  }
  return FOUND_NOTHING;
}

void pin_select_begin(const struct pin_policy *policy, uint16_t port, int64_t now,
                      struct pin_verdict *ret_verdict) {
  ret_verdict->outcome = PIN_REFUSED;
  ret_verdict->reason = PIN_REASON_UNDECIDED;
  ret_verdict->decisive = 0;
  ret_verdict->blocked_depth = -1;
  ret_verdict->name = NULL;
  ret_verdict->port = port;
  ret_verdict->now = now;
  ret_verdict->policy = policy;
  ret_verdict->count = 0;
  ret_verdict->further_count = 0;
  ret_verdict->names_lost = false;
  ret_verdict->may_hide_blocked = false;
  ret_verdict->unlisted = pin_unlisted_in_force(policy);
  ret_verdict->certificate = PIN_REASON_UNDECIDED;
  ret_verdict->paused_until = 0;
}

enum pin_selected pin_select_name(struct pin_verdict *verdict, const char *name, uint16_t port) {
  struct search search;
  size_t before = verdict->count + verdict->further_count;
  if (verdict->reason != PIN_REASON_UNDECIDED)
    return PIN_SELECTED_REFUSAL;
  pin_image_of(verdict->policy, &search.image);
  search.name = name;
  search.port = port;
  search.verdict = verdict;
  switch (search_name(&search)) {
  case FOUND_DAMAGE:
    pin_select_refuse(verdict, PIN_REASON_DAMAGED);
    return PIN_SELECTED_REFUSAL;
  case FOUND_TOO_MANY:
    pin_select_refuse(verdict, PIN_REASON_TOO_MANY_NAMES);
    return PIN_SELECTED_REFUSAL;
  default:
    return verdict->count + verdict->further_count > before ? PIN_SELECTED_ENTRIES : PIN_SELECTED_NOTHING;
  }
}

enum pin_selected pin_covers(const struct pin_policy *policy, const char *name, uint16_t port) {
  struct search search; /* not cleared: the host is large */
  pin_image_of(policy, &search.image);
  search.name = name;
  search.port = port;
  search.verdict = NULL;
  switch (search_name(&search)) {
  case FOUND_NOTHING:
    return PIN_SELECTED_NOTHING;
  case FOUND_DAMAGE:
    return PIN_SELECTED_REFUSAL;
  default:
    return PIN_SELECTED_ENTRIES;
  }
}

void pin_select_refuse(struct pin_verdict *verdict, enum pin_reason reason) {
  if (verdict->reason == PIN_REASON_UNDECIDED)
    verdict->reason = reason;
}

static enum pin_needs needs_of(const struct pin_policy *policy, const struct pin_verdict *verdict) {
  /* The keys of an unlisted host are logged, so that an entry can be made for it. */
  enum pin_needs needs =
      pin_blocks_keys(policy) || pin_is_unlisted(verdict) ? PIN_NEEDS_KEYS : PIN_NEEDS_NOTHING;
  for (size_t i = 0; i < verdict->count; i++) {
    const struct pin_finding *finding = &verdict->findings[i];
    /* An invalid name has failed already. If that refuses, no key can change it. */
    if (finding->reason == PIN_REASON_BAD_NAME && pin_finding_is_enforced(finding))
      return PIN_NEEDS_NOTHING;
    if (finding->reason != PIN_REASON_UNDECIDED)
      continue;
    if (finding->entry.lists[PIN_LIST_FINGERPRINTS].count > 0)
      needs = PIN_NEEDS_CERTIFICATES;
    else if (needs == PIN_NEEDS_NOTHING)
      needs = PIN_NEEDS_KEYS;
  }
  return needs;
}

enum pin_needs pin_select_end(struct pin_verdict *verdict) {
  verdict->decisive = verdict->count;
  if (verdict->reason != PIN_REASON_UNDECIDED)
    return PIN_NEEDS_NOTHING;
  enum pin_needs needs = needs_of(verdict->policy, verdict);
  if (needs == PIN_NEEDS_NOTHING)
    pin_verdict_settle(verdict, PIN_GENERAL_NOTHING, verdict->policy->mode);
  return needs;
}

enum pin_needs pin_select(const struct pin_policy *policy, const struct pin_peer *peer,
                          struct pin_verdict *ret_verdict) {
  pin_select_begin(policy, peer->port, peer->now, ret_verdict);
  ret_verdict->name = peer->name_count > 0 ? peer->names[0] : NULL;
  for (size_t i = 0; i < peer->name_count; i++) {
    if (pin_select_name(ret_verdict, peer->names[i], peer->port) == PIN_SELECTED_REFUSAL)
      break;
  }
  return pin_select_end(ret_verdict);
}
