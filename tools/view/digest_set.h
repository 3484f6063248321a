/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Looking up digests in lists, and in a sorted set where a long list is searched many times. */
#ifndef PINCTL_VIEW_DIGEST_SET_H
#define PINCTL_VIEW_DIGEST_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "pinpolicy.h"

/* The order of their bytes, for qsort(3) and bsearch(3). */
int digests_compare(const void *a, const void *b);

/* Whether a list has a digest; a linear search, for a single lookup. */
bool digest_is_listed(const struct pin_digest_list *list, const struct pin_digest *digest);

struct digest_set {
  struct pin_digest *digests; /* sorted, each once */
  size_t count;
};

/* Makes a set of all digests of several lists; to be cleared. */
void digest_set_take(const struct pin_digest_list *lists, size_t list_count, struct digest_set *ret_set);
bool digest_set_has(const struct digest_set *set, const struct pin_digest *digest);
void digest_set_clear(struct digest_set *set);

#endif
