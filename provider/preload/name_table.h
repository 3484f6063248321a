/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A table of names, of addresses, and of pairs of a name and an address. resolved.c decides what goes into
 * it. Finding and adding take the same time however many names an address has and whatever they are. Any
 * thread, no lock.
 */
#ifndef PIN_NAME_TABLE_H
#define PIN_NAME_TABLE_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_UNIT 8 /* bytes; a name's number is its offset in these units */

/* A name in the table. */
struct name {
  _Atomic uint64_t not_covered_by; /* generation of a policy that has no entry for it; 0: not known */
  atomic_uint bits;                /* flags that resolved.c defines */
  atomic_uint last_used;           /* number of the resolution that used it last */
  char text[];
};

/* A pair of a name and an address. */
struct pair {
  _Atomic uint64_t answer;         /* of table_any_name, valid in the newest pair of an address */
  _Atomic uint64_t not_covered_by; /* as for a name, but for the address; valid in its newest pair */
  atomic_uint name; /* number of the name; 0: the pair and all behind it are free; WRITING: being filled in */
  atomic_uint next; /* next pair of the same address: its index plus 1; 0: none */
  unsigned char family;
  unsigned char address[sizeof(struct in6_addr)];
};
#define WRITING UINT32_MAX

/*
 * Hash tables with open addressing: pairs by address and name, names by text, and for each address its newest
 * pair. Nothing is ever removed. When the table is full it is closed, and what is worth keeping is copied to
 * a new one.
 */
struct table {
  /* Key of the hash. Copied at the start, because Go's runtime clears the bytes that it comes from. */
  uint64_t key[2];
  size_t pair_slots, name_slots, name_units; /* numbers of slots (powers of two) and of units for names */
  size_t names_most;                         /* the most names that may be added */
  atomic_size_t pairs_used, names_used, units_used; /* how much of each is in use */
  atomic_bool closed;                               /* nothing more may be added */
  atomic_bool has_bits;                             /* some name has flags */
  /* How often there was no room since what is worth keeping filled the table; 0: it did not. */
  atomic_uint turned_away;
  struct pair *pairs;
  atomic_uint *newest;       /* pair_slots of them, numbered as `next` in struct pair */
  atomic_uint *name_numbers; /* name_slots of them; 0: free */
  char *name_bytes;          /* name_units units */
};

/* Makes a table for that many pairs, and for the names and bytes of names that will be copied into it.
 * pairs: a power of two. The caller frees it by table_free. NULL: no memory. */
struct table *table_new(size_t pairs, size_t names, size_t name_bytes);
/* table: may be NULL. No thread may be using it. */
void table_free(struct table *table);

/* The name of that number. Valid as long as the table. */
struct name *table_name(const struct table *table, uint32_t number);

/* The number of a name, which is added if it is missing. 0: no room. */
uint32_t table_intern(struct table *table, const char *text);

/* Adds a pair unless it is there. False: no room. A pair that another thread is adding at the same moment
 * may get in twice. */
bool table_add_pair(struct table *table, uint32_t name, int family, const void *address);

typedef bool table_visit_fn(struct name *name, void *arg);
/* Calls `visit` for the names of an address, the newest first, until it returns false. Returns whether it
 * never did. Names that are being added may be left out. */
bool table_visit_names(const struct table *table, int family, const void *address, table_visit_fn *visit,
                       void *arg);
/* Whether `is` returns true for any name of an address. The answer, which must depend only on the names
 * and `key`, is kept until the address gets another name or another key is asked for. */
bool table_any_name(const struct table *table, int family, const void *address, uint64_t key,
                    table_visit_fn *is, void *arg);

#endif
