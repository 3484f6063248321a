/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Memory for records without which a connection cannot be judged. Some is reserved, so that one failed
 * allocation does not refuse a host that no entry covers.
 */
#ifndef PIN_RECORD_H
#define PIN_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Larger records are never taken from the reserve. */
#define RECORD_SIZE 256

/*
 * Allocates a record; the caller frees it by record_free. Not zeroed: calloc(3) does not reuse what the
 * thread has just freed (glibc before 2.41), and compilers turn malloc(3) and memset into calloc. NULL: no
 * memory, and the reserve is empty or too small. Any thread.
 */
void *record_new(size_t size);
/* record: may be NULL. */
void record_free(void *record);

/*
 * Places for records that belong to an object and are found by the object's address. They need no allocation
 * and nothing in the object. A place must be given back before its object is freed. Any thread, if no two
 * threads work on one object at once.
 */
#define RECORD_PLACES 16

struct record_place {
  _Alignas(max_align_t) unsigned char bytes[RECORD_SIZE - sizeof(max_align_t)];
  atomic_uintptr_t owner; /* address of the object; 0: free */
};

struct record_places {
  struct record_place places[RECORD_PLACES];
};

static inline struct record_place *record_place_of(struct record_places *table, const void *owner) {
  return &table->places[(unsigned)((uintptr_t)owner >> 4) * 2654435769U >> 28];
}

/* The record of the object; NULL: it has no place here. */
static inline void *record_at_place(struct record_places *table, const void *owner) {
  struct record_place *place = record_place_of(table, owner);

  return atomic_load_explicit(&place->owner, memory_order_acquire) == (uintptr_t)owner ? place->bytes : NULL;
}

/* Takes the object's place. Not zeroed. NULL: another object has the place, or the record is too large. */
void *record_take_place(struct record_places *table, const void *owner, size_t size);

/* Gives the object's place back, if it has one. */
void record_leave_place(struct record_places *table, const void *owner);

#endif
