/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "unlisted_told.h"

#include <stdatomic.h>
#include <string.h>

#define PLACES 1024
#define PROBES 8

static _Atomic uint64_t told[PLACES];

uint64_t unlisted_subject(const char *name, const struct pin_digest *key) {
  uint64_t state = 0xcbf29ce484222325, some = 0;

  for (; name != NULL && *name != '\0'; name++)
    state = (state ^ (unsigned char)*name) * 0x100000001b3; /* FNV-1a */
  if (key != NULL)
    memcpy(&some, key->bytes, sizeof some);
  return (state ^ some) * 0x9e3779b97f4a7c15 | 1;
}

static _Atomic uint64_t *place_of(uint64_t subject, unsigned probe) {
  return &told[((subject >> 32) + probe) % PLACES];
}

bool unlisted_is_told(uint64_t subject) {
  for (unsigned i = 0; i < PROBES; i++) {
    if (atomic_load_explicit(place_of(subject, i), memory_order_relaxed) == subject)
      return true;
  }
  return false;
}

void unlisted_note_told(uint64_t subject) {
  for (unsigned i = 0; i < PROBES; i++) {
    uint64_t nobody = 0;

    if (atomic_compare_exchange_strong(place_of(subject, i), &nobody, subject) || nobody == subject)
      return;
  }
  /* All places are taken: one is reused. */
  atomic_store(place_of(subject, (unsigned)(subject >> 8) % PROBES), subject);
}
