/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "record.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ASIDE 16

static struct { _Alignas(max_align_t) unsigned char bytes[RECORD_SIZE]; } aside[ASIDE];
static atomic_bool taken[ASIDE];

void *record_new(size_t size) {
  void *record = calloc(1, size);

  if (record != NULL || size > RECORD_SIZE)
    return record;
  for (size_t i = 0; i < ASIDE; i++) {
    bool idle = false;

    if (atomic_compare_exchange_strong(&taken[i], &idle, true))
      return memset(aside[i].bytes, 0, RECORD_SIZE);
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
