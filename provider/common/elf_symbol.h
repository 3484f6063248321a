/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A function by its name, from the tables of one loaded object. What dlsym(3) finds there too, at a quarter
 * of its cost, and never in another object.
 */
#ifndef PIN_ELF_SYMBOL_H
#define PIN_ELF_SYMBOL_H

#include <link.h>
#include <stdbool.h>

#include "object.h"

/* Where they are; lasts as long as the object. */
struct elf_tables {
  ElfW(Addr) base;
  const struct elf_hash_table *hash; /* NULL: only dlsym(3) knows */
  const ElfW(Sym) * symbols;
  const char *names;
  const ElfW(Half) * versions; /* NULL: none */
};

/* The tables of an object that object_find has found. */
struct elf_tables elf_tables_of(const struct object *object);

/*
 * *ret_address: the function that this object defines under this name, in its default version; NULL: there is
 * none. False: only dlsym(3) knows, since the object has no DT_GNU_HASH, or the address is one that a
 * function of the object's has to choose (STT_GNU_IFUNC). Calls nothing; any thread, as long as the object is
 * loaded.
 */
bool elf_symbol(const struct elf_tables *tables, const char *name, void **ret_address);

#endif
