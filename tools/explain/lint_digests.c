/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Warnings about digests: those that no key has, of an empty input or a placeholder, and mixed-up ones. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "explain/lint.h"
#include "explain/lint_warning.h"
#include "view/digest_set.h"

static const struct {
  struct pin_digest digest;
  const char *what;
  bool logs; /* allowed in an entry that only logs: it then logs every connection */
} meaningless[] = {
    {{{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
       0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}},
     "is the digest of an empty input",
     false},
    {{{0}}, "is all zeros", true},
};

/* True: a key may have this digest. */
static bool lint_digest(const struct pin_entry *entry, enum pin_list list, const struct pin_digest *digest,
                        struct diagnostics *diagnostics) {
  for (size_t i = 0; i < COUNT_OF(meaningless); i++) {
    char text[PIN_DIGEST_TEXT_SIZE];
    if (memcmp(digest, &meaningless[i].digest, sizeof *digest) != 0)
      continue;
    pin_digest_format(digest, text);
    if (!meaningless[i].logs || entry->mode != PIN_MODE_AUDIT)
      lint_grave(diagnostics, entry, "\"%s\": %s in %s %s; no key has it", entry->name, text,
                 pin_list_name(list), meaningless[i].what);
    return false;
  }
  return true;
}

/* A certificate and its key have different digests. True: no digest is in fingerprints and in another list.
 */
static bool lint_both(const struct pin_entry *entry, struct diagnostics *diagnostics) {
  const struct pin_digest_list *fingerprints = &entry->lists[PIN_LIST_FINGERPRINTS];
  struct digest_set keys[PIN_LIST_COUNT] = {{0}};
  bool apart = true;
  for (int list = 0; list < PIN_LIST_COUNT && fingerprints->count > 0; list++)
    if (list != PIN_LIST_FINGERPRINTS)
      digest_set_take(&entry->lists[list], 1, &keys[list]);
  for (uint32_t i = 0; i < fingerprints->count; i++)
    for (int list = 0; list < PIN_LIST_COUNT; list++) {
      char text[PIN_DIGEST_TEXT_SIZE];
      if (!digest_set_has(&keys[list], &fingerprints->digests[i]))
        continue;
      apart = false;
      pin_digest_format(&fingerprints->digests[i], text);
      lint_grave(
          diagnostics, entry,
          "\"%s\": %s is in fingerprints and in %s: it is the digest of a certificate or of a key, not "
          "of both",
          entry->name, text, pin_list_name((enum pin_list)list));
    }
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    digest_set_clear(&keys[list]);
  return apart;
}

bool lint_digests(const struct pin_entry *entry, struct diagnostics *diagnostics) {
  bool good = true;
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (uint32_t i = 0; i < entry->lists[list].count; i++)
      good &= lint_digest(entry, (enum pin_list)list, &entry->lists[list].digests[i], diagnostics);
  return lint_both(entry, diagnostics) && good;
}

static void lint_certificate(const struct object *object, const struct pin_entry *entry,
                             struct diagnostics *diagnostics) {
  char key[PIN_DIGEST_TEXT_SIZE];
  char certificate[PIN_DIGEST_TEXT_SIZE];
  pin_digest_format(&object->key, key);
  pin_digest_format(&object->fingerprint, certificate);
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    bool of_certificates = list == PIN_LIST_FINGERPRINTS;
    if (!digest_is_listed(&entry->lists[list], of_certificates ? &object->key : &object->fingerprint))
      continue;
    lint_grave(diagnostics, entry, "\"%s\": %s in %s is the digest of a %s (%s); of its %s it is %s",
               entry->name, of_certificates ? key : certificate, pin_list_name((enum pin_list)list),
               of_certificates ? "key" : "certificate", object->subject,
               of_certificates ? "certificate" : "key", of_certificates ? certificate : key);
  }
}

/* Whether an entry has the digest of a certificate in a list for keys, or the reverse. */
static bool has_mix_up(const struct pin_entry *entry, const struct digest_set *keys,
                       const struct digest_set *fingerprints) {
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (uint32_t i = 0; i < entry->lists[list].count; i++)
      if (digest_set_has(list == PIN_LIST_FINGERPRINTS ? keys : fingerprints, &entry->lists[list].digests[i]))
        return true;
  return false;
}

static void take_digests(const struct objects *certificates, struct digest_set *ret_keys,
                         struct digest_set *ret_fingerprints) {
  struct pin_digest *keys = must_alloc(certificates->count, sizeof *keys);
  struct pin_digest *fingerprints = must_alloc(certificates->count, sizeof *fingerprints);
  uint32_t count = 0;
  for (size_t i = 0; i < certificates->count; i++)
    if (certificates->items[i].certificate != NULL) {
      keys[count] = certificates->items[i].key;
      fingerprints[count++] = certificates->items[i].fingerprint;
    }
  digest_set_take(&(struct pin_digest_list){.digests = keys, .count = count}, 1, ret_keys);
  digest_set_take(&(struct pin_digest_list){.digests = fingerprints, .count = count}, 1, ret_fingerprints);
  free(keys);
  free(fingerprints);
}

void lint_certificates(const struct objects *certificates, const struct entries *entries,
                       struct diagnostics *diagnostics) {
  struct digest_set keys, fingerprints;
  if (certificates->count == 0)
    return;
  take_digests(certificates, &keys, &fingerprints);
  for (size_t i = 0; i < entries->count; i++) {
    bool mixed_up = has_mix_up(&entries->items[i], &keys, &fingerprints);
    for (size_t j = 0; mixed_up && j < certificates->count; j++)
      if (certificates->items[j].certificate != NULL)
        lint_certificate(&certificates->items[j], &entries->items[i], diagnostics);
  }
  digest_set_clear(&keys);
  digest_set_clear(&fingerprints);
}
