/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "resolved.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/moment.h"
#include "name_table.h"
#include "preload.h"

/* Pairs that there is room for at first, and the number of pairs above which names that no entry covers
 * are dropped. */
#define FIRST_PAIRS 32
#define UNASKED_PAIRS 8192
/* With more pairs of covered names than this, covered names count for every address. With more covered
 * addresses than this, nothing more is remembered. */
#define COVERED_PAIRS 65536
/*
 * With more covered names of one address than this, the address may have any name. An entry may cover all
 * names below a parent, and somebody who makes a program resolve them can choose any number of them with one
 * address. Each would be asked for at every connection without a name.
 */
#define COVERED_NAMES 8192
#define NO_NAME ""    /* the name of covered addresses whose names were dropped; never resolved */
#define NAME_SIZE 254 /* RFC 1035, 2.3.4: 253 characters as text */

/* A limit, because other threads may fill a table as fast as it is replaced. */
#define RENEWALS_TRIED 64

#define SLOTS 8

/* Flags of a name. */
#define ADDRESSES_PENDING 1u /* its addresses are being looked up */
#define ADDRESSES_LOST 2u    /* not all its addresses are known */

/* The table in use, and older ones that still have readers. */
static struct slot {
  _Atomic(struct table *) table;
  atomic_uint readers;
} slots[SLOTS];
static atomic_int current = -1;
/* The process that is putting in a new table; 0: none. Not a lock: a child forked meanwhile must not wait
 * for a thread that it does not have. */
static atomic_int renewing_pid;
/* Number of the next resolution. */
static atomic_uint resolutions;
/* A name or an address that may be covered could not be remembered for lack of memory or room. So any
 * connection may have it. */
static atomic_bool something_lost;

static bool may_be_covered(const char *name) {
  return preload_covers(name) != 0;
}

static bool address_may_be_covered(int family, const void *address) {
  char text[INET6_ADDRSTRLEN];

  return inet_ntop(family, address, text, sizeof text) != NULL && may_be_covered(text);
}

/* ---- The table in use ---- */

/* The table in use, to be given back by release(*ret_slot). NULL: none yet. */
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

/* A slot that is not in use; -1: none. Only the thread that puts in a new table changes slots. In a child
 * forked while another thread was reading, that thread's slot is never free again. */
static int free_slot(void) {
  int in_use = atomic_load(&current);

  for (int i = 0; i < SLOTS; i++) {
    if (i == in_use || atomic_load(&slots[i].readers) != 0)
      continue;
    /* A reader that comes late counts itself in, sees that the slot is no longer current and does not
     * touch the table. */
    table_free(atomic_exchange(&slots[i].table, NULL));
    return i;
  }
  return -1;
}

/* ---- What is worth keeping ---- */

/* What becomes of a name of a full table. */
enum fate { FATE_GONE, FATE_KEPT, FATE_WITHOUT_ADDRESSES };

/* How a full table is cut down, while other threads may still be writing to it. */
struct cut {
  const struct table *from;
  unsigned char *fates;             /* by number of the name; at first FATE_KEPT if it is covered */
  size_t names, bytes;              /* of those that are kept */
  unsigned char *covered_addresses; /* 1 if covered; indexed like `newest` of the table */
  size_t covered_count;
};

/*
 * Marks the names that are covered and have an address. A covered name without an address is treated like an
 * uncovered one: no address leads to it, and somebody who makes a program resolve names that do not exist has
 * any number of them. A name whose addresses are being looked up has a flag, which counts as an address. If
 * coverage is not known, every name with an address counts as covered.
 */
static void find_covered(struct cut *cut) {
  const struct table *from = cut->from;

  for (size_t i = 0; i < from->pair_slots; i++) {
    uint32_t number = atomic_load(&from->pairs[i].name);

    if (number != 0 && number != WRITING)
      cut->fates[number] = FATE_KEPT;
  }
  for (size_t i = 0; i < from->name_slots; i++) {
    uint32_t number = atomic_load(&from->name_numbers[i]);
    const struct name *name = table_name(from, number);

    if (number != 0 && atomic_load(&name->bits) != 0)
      cut->fates[number] = FATE_KEPT;
    if (cut->fates[number] == FATE_KEPT && !may_be_covered(name->text))
      cut->fates[number] = FATE_GONE;
  }
}

/* The newest pair of the address in this slot; NULL: the slot is empty. */
static struct pair *newest_at(const struct table *table, size_t place) {
  uint32_t pair = atomic_load(&table->newest[place]);

  return pair != 0 ? &table->pairs[pair - 1] : NULL;
}

/* Marks the covered addresses. An entry may be for an address although none of its names is covered; there
 * are no more of these than entries. */
static void find_covered_addresses(struct cut *cut) {
  for (size_t i = 0; i < cut->from->pair_slots; i++) {
    const struct pair *pair = newest_at(cut->from, i);

    if (pair == NULL || !address_may_be_covered(pair->family, pair->address))
      continue;
    cut->covered_addresses[i] = 1;
    cut->covered_count++;
  }
}

static bool is_counted(const struct cut *cut, uint32_t number, bool covered, unsigned since) {
  return number != 0 && number != WRITING && (cut->fates[number] == FATE_KEPT) == covered &&
         (covered || atomic_load(&table_name(cut->from, number)->last_used) >= since);
}

/* Counts the names and pairs that are covered, or those that are not and were used at time `since` or
 * later. */
static size_t count(const struct cut *cut, bool covered, unsigned since) {
  size_t found = 0;

  for (size_t i = 0; i < cut->from->name_slots; i++)
    found += is_counted(cut, atomic_load(&cut->from->name_numbers[i]), covered, since);
  for (size_t i = 0; i < cut->from->pair_slots; i++)
    found += is_counted(cut, atomic_load(&cut->from->pairs[i].name), covered, since);
  return found;
}

/* The time since which so few uncovered names were used that half of the room for them stays free. */
static unsigned find_oldest(const struct cut *cut) {
  unsigned least = 0, most = atomic_load(&resolutions) + 1;

  while (least < most) {
    unsigned middle = least + (most - least) / 2;

    if (count(cut, false, middle) > UNASKED_PAIRS / 2)
      least = middle + 1;
    else
      most = middle;
  }
  return least;
}

/* Decides the fate of each name once. A thread that adds a name later sees that the table is closed, and
 * adds the name again. */
static void decide(struct cut *cut, enum fate covered, unsigned oldest) {
  for (size_t i = 0; i < cut->from->name_slots; i++) {
    uint32_t number = atomic_load(&cut->from->name_numbers[i]);
    const struct name *name = table_name(cut->from, number);

    if (cut->fates[number] == FATE_KEPT)
      cut->fates[number] = (unsigned char)covered;
    else if (number != 0 && atomic_load(&name->last_used) >= oldest)
      cut->fates[number] = FATE_KEPT;
    if (cut->fates[number] == FATE_GONE)
      continue;
    cut->names++;
    cut->bytes += sizeof(struct name) + strlen(name->text) + NAME_UNIT;
  }
}

/* False: no room. */
static bool copy_names(const struct cut *cut, struct table *to) {
  for (size_t i = 0; i < cut->from->name_slots; i++) {
    uint32_t number = atomic_load(&cut->from->name_numbers[i]), copied;
    const struct name *name = table_name(cut->from, number);
    unsigned lost = cut->fates[number] == FATE_WITHOUT_ADDRESSES ? ADDRESSES_LOST : 0;

    if (cut->fates[number] == FATE_GONE)
      continue;
    copied = table_intern(to, name->text);
    if (copied == 0)
      return false;
    atomic_store(&table_name(to, copied)->bits, atomic_load(&name->bits) | lost);
    atomic_store(&table_name(to, copied)->last_used, atomic_load(&name->last_used));
    if (atomic_load(&table_name(to, copied)->bits) != 0)
      atomic_store(&to->has_bits, true);
  }
  return true;
}

static bool copy_pairs(const struct cut *cut, struct table *to) {
  for (size_t i = 0; i < cut->from->pair_slots; i++) {
    const struct pair *pair = &cut->from->pairs[i];
    uint32_t number = atomic_load(&pair->name);

    if (number == 0 || number == WRITING || cut->fates[number] != FATE_KEPT)
      continue;
    if (!table_add_pair(to, table_intern(to, table_name(cut->from, number)->text), pair->family,
                        pair->address))
      return false;
  }
  return true;
}

/* Keeps covered addresses, even without a name. False: no room. */
static bool copy_addresses(const struct cut *cut, struct table *to) {
  for (size_t i = 0; i < cut->from->pair_slots && cut->covered_count > 0; i++) {
    const struct pair *pair = newest_at(cut->from, i);

    if (cut->covered_addresses[i] != 0 &&
        !table_add_pair(to, table_intern(to, NO_NAME), pair->family, pair->address))
      return false;
  }
  return true;
}

/* Decides what is kept. Returns for how many pairs the new table needs room. */
static size_t cut_down(struct cut *cut) {
  size_t pairs = cut->from->pair_slots / 2, kept;

  if (pairs < UNASKED_PAIRS) {
    decide(cut, FATE_KEPT, 0);
    return 2 * pairs;
  }
  find_covered(cut);
  find_covered_addresses(cut);
  kept = count(cut, true, 0);
  decide(cut, kept > COVERED_PAIRS ? FATE_WITHOUT_ADDRESSES : FATE_KEPT, find_oldest(cut));
  kept = (kept > COVERED_PAIRS ? 0 : kept) + cut->covered_count + UNASKED_PAIRS / 2;
  while (pairs < 2 * kept)
    pairs *= 2;
  return pairs;
}

/* Makes a larger table with what is worth keeping. NULL: no memory, or there would be almost no room left. */
static struct table *next_table(struct table *full) {
  struct cut cut = {
      .from = full, .fates = calloc(full->name_units, 1), .covered_addresses = calloc(full->pair_slots, 1)};
  struct table *table = NULL;
  size_t pairs = cut.fates != NULL && cut.covered_addresses != NULL ? cut_down(&cut) : 0;
  bool copied;

  if (cut.covered_count > COVERED_PAIRS || (pairs > UNASKED_PAIRS && cut.names > pairs - UNASKED_PAIRS / 2))
    atomic_store(&full->turned_away, 1);
  else if (pairs > 0)
    table = table_new(pairs, cut.names, cut.bytes);
  copied = table != NULL && copy_names(&cut, table) && copy_pairs(&cut, table) && copy_addresses(&cut, table);
  free(cut.fates);
  free(cut.covered_addresses);
  if (copied)
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

/* Replaces the full table by one with more room. False: no memory, or no slot. */
static bool renew(int full_slot) {
  struct table *full = full_slot >= 0 ? atomic_load(&slots[full_slot].table) : NULL, *table;
  int slot = free_slot();

  if (slot < 0)
    return false;
  if (full != NULL) {
    atomic_store(&full->closed, true);
    /* Asks for all names again only from time to time, in case a new policy covers fewer. */
    if (atomic_load(&full->turned_away) != 0 &&
        atomic_fetch_add(&full->turned_away, 1) % (UNASKED_PAIRS / 2) != 0)
      return false;
  }
  table = full != NULL ? next_table(full) : table_new(FIRST_PAIRS, 0, 0);
  if (table == NULL)
    return false;
  atomic_store(&slots[slot].table, table);
  atomic_store(&current, slot);
  return true;
}

/* Makes sure that the table in use is not the one of full_slot. False: it cannot be replaced. */
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
    /* Another thread is replacing it. */
    moment_pass(100000);
  }
  return false;
}

/* ---- Remembering ---- */

/* Something to be remembered about a name. */
struct note {
  const char *name;
  unsigned set, clear; /* flags to set and to clear */
  int family;          /* AF_UNSPEC: no address */
  const void *address;
};

/* False: no room. */
static bool put(struct table *table, const struct note *note) {
  uint32_t number = table_intern(table, note->name);
  struct name *name = table_name(table, number);

  if (number == 0)
    return false;
  atomic_store(&name->last_used, atomic_fetch_add(&resolutions, 1));
  if (note->set != 0)
    atomic_store(&table->has_bits, true);
  atomic_fetch_or(&name->bits, note->set);
  atomic_fetch_and(&name->bits, ~note->clear);
  if (note->family == AF_UNSPEC || ((atomic_load(&name->bits) & ADDRESSES_LOST) != 0 &&
                                    !address_may_be_covered(note->family, note->address)))
    return true;
  return table_add_pair(table, number, note->family, note->address);
}

static void remember(const struct note *note) {
  /* Something was lost before, so what is known is incomplete anyway. */
  if (atomic_load(&something_lost))
    return;
  for (int tries = 0; tries < RENEWALS_TRIED; tries++) {
    int slot;
    struct table *table = acquire(&slot);
    bool done = table != NULL && !atomic_load(&table->closed) && put(table, note);

    /* A thread that closed the table meanwhile may have passed this place already. */
    done = done && !atomic_load(&table->closed);
    release(slot);
    if (done)
      return;
    if (!replace(slot))
      break;
  }
  if (may_be_covered(note->name) ||
      (note->family != AF_UNSPEC && address_may_be_covered(note->family, note->address)))
    atomic_store(&something_lost, true);
}

static bool is_usable(const char *name) {
  return *name != '\0' && strlen(name) < NAME_SIZE;
}

void resolved_remember(const char *name, int family, const void *address) {
  const struct in6_addr *v6 = address;
  struct note note = {.name = name, .family = family, .address = address};

  /* With AI_V4MAPPED an IPv4 address comes in this form. It is kept as IPv4, see sockets.c. */
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

static bool is_covered(struct name *name, const struct pinning_covering *covering) {
  if (atomic_load(&name->not_covered_by) == covering->generation)
    return false;
  if (covering->covers(name->text, covering->arg))
    return true;
  atomic_store(&name->not_covered_by, covering->generation);
  return false;
}

/* A visit of covered names that stops after COVERED_NAMES. */
struct bounded {
  const struct pinning_covering *covering;
  pinning_visit_name_fn *visit;
  void *arg;
  size_t visited;
  bool too_many;
};

static bool visit_bounded(struct name *name, void *arg) {
  struct bounded *bounded = arg;

  if (!is_covered(name, bounded->covering))
    return true;
  bounded->too_many = bounded->visited++ >= COVERED_NAMES;
  return !bounded->too_many && bounded->visit(name->text, bounded->arg);
}

/* Visits the names that count for every address. Returns whether `visit` never returned false. */
static bool visit_everywhere(const struct table *table, table_visit_fn *visit, void *arg) {
  for (size_t i = 0; i < table->name_slots && atomic_load(&table->has_bits); i++) {
    uint32_t number = atomic_load(&table->name_numbers[i]);

    if (number != 0 && atomic_load(&table_name(table, number)->bits) != 0 &&
        !visit(table_name(table, number), arg))
      return false;
  }
  return true;
}

static bool names_of(const struct pinning_covering *covering, int family, const void *address,
                     pinning_visit_name_fn *visit, void *arg) {
  struct bounded bounded = {.covering = covering, .visit = visit, .arg = arg};
  int slot;
  const struct table *table = acquire(&slot);

  if (table != NULL && visit_everywhere(table, visit_bounded, &bounded))
    (void)table_visit_names(table, family, address, visit_bounded, &bounded);
  release(slot);
  return !bounded.too_many && !atomic_load(&something_lost);
}

static bool is_covered_name(struct name *name, void *arg) {
  return is_covered(name, arg);
}

static bool is_uncovered(struct name *name, void *arg) {
  return !is_covered(name, arg);
}

static bool any_name_of(const struct pinning_covering *covering, int family, const void *address) {
  void *arg = (void *)(uintptr_t)covering;
  int slot;
  const struct table *table = acquire(&slot);
  bool found = atomic_load(&something_lost);

  if (table != NULL && !found)
    found = family == AF_UNSPEC
                ? !visit_everywhere(table, is_uncovered, arg)
                : table_any_name(table, family, address, covering->generation, is_covered_name, arg);
  release(slot);
  return found;
}

static bool any_name(const struct pinning_covering *covering) {
  int slot;
  const struct table *table = acquire(&slot);
  bool found = atomic_load(&something_lost);

  for (size_t i = 0; table != NULL && i < table->name_slots && !found; i++) {
    uint32_t number = atomic_load(&table->name_numbers[i]);

    found = number != 0 && is_covered(table_name(table, number), covering);
  }
  release(slot);
  return found;
}

static bool every_name(const struct pinning_covering *covering, pinning_visit_name_fn *visit, void *arg) {
  struct bounded bounded = {.covering = covering, .visit = visit, .arg = arg};
  int slot;
  const struct table *table = acquire(&slot);
  bool all = !atomic_load(&something_lost);

  for (size_t i = 0; table != NULL && i < table->name_slots && all; i++) {
    uint32_t number = atomic_load(&table->name_numbers[i]);

    all = number == 0 || visit_bounded(table_name(table, number), &bounded);
  }
  release(slot);
  return all;
}

/* Remembers in the pair that its address is not covered, as is done for names: an entry may be for an
 * address, and there may be thousands of others. */
static bool visit_covered_address(struct pair *pair, const struct pinning_covering *covering,
                                  pinning_visit_name_fn *visit, void *arg) {
  char text[INET6_ADDRSTRLEN];

  if (atomic_load(&pair->not_covered_by) == covering->generation ||
      inet_ntop(pair->family, pair->address, text, sizeof text) == NULL)
    return true;
  if (covering->covers(text, covering->arg))
    return visit(text, arg);
  atomic_store(&pair->not_covered_by, covering->generation);
  return true;
}

static bool every_address(const struct pinning_covering *covering, pinning_visit_name_fn *visit, void *arg) {
  int slot;
  const struct table *table = acquire(&slot);
  bool all = !atomic_load(&something_lost);

  for (size_t i = 0; table != NULL && i < table->pair_slots && all; i++) {
    struct pair *pair = newest_at(table, i);

    all = pair == NULL || visit_covered_address(pair, covering, visit, arg);
  }
  release(slot);
  return all;
}

const struct pinning_seen resolved_seen = {sizeof resolved_seen, any_name,     any_name_of, names_of,
                                           every_name,           every_address};
