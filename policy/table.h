/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What is known of names: a hash table from strings to pointers that only grows. */
#ifndef PIN_TABLE_H
#define PIN_TABLE_H

#include <stddef.h>

struct pin_table_slot {
  const char *key; /* not owned; lives at least as long as the table. NULL: free */
  size_t hash;
  void *value;
};

/* All zero is an empty table. */
struct pin_table {
  struct pin_table_slot *slots;
  size_t capacity; /* a power of two, or 0 */
  size_t count;
};

/* NULL: no such key. */
void *pin_table_find(const struct pin_table *table, const char *key, size_t length);

/*
 * The place of the value of a key, which is NULL if the key is new; valid until the next call. The caller
 * fills it. NULL: out of memory, and the table is as it was.
 */
void **pin_table_put(struct pin_table *table, const char *key);

/* Calls `free_value` for every value and frees the slots. */
void pin_table_clear(struct pin_table *table, void (*free_value)(void *value));

#endif
