/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The entries of a policy, and how they are shown. */
#ifndef PINCTL_VIEW_ENTRY_TEXT_H
#define PINCTL_VIEW_ENTRY_TEXT_H

#include <json-c/json.h>

#include "pinpolicy.h"

/* Copies of all entries, in the order of the policy's image; they live as long as it does. */
struct entries {
  struct pin_entry *items;
  size_t count;
};
/* Those that `wanted` says, with `arg`, or all. Both return false, having said so, when the image is damaged.
 */
bool entries_read_some(const struct pin_policy *policy, pin_visit_fn *wanted, void *arg,
                       struct entries *ret_entries);
bool entries_read(const struct pin_policy *policy, struct entries *ret_entries);
void entries_clear(struct entries *entries);
void entries_sort_by_name(struct entries *entries);

/* One word each, as in the policy. */
const char *mode_word(enum pin_mode mode);
const char *kind_word(enum pin_name_kind kind);
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
/* The same for people, on stdout, each line indented by two. */
void entry_print(const struct pin_entry *entry);

#endif
