/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A function or variable by its name, from the tables of one loaded object. What dlsym(3) finds there too, at
 * a fifth of its cost, and never in another object.
 */
#ifndef PIN_ELF_SYMBOL_H
#define PIN_ELF_SYMBOL_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where they are; lasts as long as the object. */
struct elf_tables {
  ElfW(Addr) base;
  const struct elf_hash_table *hash; /* NULL: only dlsym(3) knows */
  const ElfW(Sym) * symbols;
  const char *names;
  size_t names_size;
  const ElfW(Half) * versions; /* NULL: none */
};

#define ELF_EMPTY_HASH 5381u
#define ELF_HASH_STEP(hash, byte) ((hash)*33 + (unsigned char)(byte))

/* A name that is sought. */
struct elf_name {
  const char *name;
  uint32_t size; /* with the byte that ends it */
  uint32_t hash;
};

/* Any name. */
struct elf_name elf_name_of(const char *name);

/* The same of a literal, of which the compiler works out the hash. */
#define ELF_NAME(literal) elf_name_of_literal("" literal, sizeof("" literal))
__attribute__((always_inline)) static inline struct elf_name elf_name_of_literal(const char *name,
                                                                                 size_t size) {
  uint32_t hash = ELF_EMPTY_HASH;

#pragma GCC unroll 64
  for (size_t i = 0; i + 1 < size; i++)
    hash = ELF_HASH_STEP(hash, name[i]);
  return (struct elf_name){name, (uint32_t)size, hash};
}

/* The tables of a loaded object, which takes the addresses from start to before end. map: NULL where it is
 * not known. */
struct elf_tables elf_tables_of(const struct link_map *map, const void *start, const void *end);

/*
 * *ret_address: the function or variable that this object defines under this name, in its default version;
 * NULL: there is none. False: only dlsym(3) knows, since the object has no DT_GNU_HASH, or the address is one
 * that a function of the object's has to choose (STT_GNU_IFUNC). Calls nothing; any thread, as long as the
 * object is loaded.
 */
bool elf_symbol(const struct elf_tables *tables, const char *name, void **ret_address);
bool elf_symbol_named(const struct elf_tables *tables, struct elf_name name, void **ret_address);

#endif
