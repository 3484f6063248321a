/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "elf_symbol.h"

#include <stddef.h>
#include <stdint.h>

/* Not the version that a mere name stands for. */
#define HIDDEN_VERSION 0x8000U

#define ADDRESS_BITS (8 * sizeof(ElfW(Addr)))
#define SYMBOL_TYPE(symbol) ((symbol)->st_info & 0xfU)

/* What DT_GNU_HASH leads to. */
struct elf_hash_table {
  uint32_t bucket_count, first_symbol, bloom_count, bloom_shift;
  /* ElfW(Addr) bloom[bloom_count]; uint32_t buckets[bucket_count], hashes[]. */
};

static bool is_inside(const struct object *object, uintptr_t address) {
  return address >= (uintptr_t)object->start && address < (uintptr_t)object->end;
}

/* glibc has made addresses of the offsets, but not on every machine; musl has not. NULL: it leads out of the
 * object. */
static const void *at(const struct object *object, const ElfW(Dyn) * part) {
  ElfW(Addr) address = part->d_un.d_ptr;

  if (!is_inside(object, address))
    address += object->map->l_addr;
  return is_inside(object, address) ? (const void *)address : NULL;
}

static void read_tables(const struct object *object, struct elf_tables *tables) {
  for (const ElfW(Dyn) *part = object->map->l_ld; part->d_tag != DT_NULL; part++) {
    if (part->d_tag == DT_GNU_HASH)
      tables->hash = at(object, part);
    else if (part->d_tag == DT_SYMTAB)
      tables->symbols = at(object, part);
    else if (part->d_tag == DT_STRTAB)
      tables->names = at(object, part);
    else if (part->d_tag == DT_VERSYM)
      tables->versions = at(object, part);
  }
}

struct elf_tables elf_tables_of(const struct object *object) {
  struct elf_tables tables = {.hash = NULL};

  if (object->map == NULL)
    return tables;
  tables.base = object->map->l_addr;
  read_tables(object, &tables);
  if (tables.symbols == NULL || tables.names == NULL ||
      (tables.hash != NULL && tables.hash->bucket_count == 0))
    tables.hash = NULL;
  return tables;
}

static uint32_t hash_of(const char *name) {
  uint32_t hash = 5381;

  for (; *name != '\0'; name++)
    hash = hash * 33 + (unsigned char)*name;
  return hash;
}

/* Not by strcmp(3), which would be looked for by this. */
static bool is_same(const char *one, const char *other) {
  while (*one != '\0' && *one == *other) {
    one++;
    other++;
  }
  return *one == *other;
}

static bool is_meant(const struct elf_tables *tables, uint32_t index, const char *name) {
  const ElfW(Sym) *symbol = &tables->symbols[index];

  return symbol->st_shndx != SHN_UNDEF && is_same(tables->names + symbol->st_name, name) &&
         (tables->versions == NULL || (tables->versions[index] & HIDDEN_VERSION) == 0);
}

/* NULL: there is none. */
static const ElfW(Sym) * find(const struct elf_tables *tables, const char *name) {
  const struct elf_hash_table *table = tables->hash;
  const ElfW(Addr) *bloom = (const ElfW(Addr) *)(const void *)(table + 1);
  const uint32_t *buckets = (const uint32_t *)(const void *)(bloom + table->bloom_count);
  const uint32_t *hashes = buckets + table->bucket_count;
  uint32_t hash = hash_of(name);
  ElfW(Addr) word = bloom[hash / ADDRESS_BITS & (table->bloom_count - 1)];
  uint32_t index;

  if ((word >> hash % ADDRESS_BITS & word >> (hash >> table->bloom_shift) % ADDRESS_BITS & 1) == 0)
    return NULL;
  index = buckets[hash % table->bucket_count];
  if (index < table->first_symbol)
    return NULL;
  for (;; index++) {
    uint32_t here = hashes[index - table->first_symbol];

    if (((here ^ hash) & ~1U) == 0 && is_meant(tables, index, name))
      return &tables->symbols[index];
    if ((here & 1) != 0)
      return NULL;
  }
}

bool elf_symbol(const struct elf_tables *tables, const char *name, void **ret_address) {
  const ElfW(Sym) * symbol;

  *ret_address = NULL;
  if (tables->hash == NULL)
    return false;
  symbol = find(tables, name);
  if (symbol == NULL)
    return true;
  if (SYMBOL_TYPE(symbol) != STT_FUNC)
    return false;
  *ret_address = (void *)(tables->base + symbol->st_value);
  return true;
}
