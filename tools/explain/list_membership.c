/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "explain/list_membership.h"

#include "view/entry_text.h"

const char *listing_discounted(enum pin_list list, size_t depth, size_t proven) {
  if (depth == NOT_ON_PATH)
    return "it is not on the path";
  if (depth >= proven)
    return "it is not proven by signatures";
  if (list == PIN_LIST_INTERMEDIATES && depth == 0)
    return "it is not an issuing CA here";
  if (list == PIN_LIST_ANCHORS && depth + 1 != proven)
    return "the path does not end here";
  return NULL;
}

struct text_list listing_texts(const struct explanation *explanation, const struct object *object,
                               size_t depth) {
  struct text_list texts = {0};
  for (size_t i = 0; i < explanation->verdict.count; i++) {
    const struct pin_entry *entry = &explanation->verdict.findings[i].entry;
    AUTO_TEXT place = entry_place(entry, explanation->policy_path);
    for (int list = 0; list < PIN_LIST_COUNT; list++) {
      if (!object_is_listed(entry, (enum pin_list)list, object))
        continue;
      const char *but = listing_discounted((enum pin_list)list, depth, explanation->path.count);
      text_list_add(&texts, must_format("%s of %s%s%s", pin_list_name((enum pin_list)list), place,
                                        but == NULL ? "" : "; does not count: ", but == NULL ? "" : but));
    }
  }
  return texts;
}
