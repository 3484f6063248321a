/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/pin_groups.h"

#include <openssl/evp.h>

#include "base/memory.h"
#include "formats/names.h"

char *digests_hash(const struct pin_digest_list *list) {
  struct pin_digest digest = {{0}};
  EVP_Digest(list->digests, list->count * sizeof *list->digests, digest.bytes, NULL, EVP_sha256(), NULL);
  return digest_hex(&digest);
}

struct grouping grouping_new(const struct conversion *conversion) {
  size_t count = conversion->count;
  struct grouping grouping = {.group_of = must_alloc(count, sizeof(size_t)),
                              .groups = must_alloc(count, sizeof(struct digest_group))};
  struct names hashes = {0};
  for (size_t i = 0; i < count; i++) {
    const struct pin_digest_list *list = &conversion->items[i].entry.lists[PIN_LIST_PINS];
    AUTO_TEXT hash = digests_hash(list);
    if (names_add(&hashes, hash, grouping.count))
      grouping.groups[grouping.count++].list = list;
    grouping.group_of[i] = names_find(&hashes, hash);
    grouping.groups[grouping.group_of[i]].used++;
  }
  names_clear(&hashes);
  return grouping;
}

void grouping_clear(struct grouping *grouping) {
  free(grouping->group_of);
  free(grouping->groups);
  *grouping = (struct grouping){0};
}
