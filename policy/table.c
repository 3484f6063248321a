/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "table.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a. The keys come from files that only root or the user may write, so nobody floods the table. */
static size_t hash_of(const char *key, size_t length) {
  unsigned long long hash = 14695981039346656037ULL;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)key[i]) * 1099511628211ULL;
  return (size_t)(hash ^ (hash >> 32));
}

/* The slot of the key, or the free slot where it would be. The table is never full. */
static struct pin_table_slot *slot_of(const struct pin_table *table, const char *key, size_t length,
                                      size_t hash) {
  for (size_t i = hash;; i++) {
    struct pin_table_slot *slot = &table->slots[i & (table->capacity - 1)];
    if (slot->key == NULL)
      return slot;
    if (slot->hash == hash && strncmp(slot->key, key, length) == 0 && slot->key[length] == '\0')
      return slot;
  }
}

static int grow(struct pin_table *table) {
  struct pin_table larger = {.capacity = table->capacity == 0 ? 64 : 2 * table->capacity,
                             .count = table->count};
  larger.slots = calloc(larger.capacity, sizeof larger.slots[0]);
  if (larger.slots == NULL)
    return 0;
  for (size_t i = 0; i < table->capacity; i++) {
    const struct pin_table_slot *old = &table->slots[i];
    if (old->key != NULL)
      *slot_of(&larger, old->key, strlen(old->key), old->hash) = *old;
  }
  free(table->slots);
  *table = larger;
  return 1;
}

void *pin_table_find(const struct pin_table *table, const char *key, size_t length) {
  if (table->count == 0)
    return NULL;
  return slot_of(table, key, length, hash_of(key, length))->value;
}

void **pin_table_put(struct pin_table *table, const char *key) {
  /* At most half full, so that every search soon reaches a free slot. */
  if (2 * table->count >= table->capacity && !grow(table))
    return NULL;
  size_t length = strlen(key);
  size_t hash = hash_of(key, length);
  struct pin_table_slot *slot = slot_of(table, key, length, hash);
  if (slot->key == NULL) {
    *slot = (struct pin_table_slot){.key = key, .hash = hash};
    table->count++;
  }
  return &slot->value;
}

void pin_table_clear(struct pin_table *table, void (*free_value)(void *value)) {
  for (size_t i = 0; i < table->capacity; i++)
    if (table->slots[i].key != NULL)
      free_value(table->slots[i].value);
  free(table->slots);
  *table = (struct pin_table){0};
}
