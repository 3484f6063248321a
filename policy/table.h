/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A hash table from strings to pointers, which only grows. Used while text is read. */
#ifndef PIN_TABLE_H
#define PIN_TABLE_H

#include <stddef.h>

struct pin_table_slot {
  const char *key; /* borrowed; must live as long as the table. NULL: the slot is free */
  size_t hash;
  void *value;
};

/* All zero is an empty table. */
struct pin_table {
  struct pin_table_slot *slots;
  size_t capacity; /* a power of two, or 0 */
  size_t count;
};

/* The value of a key; NULL: no such key. */
void *pin_table_find(const struct pin_table *table, const char *key, size_t length);

/* The place for the value of a key, to be filled by the caller: it contains NULL if the key is new. Valid
 * until the next call. NULL: no memory, and the table is unchanged. */
void **pin_table_put(struct pin_table *table, const char *key);

/* Calls `free_value` for every value, and frees the slots. */
void pin_table_clear(struct pin_table *table, void (*free_value)(void *value));

#endif
