/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Memory without which a connection cannot be judged. A few pieces are set aside, so that one allocation that
 * fails does not refuse a host that no entry covers.
 */
#ifndef PIN_RECORD_H
#define PIN_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Larger ones are not set aside. */
#define RECORD_SIZE 256

/*
 * Not zeroed: calloc(3) does not take what the thread has just freed (glibc before 2.41), and a memset behind
 * malloc(3) is made one by compilers. NULL: no memory, and all that was set aside is taken. From any thread.
 */
void *record_new(size_t size);
/* Takes NULL. */
void record_free(void *record);

/*
 * Places for records that belong to an object, found by its address: no memory to ask for, and nothing to
 * hang on the object. Whoever takes a place gives it back before the object is freed. Any thread, as long as
 * no two work on one object at once.
 */
#define RECORD_PLACES 16

struct record_place {
  _Alignas(max_align_t) unsigned char bytes[RECORD_SIZE - sizeof(max_align_t)];
  atomic_uintptr_t owner; /* its address; 0: free */
};

struct record_places {
  struct record_place places[RECORD_PLACES];
};

static inline struct record_place *record_place_of(struct record_places *table, const void *owner) {
  return &table->places[(unsigned)((uintptr_t)owner >> 4) * 2654435769U >> 28];
}

/* NULL: the object has none here. */
static inline void *record_at_place(struct record_places *table, const void *owner) {
  struct record_place *place = record_place_of(table, owner);

  return atomic_load_explicit(&place->owner, memory_order_acquire) == (uintptr_t)owner ? place->bytes : NULL;
}

/* Not zeroed. NULL: its place is taken by another, or the record is too large. */
void *record_take_place(struct record_places *table, const void *owner, size_t size);

/* Does nothing where the object has none. */
void record_leave_place(struct record_places *table, const void *owner);

#endif
