/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/policy_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/host_port.h"
#include "view/digest_set.h"

/* The lines about a change. Lines about lost protection are printed before those about more protection. */
struct words {
  struct text_list lost, gained;
};

static char *entry_label(const struct pin_entry *entry) {
  AUTO_TEXT ports = ports_format(entry->ports, entry->port_count);
  return entry->port_count == 0 ? must_copy(entry->name) : must_format("%s on ports %s", entry->name, ports);
}

static bool is_same_list(const struct pin_digest_list *a, const struct pin_digest_list *b) {
  return a->count == b->count &&
         (a->count == 0 || memcmp(a->digests, b->digests, a->count * sizeof *a->digests) == 0);
}

/* Adds "LABEL: WORD DIGEST (LIST)" for each digest of `from` that `in` does not have. */
static void tell_missing(const char *label, const char *word, const char *list,
                         const struct pin_digest_list *from, const struct pin_digest_list *in,
                         struct text_list *lines) {
  struct digest_set known;
  /* Saves time: in most entries nothing has changed. */
  if (is_same_list(from, in))
    return;
  digest_set_take(in, 1, &known);
  for (uint32_t i = 0; i < from->count; i++) {
    char digest[PIN_DIGEST_TEXT_SIZE];
    if (digest_set_has(&known, &from->digests[i]))
      continue;
    pin_digest_format(&from->digests[i], digest);
    text_list_add(lines, must_format("%s: %s %s (%s)", label, word, digest, list));
  }
  digest_set_clear(&known);
}

static void compare_lists(const char *label, const struct pin_entry *before, const struct pin_entry *after,
                          struct words *words) {
  for (int i = 0; i < PIN_LIST_COUNT; i++) {
    enum pin_list which = (enum pin_list)i;
    const struct pin_digest_list *old = &before->lists[i];
    const struct pin_digest_list *now = &after->lists[i];
    if (which == PIN_LIST_BACKUP_PINS && old->count > 0 && now->count == 0)
      text_list_add(&words->lost,
                    must_format("%s: loses its only backup pin%s", label, old->count == 1 ? "" : "s"));
    tell_missing(label, "no longer names", pin_list_name(which), old, now, &words->lost);
    tell_missing(label, "now names", pin_list_name(which), now, old, &words->gained);
  }
}

static void compare_settings(const char *label, const struct pin_entry *before, const struct pin_entry *after,
                             struct words *words) {
  if (before->mode != after->mode)
    text_list_add(after->mode == PIN_MODE_ENFORCE ? &words->gained : &words->lost,
                  must_format("%s: mode is \"%s\"; it was \"%s\"", label, mode_word(after->mode),
                              mode_word(before->mode)));
  if (before->include_subdomains != after->include_subdomains)
    text_list_add(after->include_subdomains ? &words->gained : &words->lost,
                  must_format("%s: %s names below it", label,
                              after->include_subdomains ? "now also covers" : "no longer covers"));
  if (before->require != after->require)
    text_list_add(&words->lost, must_format("%s: require is \"%s\"", label,
                                            after->require == PIN_REQUIRE_ALL ? "all" : "any"));
  if (before->expires != after->expires) {
    AUTO_TEXT was = expiry_text(before->expires);
    AUTO_TEXT is = expiry_text(after->expires);
    text_list_add(&words->lost, must_format("%s: expires %s; it was %s", label, is, was));
  }
  if (before->on_expiry != after->on_expiry)
    text_list_add(&words->lost,
                  must_format("%s: once expired it %s", label,
                              after->on_expiry == PIN_ON_EXPIRY_ENFORCE ? "still enforces" : "only logs"));
}

/* By name and ports: entries of one name with other ports are other entries. */
static int compare_entry(const void *a, const void *b) {
  const struct pin_entry *left = a, *right = b;
  int order = strcmp(left->name, right->name);
  if (order != 0)
    return order;
  AUTO_TEXT left_ports = ports_format(left->ports, left->port_count);
  AUTO_TEXT right_ports = ports_format(right->ports, right->port_count);
  return strcmp(left_ports, right_ports);
}

/* False, having said why. *ret_entries is to be cleared in any case. */
static bool read_sorted(const struct pin_policy *policy, struct entries *ret_entries) {
  if (!entries_read(policy, ret_entries))
    return false;
  if (ret_entries->count > 0)
    qsort(ret_entries->items, ret_entries->count, sizeof *ret_entries->items, compare_entry);
  return true;
}

static void tell_removed(const struct pin_entry *entry, struct words *words) {
  AUTO_TEXT label = entry_label(entry);
  text_list_add(&words->lost, must_format("%s: has no entry any more", label));
}

static void tell_added(const struct pin_entry *entry, struct words *words) {
  AUTO_TEXT label = entry_label(entry);
  uint32_t backups = entry->lists[PIN_LIST_BACKUP_PINS].count;
  bool off = entry->mode == PIN_MODE_OFF;
  text_list_add(&words->gained, must_format("%s: new, mode \"%s\"%s", label, mode_word(entry->mode),
                                            off || backups > 0 ? "" : ", without a backup pin"));
}

static void compare_entries(const struct entries *before, const struct entries *after, struct words *words) {
  size_t i = 0;
  size_t j = 0;
  while (i < before->count || j < after->count) {
    int order = i == before->count  ? 1
                : j == after->count ? -1
                                    : compare_entry(&before->items[i], &after->items[j]);
    if (order < 0) {
      tell_removed(&before->items[i++], words);
    } else if (order > 0) {
      tell_added(&after->items[j++], words);
    } else {
      AUTO_TEXT label = entry_label(&after->items[j]);
      compare_lists(label, &before->items[i], &after->items[j], words);
      compare_settings(label, &before->items[i++], &after->items[j++], words);
    }
  }
}

static void compare_policies(const struct pin_policy *before, const struct pin_policy *after,
                             struct words *words) {
  if (before->mode != after->mode)
    text_list_add(after->mode == PIN_MODE_ENFORCE ? &words->gained : &words->lost,
                  must_format("the policy: mode is \"%s\"; it was \"%s\"", mode_word(after->mode),
                              mode_word(before->mode)));
  if (before->ignores_certificate_names != after->ignores_certificate_names)
    text_list_add(&words->lost, must_format("the policy: certificate_names is \"%s\"",
                                            after->ignores_certificate_names ? "ignore" : "count"));
  if (before->unlisted != after->unlisted)
    text_list_add(after->unlisted > before->unlisted ? &words->gained : &words->lost,
                  must_format("the policy: unlisted is \"%s\"; it was \"%s\"", unlisted_word(after->unlisted),
                              unlisted_word(before->unlisted)));
  const struct pin_digest_list *blocked = &before->blocked_keys;
  const struct pin_digest_list *exempt = &before->exempt_anchors;
  tell_missing("the policy", "no longer blocks", "blocked_keys", blocked, &after->blocked_keys, &words->lost);
  tell_missing("the policy", "now exempts", "exempt_anchors", &after->exempt_anchors, exempt, &words->lost);
  tell_missing("the policy", "now blocks", "blocked_keys", &after->blocked_keys, blocked, &words->gained);
  tell_missing("the policy", "no longer exempts", "exempt_anchors", exempt, &after->exempt_anchors,
               &words->gained);
}

bool policy_words(const struct pin_policy *before, const struct pin_policy *after,
                  struct text_list *ret_lines) {
  struct words words = {0};
  struct entries before_entries = {0};
  struct entries after_entries = {0};
  bool good = (before == NULL || read_sorted(before, &before_entries)) && read_sorted(after, &after_entries);
  if (good && before != NULL)
    compare_policies(before, after, &words);
  if (good)
    compare_entries(&before_entries, &after_entries, &words);
  *ret_lines = words.lost;
  for (size_t i = 0; i < words.gained.count; i++)
    text_list_add(ret_lines, words.gained.items[i]);
  free(words.gained.items);
  entries_clear(&before_entries);
  entries_clear(&after_entries);
  return good;
}
