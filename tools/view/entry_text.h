/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The entries of a policy, and how they are shown. */
#ifndef PINCTL_VIEW_ENTRY_TEXT_H
#define PINCTL_VIEW_ENTRY_TEXT_H

#include <json-c/json.h>

#include "base/arena.h"
#include "base/must_use.h"
#include "pinpolicy.h"

/* Copies of all entries, in the order of the policy's image, which is in memory; they live as long as it
 * does. */
struct entries {
  struct pin_entry *items;
  size_t count;
  struct arena memory; /* what those point to that were taken for themselves (entries_of_name) */
};
/* False, having said so: the image is damaged, or it is none in memory but one that stays in its file. */
MUST_USE bool entries_read(const struct pin_policy *policy, struct entries *ret_entries);
/*
 * Adds those of exactly this name, which live on when the policy does not; without reading others. False: a
 * part of the image is damaged, and nothing was said.
 */
MUST_USE bool entries_of_name(const struct pin_policy *policy, const char *name, struct entries *entries);
/* The same for all whose name has to do with a host's:
 * the name itself, its parents, wildcards below either. */
MUST_USE bool entries_related(const struct pin_policy *policy, const char *host, struct entries *entries);
/* A copy that lives as long as the arena. */
struct pin_entry entry_copy(struct arena *memory, const struct pin_entry *entry);
void entries_clear(struct entries *entries);
void entries_sort_by_name(struct entries *entries);
/* The entries of this very name, which stand together in those that are sorted so; NULL and 0: none. */
const struct pin_entry *entries_find(const struct entries *entries, const char *name, size_t *ret_count);

/* One word each, as in the policy. */
const char *mode_word(enum pin_mode mode);
const char *unlisted_word(enum pin_unlisted unlisted);

/* What the policy does with hosts that no entry covers, in words, its mode included; NULL: nothing. For
 * free(3). */
char *unlisted_text(const struct pin_policy *policy);

/* The last second of validity in RFC 3339, or only its date where that is the whole day, or "never". */
char *expiry_text(int64_t expires);
/* "file:line", the file relative to the directory of `policy_path` where it is below it. */
char *entry_place(const struct pin_entry *entry, const char *policy_path);

/* Everything about an entry. */
json_object *entry_json(const struct pin_entry *entry);
/* An array of pins. */
json_object *digests_json(const struct pin_digest_list *list);
/* The same for people, on stdout, each line indented by two. */
void entry_print(const struct pin_entry *entry);

#endif
