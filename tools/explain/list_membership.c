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

struct text_list listing_mix_ups(const struct explanation *explanation, const struct object *object) {
  struct text_list texts = {0};
  struct object swapped = {
      .key = object->fingerprint, .fingerprint = object->key, .certificate = object->certificate};
  char right[PIN_DIGEST_TEXT_SIZE];
  for (size_t i = 0; i < explanation->verdict.count && object->certificate != NULL; i++) {
    const struct pin_entry *entry = &explanation->verdict.findings[i].entry;
    AUTO_TEXT place = entry_place(entry, explanation->policy_path);
    for (int list = 0; list < PIN_LIST_COUNT; list++) {
      bool of_key = list != PIN_LIST_FINGERPRINTS;
      if (!object_is_listed(entry, (enum pin_list)list, &swapped))
        continue;
      pin_digest_format(of_key ? &object->key : &object->fingerprint, right);
      text_list_add(&texts, must_format("the digest of the %s is in %s of %s; of its %s it is %s",
                                        of_key ? "certificate" : "key", pin_list_name((enum pin_list)list),
                                        place, of_key ? "key" : "certificate", right));
    }
  }
  return texts;
}
