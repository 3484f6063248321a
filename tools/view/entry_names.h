/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * All entries of a policy in the order of their names, one by one: in memory are the names alone, so that the
 * form of a large policy can stay in its file (policy_ask).
 */
#ifndef PINCTL_VIEW_ENTRY_NAMES_H
#define PINCTL_VIEW_ENTRY_NAMES_H

#include "base/arena.h"
#include "base/must_use.h"
#include "view/entry_text.h"

struct entry_names {
  const char **items; /* each once, in byte order */
  size_t count;
  struct arena memory;
};

/* Reads and verifies each entry. Returns false, having said so, when the image is damaged. To be cleared in
 * any case. */
MUST_USE bool entry_names_read(const struct pin_policy *policy, struct entry_names *ret_names);
/* The index of a name, however it is spelled; names->count: there is none. */
size_t entry_names_find(const struct entry_names *names, const char *name);
void entry_names_clear(struct entry_names *names);

/*
 * Calls `show` for each entry of these names, those of one name in the order of entries_sort_by_name; the
 * entry is only valid during the call, in which nothing may be asked of the policy. Returns false, having
 * said so, when the image has been damaged meanwhile.
 */
typedef void entry_show_fn(const struct pin_entry *entry, void *arg);
MUST_USE bool entry_names_show(const struct entry_names *names, const struct pin_policy *policy,
                               entry_show_fn *show, void *arg);

#endif
