/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/digest_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

int digests_compare(const void *a, const void *b) {
  return memcmp(a, b, sizeof(struct pin_digest));
}

bool digest_is_listed(const struct pin_digest_list *list, const struct pin_digest *digest) {
  for (uint32_t i = 0; i < list->count; i++)
    if (memcmp(&list->digests[i], digest, sizeof *digest) == 0)
      return true;
  return false;
}

void digest_set_take(const struct pin_digest_list *lists, size_t list_count, struct digest_set *ret_set) {
  size_t total = 0;
  for (size_t i = 0; i < list_count; i++)
    total += lists[i].count;
  struct pin_digest *all = must_alloc(total, sizeof *all);
  size_t filled = 0;
  for (size_t i = 0; i < list_count; filled += lists[i++].count)
    if (lists[i].count > 0)
      memcpy(all + filled, lists[i].digests, lists[i].count * sizeof *all);
  qsort(all, total, sizeof *all, digests_compare);
  size_t distinct = 0;
  for (size_t i = 0; i < total; i++)
    if (distinct == 0 || digests_compare(&all[distinct - 1], &all[i]) != 0)
      all[distinct++] = all[i];
  *ret_set = (struct digest_set){.digests = all, .count = distinct};
}

bool digest_set_has(const struct digest_set *set, const struct pin_digest *digest) {
  return set->count > 0 &&
         bsearch(digest, set->digests, set->count, sizeof *set->digests, digests_compare) != NULL;
}

void digest_set_clear(struct digest_set *set) {
  free(set->digests);
  *set = (struct digest_set){0};
}
