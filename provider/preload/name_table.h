/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * One table of names, of addresses, and of pairs of both. Others choose what is put into it: finding and
 * adding take as long however many names an address has, and whatever they are called. Any thread, no lock.
 */
#ifndef PIN_NAME_TABLE_H
#define PIN_NAME_TABLE_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_UNIT 8 /* bytes; names are numbered by their place, in these */

struct name {
  _Atomic uint64_t not_covered_by; /* the generation of a policy that has no entry for it; 0: not asked */
  atomic_uint bits;
  atomic_uint last_used; /* the number of the resolution */
  char text[];
};

/* 0 in `name`: free, and none behind it. */
struct pair {
  _Atomic uint64_t answer;         /* of table_any_name, where it is the newest of its address */
  _Atomic uint64_t not_covered_by; /* as of a name, of its address, where it is the newest of that */
  atomic_uint name;                /* number of a name, or WRITING */
  atomic_uint next;                /* another one of the same address: its place, counted from 1; 0: none */
  unsigned char family;
  unsigned char address[sizeof(struct in6_addr)];
};
#define WRITING UINT32_MAX

/*
 * Open addressing: pairs by their address and name, names by their text, and for each address the newest of
 * its pairs. Nothing is taken out of a table; when it is full it is closed, and what is worth it goes into a
 * new one.
 */
struct table {
  uint64_t
      key[2]; /* of the hash, for the life of the table: Go's runtime clears the bytes that it comes from */
  size_t pair_slots, name_slots, name_units; /* the first two are powers of two */
  size_t names_most;
  atomic_size_t pairs_used, names_used, units_used;
  atomic_bool closed;
  atomic_bool has_bits;    /* of some name */
  atomic_uint turned_away; /* since what is worth keeping was found to fill it; 0: it was not */
  struct pair *pairs;
  atomic_uint *newest; /* places as in struct pair; as many as there are of these */
  atomic_uint *name_numbers;
  char *name_bytes;
};

/* For so many pairs, names that are there already, and their bytes. NULL: no memory. */
struct table *table_new(size_t pairs, size_t names, size_t name_bytes);
/* NULL is well. */
void table_free(struct table *table);

struct name *table_name(const struct table *table, uint32_t number);

/* The number of a name, which is put in if it is not there. 0: no room. */
uint32_t table_intern(struct table *table, const char *text);

/* False: no room. A pair that another thread is writing at this moment may come to stand there twice. */
bool table_add_pair(struct table *table, uint32_t name, int family, const void *address);

typedef bool table_visit_fn(struct name *name, void *arg);
/* Visits the names of an address, the newest first, as long as `visit` says true.
 * Whether it did to the end. */
bool table_visit_names(const struct table *table, int family, const void *address, table_visit_fn *visit,
                       void *arg);
/*
 * Whether `is` says true of one of the names of an address. The answer, which is to depend on the name and
 * the key alone, is kept until the address gets another name or another key is asked for.
 */
bool table_any_name(const struct table *table, int family, const void *address, uint64_t key,
                    table_visit_fn *is, void *arg);

#endif
