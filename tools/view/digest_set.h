/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Digests to be asked for again and again: a list may have as many as a policy holds. */
#ifndef PINCTL_VIEW_DIGEST_SET_H
#define PINCTL_VIEW_DIGEST_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "pinpolicy.h"

/* The order of their bytes, for qsort(3) and bsearch(3). */
int digests_compare(const void *a, const void *b);

/* Of one digest, asked for once. */
bool digest_is_listed(const struct pin_digest_list *list, const struct pin_digest *digest);

struct digest_set {
  struct pin_digest *digests; /* sorted, each once */
  size_t count;
};

/* A copy of what the lists have together; to be cleared. */
void digest_set_take(const struct pin_digest_list *lists, size_t list_count, struct digest_set *ret_set);
bool digest_set_has(const struct digest_set *set, const struct pin_digest *digest);
void digest_set_clear(struct digest_set *set);

#endif
