/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "record.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define ASIDE 16

static struct { _Alignas(max_align_t) unsigned char bytes[RECORD_SIZE]; } aside[ASIDE];
static atomic_bool taken[ASIDE];

void *record_new(size_t size) {
  void *record = malloc(size);

  if (record != NULL || size > RECORD_SIZE)
    return record;
  for (size_t i = 0; i < ASIDE; i++) {
    bool idle = false;

    if (atomic_compare_exchange_strong(&taken[i], &idle, true))
      return aside[i].bytes;
  }
  return NULL;
}

void record_free(void *record) {
  uintptr_t place = ((uintptr_t)record - (uintptr_t)aside) / sizeof aside[0];

  if (place < ASIDE)
    atomic_store(&taken[place], false);
  else
    free(record);
}

void *record_take_place(struct record_places *table, const void *owner, size_t size) {
  struct record_place *place = record_place_of(table, owner);
  uintptr_t nobody = 0;

  if (size > sizeof place->bytes || !atomic_compare_exchange_strong(&place->owner, &nobody, (uintptr_t)owner))
    return NULL;
  return place->bytes;
}

void record_leave_place(struct record_places *table, const void *owner) {
  struct record_place *place = record_place_of(table, owner);
  uintptr_t expected = (uintptr_t)owner;

  (void)atomic_compare_exchange_strong(&place->owner, &expected, 0);
}
