/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Finds entries for the same name and port, which are a mistake. */
#include "canonical_name.h"
#include "diagnostic.h"
#include "reader.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

/* An entry that was read. */
struct known_entry {
  struct known_entry *next; /* next entry of the same name, for other ports; owned */
  /* Only in the first entry of a name, if it has MANY entries or more: one bit for each port that some
   * entry is for. With it a new entry need not be compared with all others. Owned; NULL: not used. */
  uint8_t *taken;
  uint32_t followers; /* only in the first entry of a name: how many follow it */
  const char *name;   /* stored behind the ports */
  const char *file;
  unsigned line;
  uint32_t port_count; /* 0: every port */
  uint16_t ports[];    /* ascending */
};

/* file: must live as long as the table; NULL: the entry's file name is copied. Returns NULL if there is no
 * memory. */
static struct known_entry *known_entry_new(const struct pin_entry *entry, const char *file) {
  size_t name_size = strlen(entry->name) + 1;
  size_t file_size = file == NULL ? strlen(entry->file) + 1 : 0;
  size_t ports_size = entry->port_count * sizeof entry->ports[0];
  struct known_entry *known = malloc(sizeof *known + ports_size + name_size + file_size);
  if (known == NULL)
    return NULL;
  *known = (struct known_entry){.line = entry->line, .port_count = entry->port_count};
  if (entry->port_count > 0)
    memcpy(known->ports, entry->ports, ports_size);
  char *texts = (char *)&known->ports[entry->port_count];
  known->name = memcpy(texts, entry->name, name_size);
  known->file = file != NULL ? file : memcpy(texts + name_size, entry->file, file_size);
  return known;
}

static void known_entries_free(void *value) {
  struct known_entry *known = value;
  while (known != NULL) {
    struct known_entry *next = known->next;
    free(known->taken);
    free(known);
    known = next;
  }
}

void pin_names_clear(struct pin_table *names) {
  pin_table_clear(names, known_entries_free);
}

/* The lowest port that both have; -1: none. Both must be limited to ports. */
static int common_port(const struct known_entry *a, const struct known_entry *b) {
  uint32_t i = 0;
  uint32_t j = 0;
  while (i < a->port_count && j < b->port_count) {
    if (a->ports[i] == b->ports[j])
      return a->ports[i];
    if (a->ports[i] < b->ports[j])
      i++;
    else
      j++;
  }
  return -1;
}

/* Returns whether the two conflict, which it then has reported. */
static bool clashes(struct pin_reader *reader, const struct known_entry *earlier,
                    const struct known_entry *later, const struct pin_setting *name) {
  if (earlier->port_count == 0 || later->port_count == 0) {
    pin_diagnose(reader->diagnostics, PIN_ERROR, name->source, &name->place,
                 "\"%s\" has an entry already at %s:%u; expected one entry for each name, or different ports",
                 later->name, earlier->file, earlier->line);
    return true;
  }
  int port = common_port(earlier, later);
  if (port < 0)
    return false;
  pin_diagnose(reader->diagnostics, PIN_ERROR, name->source, &name->place,
               "\"%s\" has an entry for port %d already at %s:%u; expected different ports", later->name,
               port, earlier->file, earlier->line);
  return true;
}

/* The size of one bit for each port, and the number of entries of one name from which on they are used. */
#define PORT_BITS ((UINT16_MAX + 1) / 8)
#define MANY 16

static bool bit_of(const uint8_t *bits, uint16_t port) {
  return (bits[port / 8] & 1u << port % 8) != 0;
}

static bool takes_port_of(const struct known_entry *first, const struct known_entry *later) {
  for (uint32_t i = 0; i < later->port_count; i++)
    if (bit_of(first->taken, later->ports[i]))
      return true;
  return false;
}

/* Whether the bits alone show that no entry of the name is for a port of the later one. */
static bool is_certainly_other(const struct known_entry *first, const struct known_entry *later) {
  return first->taken != NULL && first->port_count > 0 && later->port_count > 0 &&
         !takes_port_of(first, later);
}

static void take_ports(struct known_entry *first, const struct known_entry *known) {
  if (known->port_count == 0)
    memset(first->taken, 0xff, PORT_BITS);
  for (uint32_t i = 0; i < known->port_count; i++)
    first->taken[known->ports[i] / 8] |= (uint8_t)(1u << known->ports[i] % 8);
}

/* Adds an entry behind the first of its name, whose name is the key in the table. False: no memory. */
static bool remember(struct known_entry *first, struct known_entry *later) {
  later->next = first->next;
  first->next = later;
  first->followers++;
  if (first->taken != NULL) {
    take_ports(first, later);
    return true;
  }
  if (first->followers < MANY)
    return true;
  first->taken = calloc(PORT_BITS, 1);
  if (first->taken == NULL)
    return false;
  for (const struct known_entry *known = first; known != NULL; known = known->next)
    take_ports(first, known);
  return true;
}

/* ---- Entries in files that are not read ---- */

struct search {
  struct pin_reader *reader;
  const char *name;
};

/* Makes an entry of the compiled form known, unless its file is one of those that are read. */
static bool take_older(const struct pin_entry *entry, void *arg) {
  const struct search *search = arg;
  struct pin_reader *reader = search->reader;
  if (strcmp(entry->name, search->name) != 0 || pin_image_change_has(reader->older->change, entry->file))
    return true;
  struct known_entry *known = known_entry_new(entry, NULL);
  void **value = known != NULL ? pin_table_put(&reader->names, known->name) : NULL;
  if (value == NULL || (*value != NULL && !remember(*value, known))) {
    if (value == NULL)
      free(known);
    reader->diagnostics->no_memory = true;
    return false;
  }
  if (*value == NULL)
    *value = known;
  return true;
}

static void take_all_older(struct pin_reader *reader, const char *name) {
  struct search search = {reader, name};
  const char *base = name + (pin_name_kind_of(name) == PIN_NAME_WILDCARD ? strlen("*.") : 0);
  if (pin_policy_visit_base(reader->older->policy, base, take_older, &search) != PIN_OK)
    reader->older->damaged = true;
}

void pin_check_duplicate(struct pin_reader *reader, const struct pin_entry *entry,
                         const struct pin_setting *name) {
  if (reader->older != NULL && pin_table_find(&reader->names, entry->name, strlen(entry->name)) == NULL)
    take_all_older(reader, entry->name);
  struct known_entry *later = known_entry_new(entry, name->source->path);
  void **value = later != NULL ? pin_table_put(&reader->names, later->name) : NULL;
  if (value == NULL) {
    known_entries_free(later);
    reader->diagnostics->no_memory = true;
    return;
  }
  struct known_entry *first = *value;
  if (first == NULL) {
    *value = later;
    return;
  }
  if (!is_certainly_other(first, later)) {
    for (const struct known_entry *earlier = first; earlier != NULL; earlier = earlier->next)
      if (clashes(reader, earlier, later, name))
        break;
  }
  if (!remember(first, later))
    reader->diagnostics->no_memory = true;
}
