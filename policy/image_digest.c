/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Computes a number that stands for what a policy says. */
#include "image_parts.h"

uint64_t pin_image_file_hash(const char *name) {
  uint64_t state = 0, word;
  size_t left = strlen(name) + 1;
  for (; left >= sizeof word; left -= sizeof word, name += sizeof word) {
    memcpy(&word, name, sizeof word);
    state = pin_image_mix(state, word);
  }
  word = 0;
  memcpy(&word, name, left);
  return pin_image_mix(state, word);
}

/* Leaves out the hash of the name and places in the image, which differ in the next form of the same
 * policy. A long list counts by its hash. */
uint64_t pin_image_record_digest(const uint8_t *begin, const struct pin_image_record *record,
                                 uint64_t file_hash) {
  struct pin_image_record fixed = *record;
  const struct pin_image_layout layout = pin_image_layout_of(record);
  fixed.base_hash = 0;
  fixed.file = 0;
  fixed.role = PIN_ROLE_ENTRY;
  uint64_t state = pin_image_mix_words(file_hash, (const uint8_t *)&fixed, sizeof fixed);
  /* The texts and ports, then the lists, which need not begin at a word. */
  const uint64_t texts = (layout.digests - sizeof fixed) / PIN_IMAGE_UNIT * PIN_IMAGE_UNIT;
  uint64_t word = 0;
  state = pin_image_mix_words(state, begin + sizeof fixed, texts);
  memcpy(&word, begin + sizeof fixed + texts, (size_t)(layout.digests - sizeof fixed - texts));
  state = pin_image_mix(state, word);
  const uint8_t *at = begin + layout.digests;
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    const uint32_t count = record->digest_counts[list];
    struct pin_image_shared shared;
    if (pin_image_is_shared(count)) {
      memcpy(&shared, at, sizeof shared);
      state = pin_image_mix(state, shared.hash);
    } else {
      state = pin_image_mix_words(state, at, (uint64_t)count * sizeof(struct pin_digest));
    }
    at += pin_image_list_size(count);
  }
  /* In a sum, each bit of a number must depend on all bits of the entry. */
  return pin_image_mix(pin_image_mix(state, 1), 2);
}

uint64_t pin_image_generation(uint64_t content, const uint8_t *block, uint64_t size) {
  uint64_t state = pin_image_mix(content, PIN_IMAGE_VERSION);
  state = pin_image_mix_words(state, block + sizeof(uint64_t), size - sizeof(uint64_t));
  return state == 0 ? 1 : state;
}
