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
    if (memcmp(digest, &meaningless[i].digest, sizeof *digest) != 0)
      continue;
    if (!meaningless[i].logs)
      lint_grave(diagnostics, entry, "\"%s\": %s in %s %s; no key has it", entry->name, text,
                 pin_list_name(list), meaningless[i].what);
    else if (entry->mode != PIN_MODE_AUDIT)
      lint_warn(diagnostics, entry, "\"%s\": %s in %s %s; no key has it", entry->name, text,
                pin_list_name(list), meaningless[i].what);
  }
}

static bool holds(const struct pin_entry *entry, enum pin_list list, const struct pin_digest *digest) {
  const struct pin_digest_list *digests = &entry->lists[list];
  for (uint32_t i = 0; i < digests->count; i++)
    if (memcmp(&digests->digests[i], digest, sizeof *digest) == 0)
      return true;
  return false;
}

/* What a certificate is hashed to is not what its key is hashed to. */
static void lint_both(const struct pin_entry *entry, struct diagnostics *diagnostics) {
  const struct pin_digest_list *fingerprints = &entry->lists[PIN_LIST_FINGERPRINTS];
  for (uint32_t i = 0; i < fingerprints->count; i++)
    for (int list = 0; list < PIN_LIST_COUNT; list++) {
      char text[PIN_DIGEST_TEXT_SIZE];
      if (list == PIN_LIST_FINGERPRINTS || !holds(entry, (enum pin_list)list, &fingerprints->digests[i]))
        continue;
      pin_digest_format(&fingerprints->digests[i], text);
      lint_grave(
          diagnostics, entry,
          "\"%s\": %s is in fingerprints and in %s: it is the digest of a certificate or of a key, not "
          "of both",
          entry->name, text, pin_list_name((enum pin_list)list));
    }
}

void lint_digests(const struct pin_entry *entry, struct diagnostics *diagnostics) {
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (uint32_t i = 0; i < entry->lists[list].count; i++)
      lint_digest(entry, (enum pin_list)list, &entry->lists[list].digests[i], diagnostics);
  lint_both(entry, diagnostics);
}

static void lint_certificate(const struct object *object, const struct pin_entry *entry,
                             struct diagnostics *diagnostics) {
  char key[PIN_DIGEST_TEXT_SIZE];
  char certificate[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&object->key, key);
  pin_digest_format(&object->fingerprint, certificate);
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    bool of_certificates = list == PIN_LIST_FINGERPRINTS;
    if (!holds(entry, (enum pin_list)list, of_certificates ? &object->key : &object->fingerprint))
      continue;
    lint_grave(diagnostics, entry, "\"%s\": %s in %s is the digest of a %s (%s); of its %s it is %s",
               entry->name, of_certificates ? key : certificate, pin_list_name((enum pin_list)list),
               of_certificates ? "key" : "certificate", object->subject,
               of_certificates ? "certificate" : "key", of_certificates ? certificate : key);
  }
}

void lint_certificates(const struct objects *certificates, const struct entries *entries,
                       struct diagnostics *diagnostics) {
  for (size_t i = 0; i < entries->count; i++)
    for (size_t j = 0; j < certificates->count; j++)
      if (certificates->items[j].certificate != NULL)
        lint_certificate(&certificates->items[j], &entries->items[i], diagnostics);
}
