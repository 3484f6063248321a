/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Finds a function or variable by its name in the tables of one loaded object. That costs a fifth of
 * dlsym(3), and never finds one of another object. */
#ifndef PIN_ELF_SYMBOL_H
#define PIN_ELF_SYMBOL_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The tables of an object. Valid as long as the object. */
struct elf_tables {
  ElfW(Addr) base;
  const struct elf_hash_table *hash; /* NULL: only dlsym(3) can search the object */
  const ElfW(Sym) * symbols;
  const char *names;
  size_t names_size;
  const ElfW(Half) * versions; /* NULL: none */
};

#define ELF_EMPTY_HASH 5381u
#define ELF_HASH_STEP(hash, byte) ((hash)*33 + (unsigned char)(byte))

/* A name to search for. */
struct elf_name {
  const char *name;
  uint32_t size; /* with the NUL */
  uint32_t hash;
};

/* Prepares any name. */
struct elf_name elf_name_of(const char *name);

/* Prepares a literal; the compiler computes the hash. */
#define ELF_NAME(literal) elf_name_of_literal("" literal, sizeof("" literal))
__attribute__((always_inline)) static inline struct elf_name elf_name_of_literal(const char *name,
                                                                                 size_t size) {
  uint32_t hash = ELF_EMPTY_HASH;

#pragma GCC unroll 64
  for (size_t i = 0; i + 1 < size; i++)
    hash = ELF_HASH_STEP(hash, name[i]);
  return (struct elf_name){name, (uint32_t)size, hash};
}

/* Finds the tables of a loaded object whose addresses go from `start` to before `end`. map: NULL if not
 * known. */
struct elf_tables elf_tables_of(const struct link_map *map, const void *start, const void *end);

/*
 * Finds the function or variable that the object defines under this name, in its default version.
 * *ret_address: NULL if there is none. Returns false if only dlsym(3) can tell, because the object has no
 * DT_GNU_HASH, or a function of the object must choose the address (STT_GNU_IFUNC). Calls nothing. Any
 * thread, as long as the object is loaded.
 */
bool elf_symbol(const struct elf_tables *tables, const char *name, void **ret_address);
bool elf_symbol_named(const struct elf_tables *tables, struct elf_name name, void **ret_address);

#endif
