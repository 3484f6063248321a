/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The entries of a policy: reading, sorting and finding them, and printing one as text or JSON. */
#ifndef PINCTL_VIEW_ENTRY_TEXT_H
#define PINCTL_VIEW_ENTRY_TEXT_H

#include <json-c/json.h>

#include "base/arena.h"
#include "base/must_use.h"
#include "pinpolicy.h"

struct entries {
  struct pin_entry *items;
  size_t count;
  struct arena memory; /* what items of entries_of_name and entries_related point to */
};
/* All entries in the order of the image, into which they point. False, having said so: the image is damaged,
 * or is not in memory. To be cleared in any case. */
MUST_USE bool entries_read(const struct pin_policy *policy, struct entries *ret_entries);
/*
 * Adds copies of the entries with exactly this name, which live on when the policy does not; reads no other
 * entries. False: a part of the image is damaged; nothing was said.
 */
MUST_USE bool entries_of_name(const struct pin_policy *policy, const char *name, struct entries *entries);
/* The same for all names related to a host: the name itself, its parents, and the wildcards below these. */
MUST_USE bool entries_related(const struct pin_policy *policy, const char *host, struct entries *entries);
/* A copy that lives as long as the arena. */
struct pin_entry entry_copy(struct arena *memory, const struct pin_entry *entry);
void entries_clear(struct entries *entries);
/* By name, then by file and line. */
void entries_sort_by_name(struct entries *entries);
/* The first of *ret_count adjacent entries with this name, in entries sorted by name; NULL: there is none. */
const struct pin_entry *entries_find(const struct entries *entries, const char *name, size_t *ret_count);

/* The word of a setting, as in the policy. */
const char *mode_word(enum pin_mode mode);
const char *unlisted_word(enum pin_unlisted unlisted);

/* What the policy does with hosts that no entry covers, in words; takes its mode into account. NULL: nothing.
 * For free(3). */
char *unlisted_text(const struct pin_policy *policy);

/* The last second of validity in RFC 3339; only the date where that is the whole day; or "never". For
 * free(3). */
char *expiry_text(int64_t expires);
/* "file:line", with the file relative to the directory of the policy where it is in there. For free(3). */
char *entry_place(const struct pin_entry *entry, const char *policy_path);

/* An object with everything about an entry. */
json_object *entry_json(const struct pin_entry *entry);
/* An array of pins. */
json_object *digests_json(const struct pin_digest_list *list);
/* Prints an entry to stdout, each line indented by two. */
void entry_print(const struct pin_entry *entry);

#endif
