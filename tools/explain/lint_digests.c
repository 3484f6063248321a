/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Digests that no key has: somebody hashed nothing, or filled a place that was to be filled later. */
#include <string.h>

#include "explain/lint.h"

static const struct {
  struct pin_digest digest;
  const char *what;
  bool logs; /* an entry that only logs may want to log every host */
} meaningless[] = {
    {{{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
       0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}},
     "is the digest of nothing at all: what was hashed was empty",
     false},
    {{{0}}, "is all zeros", true},
};

static void lint_digest(const struct pin_entry *entry, enum pin_list list, const struct pin_digest *digest,
                        struct diagnostics *diagnostics) {
  char text[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(digest, text);
  for (size_t i = 0; i < sizeof meaningless / sizeof *meaningless; i++) {
    bool is_it = memcmp(digest, &meaningless[i].digest, sizeof *digest) == 0;
    if (is_it && !(meaningless[i].logs && entry->mode == PIN_MODE_AUDIT))
      lint_warn(diagnostics, entry, "\"%s\": %s in %s %s; no key has it", entry->name, text,
                pin_list_name(list), meaningless[i].what);
  }
}

void lint_digests(const struct pin_entry *entry, struct diagnostics *diagnostics) {
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (uint32_t i = 0; i < entry->lists[list].count; i++)
      lint_digest(entry, (enum pin_list)list, &entry->lists[list].digests[i], diagnostics);
}
