/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "name_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>

/* Room for names besides those that are copied, also if many pairs make the table large. */
#define NEW_NAMES 16384
#define NAME_BYTES_PER_PAIR 64 /* of the names' text; longer names make the table grow earlier */

static uint64_t rotate(uint64_t value, int bits) {
  return value << bits | value >> (64 - bits);
}

/* A round of SipHash. */
static void mix(uint64_t v[4]) {
  v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
  v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
  v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
  v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 with the kernel's random bytes as key, so that somebody who chooses the names and addresses
 * that a program resolves cannot choose ones that collide. */
static uint32_t hash_bytes(const struct table *table, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  const uint64_t *k = table->key;
  uint64_t v[4], word;

  v[0] = k[0] ^ 0x736f6d6570736575u;
  v[1] = k[1] ^ 0x646f72616e646f6du;
  v[2] = k[0] ^ 0x6c7967656e657261u;
  v[3] = k[1] ^ 0x7465646279746573u;
  for (size_t left = size;; at += sizeof word, left -= sizeof word) {
    word = left < sizeof word ? (uint64_t)size << 56 : 0;
    memcpy(&word, at, left < sizeof word ? left : sizeof word);
    v[3] ^= word;
    mix(v);
    v[0] ^= word;
    if (left < sizeof word)
      break;
  }
  v[2] ^= 0xff;
  for (int i = 0; i < 3; i++)
    mix(v);
  return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}

static size_t address_size(int family) {
  return family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

struct name *table_name(const struct table *table, uint32_t number) {
  return (struct name *)(void *)(table->name_bytes + (size_t)number * NAME_UNIT);
}

void table_free(struct table *table) {
  if (table == NULL)
    return;
  free(table->pairs);
  free(table->newest);
  free(table->name_numbers);
  free(table->name_bytes);
  free(table);
}

struct table *table_new(size_t pairs, size_t names, size_t name_bytes) {
  struct table *table = calloc(1, sizeof *table);

  const void *key = (const void *)getauxval(AT_RANDOM);

  if (table == NULL)
    return NULL;
  if (key != NULL)
    memcpy(table->key, key, sizeof table->key);
  table->pair_slots = 2 * pairs;
  table->name_slots = 2 * pairs;
  table->names_most = pairs < names + NEW_NAMES ? pairs : names + NEW_NAMES;
  table->name_units = (pairs * NAME_BYTES_PER_PAIR + name_bytes) / NAME_UNIT;
  table->units_used = 1; /* 0 must not be a name's number */
  table->pairs = calloc(table->pair_slots, sizeof *table->pairs);
  table->newest = calloc(table->pair_slots, sizeof *table->newest);
  table->name_numbers = calloc(table->name_slots, sizeof *table->name_numbers);
  table->name_bytes = calloc(table->name_units, NAME_UNIT);
  if (table->pairs != NULL && table->newest != NULL && table->name_numbers != NULL &&
      table->name_bytes != NULL)
    return table;
  table_free(table);
  return NULL;
}

/* Writes a name that is not in the index yet and returns its number. 0: no room. */
static uint32_t write_name(struct table *table, const char *text) {
  size_t size = strlen(text) + 1;
  size_t units = (sizeof(struct name) + size + NAME_UNIT - 1) / NAME_UNIT;
  size_t number = atomic_load(&table->units_used);

  do {
    if (units > table->name_units - number)
      return 0;
  } while (!atomic_compare_exchange_weak(&table->units_used, &number, number + units));
  memcpy(table_name(table, (uint32_t)number)->text, text, size);
  return (uint32_t)number;
}

uint32_t table_intern(struct table *table, const char *text) {
  size_t slot = hash_bytes(table, text, strlen(text));
  uint32_t written = 0;

  for (;; slot++) {
    atomic_uint *place = &table->name_numbers[slot & (table->name_slots - 1)];
    uint32_t number = atomic_load(place);

    if (number == 0 && written == 0) {
      if (atomic_load(&table->names_used) >= table->names_most)
        return 0;
      written = write_name(table, text);
      if (written == 0)
        return 0;
    }
    if (number == 0 && atomic_compare_exchange_strong(place, &number, written)) {
      atomic_fetch_add(&table->names_used, 1);
      return written;
    }
    if (strcmp(table_name(table, number)->text, text) == 0)
      return number;
  }
}

static bool pair_is_of(const struct pair *pair, int family, const void *address) {
  return pair->family == family && memcmp(pair->address, address, address_size(family)) == 0;
}

/* The slot that holds, or will hold, the newest pair of an address with this hash. *ret_place: its value,
 * 0 if empty. */
static atomic_uint *newest_of(const struct table *table, uint32_t hash, int family, const void *address,
                              uint32_t *ret_place) {
  for (size_t slot = hash;; slot++) {
    atomic_uint *newest = &table->newest[slot & (table->pair_slots - 1)];

    *ret_place = atomic_load(newest);
    if (*ret_place == 0 || pair_is_of(&table->pairs[*ret_place - 1], family, address))
      return newest;
  }
}

/* Makes the pair the newest one of its address. */
static void link_pair(const struct table *table, uint32_t hash, struct pair *pair) {
  uint32_t place = (uint32_t)(pair - table->pairs) + 1, newest;
  atomic_uint *noted;

  do {
    noted = newest_of(table, hash, pair->family, pair->address, &newest);
    atomic_store(&pair->next, newest);
  } while (!atomic_compare_exchange_strong(noted, &newest, place));
}

bool table_add_pair(struct table *table, uint32_t name, int family, const void *address) {
  uint32_t hash = hash_bytes(table, address, address_size(family));

  for (size_t slot = hash + name * 0x9e3779b1u;; slot++) {
    struct pair *pair = &table->pairs[slot & (table->pair_slots - 1)];
    uint32_t found = atomic_load(&pair->name);

    if (found == 0) {
      if (atomic_load(&table->pairs_used) >= table->pair_slots / 2)
        return false;
      if (atomic_compare_exchange_strong(&pair->name, &found, WRITING)) {
        atomic_fetch_add(&table->pairs_used, 1);
        pair->family = (unsigned char)family;
        memcpy(pair->address, address, address_size(family));
        /* Linked before the name is set: a thread that finds the pair by its name can then also find it by
         * its address. */
        link_pair(table, hash, pair);
        atomic_store(&pair->name, name);
        return true;
      }
    }
    if (found == name && pair_is_of(pair, family, address))
      return true;
  }
}

static uint32_t newest_place(const struct table *table, int family, const void *address) {
  uint32_t place;

  (void)newest_of(table, hash_bytes(table, address, address_size(family)), family, address, &place);
  return place;
}

/* False: `visit` returned false. *ret_all: no pair was being added meanwhile. */
static bool visit_from(const struct table *table, uint32_t place, table_visit_fn *visit, void *arg,
                       bool *ret_all) {
  *ret_all = true;
  while (place != 0) {
    const struct pair *pair = &table->pairs[place - 1];
    uint32_t number = atomic_load(&pair->name);

    if (number == WRITING)
      *ret_all = false;
    else if (!visit(table_name(table, number), arg))
      return false;
    place = atomic_load(&pair->next);
  }
  return true;
}

bool table_visit_names(const struct table *table, int family, const void *address, table_visit_fn *visit,
                       void *arg) {
  bool all;

  return visit_from(table, newest_place(table, family, address), visit, arg, &all);
}

struct search {
  table_visit_fn *is;
  void *arg;
};

static bool is_not(struct name *name, void *arg) {
  const struct search *search = arg;

  return !search->is(name, search->arg);
}

bool table_any_name(const struct table *table, int family, const void *address, uint64_t key,
                    table_visit_fn *is, void *arg) {
  struct search search = {is, arg};
  uint32_t newest = newest_place(table, family, address);
  /* The answer is in the newest pair: a name that is added later gets a pair of its own, which has no
   * answer yet. */
  _Atomic uint64_t *answer = newest != 0 ? &table->pairs[newest - 1].answer : NULL;
  uint64_t kept = answer != NULL ? atomic_load(answer) : 0;
  bool all, found;

  if (answer == NULL || kept == key || kept == ~key)
    return answer != NULL && kept == ~key;
  found = !visit_from(table, newest, is_not, &search, &all);
  if (found || all)
    atomic_store(answer, found ? ~key : key);
  return found;
}
