/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "resolved.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "preload.h"

/* Pairs that a process has room for at first, and above which names that no entry covers are given up. */
#define FIRST_PAIRS 32
#define UNASKED_PAIRS 8192
/* Pairs of covered names above which such a name counts for every address instead. */
#define COVERED_PAIRS 65536
#define NAME_SIZE 254          /* RFC 1035, 2.3.4: 253 characters as text */
#define NAME_BYTES_PER_PAIR 64 /* of the text of names; a longer one makes the table grow */

/* Other threads may fill a table as fast as it is renewed. */
#define RENEWALS_TRIED 64

#define SLOTS 8
#define UNIT 8 /* bytes; names are numbered by their place, in these */

/* Bits of a name. */
#define ADDRESSES_PENDING 1u /* its addresses are being looked for */
#define ADDRESSES_LOST 2u    /* not all of its addresses are known */

struct name {
  _Atomic uint64_t not_covered_by; /* the generation of a policy that has no entry for it; 0: not asked */
  atomic_uint bits;
  atomic_uint last_used; /* the number of the resolution */
  char text[];
};

/* 0 in `name`: free, and none behind it. */
struct pair {
  atomic_uint name; /* number of a name, or WRITING */
  unsigned char family;
  unsigned char address[sizeof(struct in6_addr)];
};
#define WRITING UINT32_MAX

/*
 * Open addressing: pairs by their address, names by their text. Nothing is taken out of a table; when it is
 * full it is closed, and what is worth it goes into a new one.
 */
struct table {
  size_t pair_slots, name_slots, name_units; /* the first two are powers of two */
  atomic_size_t pairs_used, names_used, units_used;
  atomic_bool closed;
  atomic_bool has_bits; /* of some name */
  struct pair *pairs;
  atomic_uint *name_numbers;
  char *name_bytes;
};

/* Tables that are in use or still have readers. */
static struct slot {
  _Atomic(struct table *) table;
  atomic_uint readers;
} slots[SLOTS];
static atomic_int current = -1;
/* The process that is putting a new table in; 0: none. A pid and no lock: a child forked meanwhile must not
 * wait for a thread that it does not have. */
static atomic_int renewing_pid;
static atomic_uint resolutions;
/* A name that may be covered was not remembered, for want of memory. */
static atomic_bool something_lost;

static bool may_be_covered(const char *name) {
  return preload_covers(name) != 0;
}

/* ---- One table ---- */

static uint32_t hash_bytes(const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  uint32_t hash = 2166136261u;

  for (size_t i = 0; i < size; i++)
    hash = (hash ^ at[i]) * 16777619u;
  return hash ^ hash >> 15;
}

static size_t address_size(int family) {
  return family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static struct name *name_at(const struct table *table, uint32_t number) {
  return (struct name *)(void *)(table->name_bytes + (size_t)number * UNIT);
}

static void table_free(struct table *table) {
  if (table == NULL)
    return;
  free(table->pairs);
  free(table->name_numbers);
  free(table->name_bytes);
  free(table);
}

/* For so many pairs, and bytes of names. NULL: no memory. */
static struct table *table_new(size_t pairs, size_t name_bytes) {
  struct table *table = calloc(1, sizeof *table);

  if (table == NULL)
    return NULL;
  table->pair_slots = 2 * pairs;
  table->name_slots = 2 * pairs;
  table->name_units = name_bytes / UNIT;
  table->units_used = 1; /* 0 is no name's number */
  table->pairs = calloc(table->pair_slots, sizeof *table->pairs);
  table->name_numbers = calloc(table->name_slots, sizeof *table->name_numbers);
  table->name_bytes = calloc(table->name_units, UNIT);
  if (table->pairs != NULL && table->name_numbers != NULL && table->name_bytes != NULL)
    return table;
  table_free(table);
  return NULL;
}

/* Writes a name that is not in the index yet. 0: no room. */
static uint32_t write_name(struct table *table, const char *text) {
  size_t size = strlen(text) + 1;
  size_t units = (sizeof(struct name) + size + UNIT - 1) / UNIT;
  size_t number = atomic_load(&table->units_used);

  do {
    if (units > table->name_units - number)
      return 0;
  } while (!atomic_compare_exchange_weak(&table->units_used, &number, number + units));
  memcpy(name_at(table, (uint32_t)number)->text, text, size);
  return (uint32_t)number;
}

/* The number of a name, which is put in if it is not there. 0: no room. */
static uint32_t intern(struct table *table, const char *text) {
  size_t slot = hash_bytes(text, strlen(text));
  uint32_t written = 0;

  for (;; slot++) {
    atomic_uint *place = &table->name_numbers[slot & (table->name_slots - 1)];
    uint32_t number = atomic_load(place);

    if (number == 0 && written == 0) {
      if (atomic_load(&table->names_used) >= table->name_slots / 2)
        return 0;
      written = write_name(table, text);
      if (written == 0)
        return 0;
    }
    if (number == 0 && atomic_compare_exchange_strong(place, &number, written)) {
      atomic_fetch_add(&table->names_used, 1);
      return written;
    }
    if (strcmp(name_at(table, number)->text, text) == 0)
      return number;
  }
}

static struct pair *first_pair(const struct table *table, int family, const void *address, size_t *ret_slot) {
  *ret_slot = hash_bytes(address, address_size(family));
  return &table->pairs[*ret_slot & (table->pair_slots - 1)];
}

static struct pair *next_pair(const struct table *table, size_t *slot) {
  return &table->pairs[++*slot & (table->pair_slots - 1)];
}

static bool pair_is_of(const struct pair *pair, int family, const void *address) {
  return pair->family == family && memcmp(pair->address, address, address_size(family)) == 0;
}

/* False: no room. A pair that another thread is writing at this moment may come to stand there twice. */
static bool add_pair(struct table *table, uint32_t name, int family, const void *address) {
  size_t slot;

  for (struct pair *pair = first_pair(table, family, address, &slot);; pair = next_pair(table, &slot)) {
    uint32_t found = atomic_load(&pair->name);

    if (found == 0) {
      if (atomic_load(&table->pairs_used) >= table->pair_slots / 2)
        return false;
      if (atomic_compare_exchange_strong(&pair->name, &found, WRITING)) {
        atomic_fetch_add(&table->pairs_used, 1);
        pair->family = (unsigned char)family;
        memcpy(pair->address, address, address_size(family));
        atomic_store(&pair->name, name);
        return true;
      }
    }
    if (found == name && pair_is_of(pair, family, address))
      return true;
  }
}

/* ---- The table in use ---- */

/* NULL: none yet. To be given back. */
static struct table *acquire(int *ret_slot) {
  for (;;) {
    int slot = atomic_load(&current);

    *ret_slot = slot;
    if (slot < 0)
      return NULL;
    atomic_fetch_add(&slots[slot].readers, 1);
    if (atomic_load(&current) == slot)
      return atomic_load(&slots[slot].table);
    atomic_fetch_sub(&slots[slot].readers, 1);
  }
}

static void release(int slot) {
  if (slot >= 0)
    atomic_fetch_sub(&slots[slot].readers, 1);
}

/* A slot that nobody uses; -1: none. Only the one that renews changes them. In a child that was forked while
 * another thread was reading, that one's slot is never free again. */
static int free_slot(void) {
  int in_use = atomic_load(&current);

  for (int i = 0; i < SLOTS; i++) {
    if (i == in_use || atomic_load(&slots[i].readers) != 0)
      continue;
    /* A late reader counts itself in, sees that the slot is not in use and leaves the table alone. */
    table_free(atomic_exchange(&slots[i].table, NULL));
    return i;
  }
  return -1;
}

/* ---- What is worth keeping ---- */

/* A name of a full table, on its way into the next one. */
enum fate { FATE_KEPT, FATE_WITHOUT_ADDRESSES, FATE_GONE };

/* How a full table is cut down. */
struct cut {
  bool asks;          /* names that no entry covers may go */
  bool loses_covered; /* those that one covers lose their addresses */
  unsigned oldest;    /* not covered, and used before: gone */
};

/* The answer of the last question about a name, which is asked once in a cut. */
#define NOT_COVERED_IN_CUT UINT64_MAX

static bool is_covered_in_cut(const struct name *name) {
  return atomic_load(&name->not_covered_by) != NOT_COVERED_IN_CUT;
}

static void ask_for_all(const struct table *table) {
  for (size_t i = 0; i < table->name_slots; i++) {
    uint32_t number = atomic_load(&table->name_numbers[i]);

    if (number != 0)
      atomic_store(&name_at(table, number)->not_covered_by,
                   may_be_covered(name_at(table, number)->text) ? 0 : NOT_COVERED_IN_CUT);
  }
}

static bool is_counted(const struct table *table, uint32_t number, bool covered, unsigned since) {
  return number != 0 && number != WRITING && is_covered_in_cut(name_at(table, number)) == covered &&
         (covered || atomic_load(&name_at(table, number)->last_used) >= since);
}

/* Names and pairs that are covered, or are not and were used at that time or later. */
static size_t count(const struct table *table, bool covered, unsigned since) {
  size_t found = 0;

  for (size_t i = 0; i < table->name_slots; i++)
    found += is_counted(table, atomic_load(&table->name_numbers[i]), covered, since);
  for (size_t i = 0; i < table->pair_slots; i++)
    found += is_counted(table, atomic_load(&table->pairs[i].name), covered, since);
  return found;
}

/* The time since when so few names were used that half of the room for them stays free. */
static unsigned find_oldest(const struct table *table) {
  unsigned least = 0, most = atomic_load(&resolutions) + 1;

  while (least < most) {
    unsigned middle = least + (most - least) / 2;

    if (count(table, false, middle) > UNASKED_PAIRS / 2)
      least = middle + 1;
    else
      most = middle;
  }
  return least;
}

static enum fate fate_of(const struct cut *cut, const struct name *name) {
  if (!cut->asks)
    return FATE_KEPT;
  if (!is_covered_in_cut(name))
    return atomic_load(&name->last_used) >= cut->oldest ? FATE_KEPT : FATE_GONE;
  return cut->loses_covered ? FATE_WITHOUT_ADDRESSES : FATE_KEPT;
}

/* The bytes of the names that stay. */
static size_t count_bytes(const struct cut *cut, const struct table *from) {
  size_t bytes = 0;

  for (size_t i = 0; i < from->name_slots; i++) {
    uint32_t number = atomic_load(&from->name_numbers[i]);

    if (number != 0 && fate_of(cut, name_at(from, number)) != FATE_GONE)
      bytes += sizeof(struct name) + strlen(name_at(from, number)->text) + UNIT;
  }
  return bytes;
}

static bool copy_names(const struct cut *cut, const struct table *from, struct table *to) {
  for (size_t i = 0; i < from->name_slots; i++) {
    uint32_t number = atomic_load(&from->name_numbers[i]), copied;
    const struct name *name = name_at(from, number);
    enum fate fate = number != 0 ? fate_of(cut, name) : FATE_GONE;

    if (fate == FATE_GONE)
      continue;
    copied = intern(to, name->text);
    if (copied == 0)
      return false;
    atomic_store(&name_at(to, copied)->bits,
                 atomic_load(&name->bits) | (fate == FATE_WITHOUT_ADDRESSES ? ADDRESSES_LOST : 0));
    atomic_store(&name_at(to, copied)->last_used, atomic_load(&name->last_used));
    if (atomic_load(&name_at(to, copied)->bits) != 0)
      atomic_store(&to->has_bits, true);
  }
  return true;
}

static bool copy_pairs(const struct cut *cut, const struct table *from, struct table *to) {
  for (size_t i = 0; i < from->pair_slots; i++) {
    const struct pair *pair = &from->pairs[i];
    uint32_t number = atomic_load(&pair->name);

    if (number == 0 || number == WRITING || fate_of(cut, name_at(from, number)) != FATE_KEPT)
      continue;
    if (!add_pair(to, intern(to, name_at(from, number)->text), pair->family, pair->address))
      return false;
  }
  return true;
}

/* A larger table with what is worth keeping. NULL: no memory. */
static struct table *next_table(const struct table *full) {
  struct cut cut = {.asks = full->pair_slots / 2 >= UNASKED_PAIRS};
  size_t pairs = full->pair_slots / 2, kept;
  struct table *table;

  if (cut.asks) {
    ask_for_all(full);
    kept = count(full, true, 0);
    cut.loses_covered = kept > COVERED_PAIRS;
    cut.oldest = find_oldest(full);
    kept = (cut.loses_covered ? 0 : kept) + UNASKED_PAIRS / 2;
    while (pairs < 2 * kept)
      pairs *= 2;
  } else {
    pairs *= 2;
  }
  table = table_new(pairs, pairs * NAME_BYTES_PER_PAIR + count_bytes(&cut, full));
  if (table != NULL && copy_names(&cut, full, table) && copy_pairs(&cut, full, table))
    return table;
  table_free(table);
  return NULL;
}

/* ---- Renewal ---- */

static bool begin_renewal(void) {
  int own = (int)getpid(), none = 0;

  if (atomic_compare_exchange_strong(&renewing_pid, &none, own))
    return true;
  return none != own && atomic_compare_exchange_strong(&renewing_pid, &none, own);
}

/* Puts a table with more room in place of the full one. False: no memory, or no slot. */
static bool renew(int full_slot) {
  struct table *full = full_slot >= 0 ? atomic_load(&slots[full_slot].table) : NULL, *table;
  int slot = free_slot();

  if (slot < 0)
    return false;
  if (full != NULL)
    atomic_store(&full->closed, true);
  table = full != NULL ? next_table(full) : table_new(FIRST_PAIRS, FIRST_PAIRS * NAME_BYTES_PER_PAIR);
  if (table == NULL)
    return false;
  atomic_store(&slots[slot].table, table);
  atomic_store(&current, slot);
  return true;
}

/* Sees to it that another table than that of the slot is in use. False: there will be none. */
static bool replace(int full_slot) {
  for (int tries = 0; tries < 20000; tries++) {
    bool renewed;

    if (atomic_load(&current) != full_slot)
      return true;
    if (begin_renewal()) {
      renewed = atomic_load(&current) != full_slot || renew(full_slot);
      atomic_store(&renewing_pid, 0);
      return renewed;
    }
    /* Another thread is at it. */
    nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
  }
  return false;
}

/* ---- Remembering ---- */

/* Something that is to be noted of a name. */
struct note {
  const char *name;
  unsigned set, clear; /* bits */
  int family;          /* AF_UNSPEC: no address */
  const void *address;
};

/* False: no room. */
static bool put(struct table *table, const struct note *note) {
  uint32_t number = intern(table, note->name);
  struct name *name = name_at(table, number);

  if (number == 0)
    return false;
  atomic_store(&name->last_used, atomic_fetch_add(&resolutions, 1));
  if (note->set != 0)
    atomic_store(&table->has_bits, true);
  atomic_fetch_or(&name->bits, note->set);
  atomic_fetch_and(&name->bits, ~note->clear);
  return note->family == AF_UNSPEC || (atomic_load(&name->bits) & ADDRESSES_LOST) != 0 ||
         add_pair(table, number, note->family, note->address);
}

static void remember(const struct note *note) {
  for (int tries = 0; tries < RENEWALS_TRIED; tries++) {
    int slot;
    struct table *table = acquire(&slot);
    bool done = table != NULL && !atomic_load(&table->closed) && put(table, note);

    /* Who closed it meanwhile may have passed the place already. */
    done = done && !atomic_load(&table->closed);
    release(slot);
    if (done)
      return;
    if (!replace(slot))
      break;
  }
  if (may_be_covered(note->name))
    atomic_store(&something_lost, true);
}

static bool is_usable(const char *name) {
  return *name != '\0' && strlen(name) < NAME_SIZE;
}

void resolved_remember(const char *name, int family, const void *address) {
  const struct in6_addr *v6 = address;
  struct note note = {.name = name, .family = family, .address = address};

  /* With AI_V4MAPPED an IPv4 address comes in this form. It is kept as what it is, see sockets.c. */
  if (family == AF_INET6 && memcmp(v6, &(struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}}, 12) == 0) {
    note.family = AF_INET;
    note.address = (const unsigned char *)address + 12;
  }
  if (is_usable(name))
    remember(&note);
}

void resolved_begin(const char *name) {
  if (is_usable(name))
    remember(&(struct note){.name = name, .set = ADDRESSES_PENDING, .family = AF_UNSPEC});
}

void resolved_end(const char *name) {
  if (is_usable(name))
    remember(&(struct note){.name = name, .clear = ADDRESSES_PENDING, .family = AF_UNSPEC});
}

/* ---- Asking ---- */

static bool visit_everywhere(const struct table *table, pinning_visit_name_fn *visit, void *arg) {
  for (size_t i = 0; i < table->name_slots && atomic_load(&table->has_bits); i++) {
    uint32_t number = atomic_load(&table->name_numbers[i]);

    if (number != 0 && atomic_load(&name_at(table, number)->bits) != 0 &&
        !visit(name_at(table, number)->text, arg))
      return false;
  }
  return true;
}

static void visit_pairs(const struct table *table, int family, const void *address,
                        pinning_visit_name_fn *visit, void *arg) {
  size_t slot;

  for (struct pair *pair = first_pair(table, family, address, &slot);; pair = next_pair(table, &slot)) {
    uint32_t number = atomic_load(&pair->name);

    if (number == 0)
      return;
    if (number != WRITING && pair_is_of(pair, family, address) && !visit(name_at(table, number)->text, arg))
      return;
  }
}

static bool names_of(int family, const void *address, pinning_visit_name_fn *visit, void *arg) {
  int slot;
  const struct table *table = acquire(&slot);

  if (table != NULL && visit_everywhere(table, visit, arg))
    visit_pairs(table, family, address, visit, arg);
  release(slot);
  return !atomic_load(&something_lost);
}

static bool any_name(uint64_t generation, pinning_visit_name_fn *covers, void *arg) {
  int slot;
  const struct table *table = acquire(&slot);
  bool found = atomic_load(&something_lost);

  for (size_t i = 0; table != NULL && i < table->name_slots && !found; i++) {
    uint32_t number = atomic_load(&table->name_numbers[i]);
    struct name *name = name_at(table, number);

    if (number == 0 || atomic_load(&name->not_covered_by) == generation)
      continue;
    found = covers(name->text, arg);
    if (!found)
      atomic_store(&name->not_covered_by, generation);
  }
  release(slot);
  return found;
}

const struct pinning_seen resolved_seen = {names_of, any_name};
