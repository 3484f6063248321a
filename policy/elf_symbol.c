/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "elf_symbol.h"

#include <stddef.h>
#include <stdint.h>

/* Marks a version that is not the default one. */
#define HIDDEN_VERSION 0x8000U

#define ADDRESS_BITS (8 * sizeof(ElfW(Addr)))
#define SYMBOL_TYPE(symbol) ((symbol)->st_info & 0xfU)

/* The head of the table at DT_GNU_HASH. */
struct elf_hash_table {
  uint32_t bucket_count, first_symbol, bloom_count, bloom_shift;
  /* ElfW(Addr) bloom[bloom_count]; uint32_t buckets[bucket_count], hashes[]. */
};

/* A loaded object, and its address range. */
struct place {
  const struct link_map *map;
  uintptr_t start, end;
};

static bool is_inside(const struct place *place, uintptr_t address) {
  return address >= place->start && address < place->end;
}

/* The address in a dynamic entry. glibc has turned offsets into addresses, but not on every machine, and
 * musl has not. NULL: it is outside the object. */
static const void *at(const struct place *place, const ElfW(Dyn) * part) {
  ElfW(Addr) address = part->d_un.d_ptr;

  if (!is_inside(place, address))
    address += place->map->l_addr;
  return is_inside(place, address) ? (const void *)address : NULL;
}

static void read_tables(const struct place *place, struct elf_tables *tables) {
  for (const ElfW(Dyn) *part = place->map->l_ld; part->d_tag != DT_NULL; part++) {
    /* The entries that we need have the lowest numbers, or the highest. */
    if (part->d_tag > DT_SYMENT && part->d_tag < DT_GNU_HASH)
      continue;
    if (part->d_tag == DT_GNU_HASH)
      tables->hash = at(place, part);
    else if (part->d_tag == DT_SYMTAB)
      tables->symbols = at(place, part);
    else if (part->d_tag == DT_STRTAB)
      tables->names = at(place, part);
    else if (part->d_tag == DT_STRSZ)
      tables->names_size = part->d_un.d_val;
    else if (part->d_tag == DT_VERSYM)
      tables->versions = at(place, part);
  }
}

struct elf_tables elf_tables_of(const struct link_map *map, const void *start, const void *end) {
  const struct place place = {map, (uintptr_t)start, (uintptr_t)end};
  struct elf_tables tables = {.hash = NULL};

  if (map == NULL)
    return tables;
  tables.base = map->l_addr;
  read_tables(&place, &tables);
  if (tables.symbols == NULL || tables.names == NULL || tables.names_size == 0 ||
      (tables.hash != NULL && tables.hash->bucket_count == 0))
    tables.hash = NULL;
  return tables;
}

/* The compiler makes no function call for eight bytes. */
static uint64_t eight_bytes(const char *text) {
  uint64_t bytes;

  __builtin_memcpy(&bytes, text, sizeof bytes);
  return bytes;
}

/* Not memcmp(3), because this code is used to find libc's memcmp. */
static bool is_same(const char *one, const char *other, size_t size) {
  const size_t eight = sizeof(uint64_t);

  if (size >= eight) {
    /* The last eight bytes may overlap those before. */
    for (size_t at = 0; at + eight < size; at += eight) {
      if (eight_bytes(one + at) != eight_bytes(other + at))
        return false;
    }
    return eight_bytes(one + size - eight) == eight_bytes(other + size - eight);
  }
  for (size_t at = 0; at < size; at++) {
    if (one[at] != other[at])
      return false;
  }
  return true;
}

static bool is_named(const struct elf_tables *tables, const ElfW(Sym) * symbol,
                     const struct elf_name *sought) {
  return symbol->st_name < tables->names_size && sought->size <= tables->names_size - symbol->st_name &&
         is_same(tables->names + symbol->st_name, sought->name, sought->size);
}

static bool is_meant(const struct elf_tables *tables, uint32_t index, const struct elf_name *sought) {
  const ElfW(Sym) *symbol = &tables->symbols[index];

  return symbol->st_shndx != SHN_UNDEF && is_named(tables, symbol, sought) &&
         (tables->versions == NULL || (tables->versions[index] & HIDDEN_VERSION) == 0);
}

/* NULL: there is none. */
static const ElfW(Sym) * find(const struct elf_tables *tables, const struct elf_name *sought) {
  const struct elf_hash_table *table = tables->hash;
  const ElfW(Addr) *bloom = (const ElfW(Addr) *)(const void *)(table + 1);
  const uint32_t *buckets = (const uint32_t *)(const void *)(bloom + table->bloom_count);
  const uint32_t *hashes = buckets + table->bucket_count;
  uint32_t hash = sought->hash;
  ElfW(Addr) word = bloom[hash / ADDRESS_BITS & (table->bloom_count - 1)];
  uint32_t index;

  if ((word >> hash % ADDRESS_BITS & word >> (hash >> table->bloom_shift) % ADDRESS_BITS & 1) == 0)
    return NULL;
  index = buckets[hash % table->bucket_count];
  if (index < table->first_symbol)
    return NULL;
  for (;; index++) {
    uint32_t here = hashes[index - table->first_symbol];

    if (((here ^ hash) & ~1U) == 0 && is_meant(tables, index, sought))
      return &tables->symbols[index];
    if ((here & 1) != 0)
      return NULL;
  }
}

bool elf_symbol_named(const struct elf_tables *tables, struct elf_name name, void **ret_address) {
  const ElfW(Sym) * symbol;

  *ret_address = NULL;
  if (tables->hash == NULL)
    return false;
  symbol = find(tables, &name);
  if (symbol == NULL)
    return true;
  if (SYMBOL_TYPE(symbol) != STT_FUNC && SYMBOL_TYPE(symbol) != STT_OBJECT)
    return false;
  *ret_address = (void *)(tables->base + symbol->st_value);
  return true;
}

struct elf_name elf_name_of(const char *name) {
  struct elf_name sought = {name, 0, ELF_EMPTY_HASH};

  for (; name[sought.size] != '\0'; sought.size++)
    sought.hash = ELF_HASH_STEP(sought.hash, name[sought.size]);
  sought.size++;
  return sought;
}

bool elf_symbol(const struct elf_tables *tables, const char *name, void **ret_address) {
  return elf_symbol_named(tables, elf_name_of(name), ret_address);
}
