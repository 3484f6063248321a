/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Finds crowds among the entries that were collected, and files their records by port. */
#include "image_parts.h"

#include <stdlib.h>

/* An entry that is limited to ports. */
struct candidate {
  uint64_t base_hash;
  uint8_t *record;
  size_t order;
};

static struct pin_image_record read_record(const uint8_t *at) {
  struct pin_image_record record;
  memcpy(&record, at, sizeof record);
  return record;
}

/* 0: both have the same name and include_subdomains. */
static int compare_crowds(const struct candidate *a, const struct candidate *b) {
  if (a->base_hash != b->base_hash)
    return a->base_hash < b->base_hash ? -1 : 1;
  const struct pin_image_record left = read_record(a->record), right = read_record(b->record);
  if (pin_image_class_of(&left) != pin_image_class_of(&right))
    return pin_image_class_of(&left) < pin_image_class_of(&right) ? -1 : 1;
  return strcmp((const char *)a->record + sizeof left, (const char *)b->record + sizeof right);
}

static int compare(const void *a, const void *b) {
  const struct candidate *left = a, *right = b;
  const int crowds = compare_crowds(left, right);
  if (crowds != 0)
    return crowds;
  return left->order < right->order ? -1 : left->order > right->order;
}

/* Adds a record that is not an entry, with an entry's name. NULL: no memory. */
static uint8_t *add_beside(struct pin_image_builder *builder, const struct candidate *entry,
                           enum pin_image_role role, uint32_t port_count) {
  const struct pin_image_record of = read_record(entry->record);
  struct pin_image_record record = {.base_hash = entry->base_hash,
                                    .file = of.file,
                                    .name_length = of.name_length,
                                    .port_count = port_count,
                                    .kind = of.kind,
                                    .include_subdomains = of.include_subdomains,
                                    .role = (uint8_t)role};
  record.size = (uint32_t)pin_image_layout_of(&record).size;
  uint8_t *at = pin_image_reserve_record(builder, record.size);
  if (!at)
    return NULL;
  memcpy(at, &record, sizeof record);
  memcpy(at + sizeof record, entry->record + sizeof of, of.name_length);
  builder->bucket_bytes += record.size;
  builder->beside_count++;
  return at;
}

static uint64_t hash_by_port(const struct candidate *entry, const struct pin_image_record *record,
                             uint16_t port) {
  return pin_image_hash_by_port(entry->base_hash, pin_image_class_of(record), port);
}

/* Adds a pointer to an entry in the group of some of its ports. False: no memory. */
static bool add_pointer(struct pin_image_builder *builder, const struct candidate *entry,
                        const uint16_t *ports, uint32_t count, uint16_t lowest) {
  uint8_t *at = add_beside(builder, entry, PIN_ROLE_POINTER, count);
  if (!at)
    return false;
  struct pin_image_record record = read_record(at);
  record.base_hash = hash_by_port(entry, &record, ports[0]);
  record.line = lowest;
  memcpy(at, &record, sizeof record);
  memcpy(at + pin_image_layout_of(&record).ports, ports, count * sizeof ports[0]);
  return true;
}

/* Files an entry in the group of its lowest port, and pointers in all other groups. False: no memory. */
static bool put_by_port(struct pin_image_builder *builder, const struct candidate *entry) {
  struct pin_image_record record = read_record(entry->record);
  const uint16_t *ports =
      (const uint16_t *)(const void *)(entry->record + pin_image_layout_of(&record).ports);
  for (uint32_t begin = 0, end; begin < record.port_count; begin = end) {
    const uint32_t group = ports[begin] / PIN_IMAGE_PORTS_TOGETHER;
    for (end = begin + 1; end < record.port_count && ports[end] / PIN_IMAGE_PORTS_TOGETHER == group; end++)
      ;
    if (begin > 0 && !add_pointer(builder, entry, ports + begin, end - begin, ports[0]))
      return false;
  }
  record.base_hash = hash_by_port(entry, &record, ports[0]);
  record.role = PIN_ROLE_OF_CROWD;
  memcpy(entry->record, &record, sizeof record);
  return true;
}

/* Adds the mark of a crowd, with the lowest ports of its first entries. False: no memory. */
static bool add_mark(struct pin_image_builder *builder, const struct candidate *entries, size_t count) {
  const uint32_t marked = count < PIN_IMAGE_MARKED ? (uint32_t)count : PIN_IMAGE_MARKED;
  uint8_t *at = add_beside(builder, &entries[0], PIN_ROLE_CROWD, marked);
  if (!at)
    return false;
  const struct pin_image_record mark = read_record(at);
  uint8_t *port = at + pin_image_layout_of(&mark).ports;
  for (uint32_t i = 0; i < marked; i++, port += sizeof(uint16_t)) {
    const struct pin_image_record record = read_record(entries[i].record);
    memcpy(port, entries[i].record + pin_image_layout_of(&record).ports, sizeof(uint16_t));
  }
  return true;
}

/* False: no memory. */
static bool make_crowds(struct pin_image_builder *builder, const struct candidate *candidates, size_t count) {
  for (size_t begin = 0, end; begin < count; begin = end) {
    for (end = begin + 1; end < count && compare_crowds(&candidates[begin], &candidates[end]) == 0; end++)
      ;
    if (end - begin <= PIN_IMAGE_FEW)
      continue;
    if (!add_mark(builder, &candidates[begin], end - begin))
      return false;
    for (size_t i = begin; i < end; i++) {
      if (!put_by_port(builder, &candidates[i]))
        return false;
    }
  }
  return true;
}

static size_t collect(const struct pin_image_builder *builder, struct candidate *ret_candidates) {
  size_t count = 0;
  for (struct pin_image_chunk *chunk = builder->first; chunk; chunk = chunk->next) {
    struct pin_image_record record;
    for (size_t at = 0; at < chunk->used; at += record.size) {
      record = read_record(chunk->bytes + at);
      if (record.port_count == 0)
        continue;
      ret_candidates[count] = (struct candidate){record.base_hash, chunk->bytes + at, count};
      count++;
    }
  }
  return count;
}

bool pin_image_builder_make_crowds(struct pin_image_builder *builder) {
  if (builder->with_ports_count <= PIN_IMAGE_FEW)
    return true;
  struct candidate *candidates = calloc(builder->with_ports_count, sizeof candidates[0]);
  if (!candidates)
    return false;
  const size_t count = collect(builder, candidates);
  qsort(candidates, count, sizeof candidates[0], compare);
  const bool made = make_crowds(builder, candidates, count);
  free(candidates);
  return made;
}
