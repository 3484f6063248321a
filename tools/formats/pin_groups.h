/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Which entries of a conversion have the very same pins, so that each list of them is written once. */
#ifndef PINCTL_FORMATS_PIN_GROUPS_H
#define PINCTL_FORMATS_PIN_GROUPS_H

#include "formats/conversion.h"

struct digest_group {
  const struct pin_digest_list *list;
  size_t used; /* by so many entries */
};

struct grouping {
  size_t *group_of;            /* of each item, an index into groups */
  struct digest_group *groups; /* in the order in which the items use them first */
  size_t count;
};

/* Of all that is in a list, in its order, in hexadecimal digits. For free(3). */
char *digests_hash(const struct pin_digest_list *list);

/* By their list PIN_LIST_PINS; an empty list is a group like any other. */
struct grouping grouping_new(const struct conversion *conversion);
void grouping_clear(struct grouping *grouping);

#endif
