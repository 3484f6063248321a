/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/pin_groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct member {
  const struct pin_digest_list *list;
  size_t item;
};

static int compare_lists(const struct pin_digest_list *a, const struct pin_digest_list *b) {
  if (a->count != b->count)
    return a->count < b->count ? -1 : 1;
  return a->count == 0 ? 0 : memcmp(a->digests, b->digests, a->count * sizeof *a->digests);
}

static int compare_members(const void *a, const void *b) {
  const struct member *left = a;
  const struct member *right = b;
  int order = compare_lists(left->list, right->list);
  return order != 0 ? order : (left->item > right->item) - (left->item < right->item);
}

static struct member *sorted_members(const struct conversion *conversion) {
  struct member *members = must_alloc(conversion->count, sizeof *members);
  for (size_t i = 0; i < conversion->count; i++)
    members[i] = (struct member){.list = &conversion->items[i].entry.lists[PIN_LIST_PINS], .item = i};
  if (conversion->count > 1)
    qsort(members, conversion->count, sizeof *members, compare_members);
  return members;
}

struct grouping grouping_new(const struct conversion *conversion) {
  size_t count = conversion->count;
  struct grouping grouping = {.group_of = must_alloc(count, sizeof(size_t)),
                              .groups = must_alloc(count, sizeof(struct digest_group))};
  struct member *members = sorted_members(conversion);
  /* First the first item of each item's group, then the groups in that order. */
  for (size_t i = 0; i < count; i++) {
    bool same = i > 0 && compare_lists(members[i - 1].list, members[i].list) == 0;
    grouping.group_of[members[i].item] = same ? grouping.group_of[members[i - 1].item] : members[i].item;
  }
  for (size_t i = 0; i < count; i++) {
    bool is_first = grouping.group_of[i] == i;
    if (is_first)
      grouping.groups[grouping.count].list = &conversion->items[i].entry.lists[PIN_LIST_PINS];
    grouping.group_of[i] = is_first ? grouping.count++ : grouping.group_of[grouping.group_of[i]];
    grouping.groups[grouping.group_of[i]].used++;
  }
  free(members);
  return grouping;
}

void grouping_clear(struct grouping *grouping) {
  free(grouping->group_of);
  free(grouping->groups);
  *grouping = (struct grouping){0};
}
