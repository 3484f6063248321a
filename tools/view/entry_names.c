/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/entry_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "cli/output.h"

static bool refuse_damage(void) {
  return say_error("the policy's image is damaged");
}

static bool keep_name(const struct pin_entry *entry, void *arg) {
  struct entry_names *names = arg;
  names->items[names->count++] = arena_text(&names->memory, entry->name);
  return true;
}

bool entry_names_read(const struct pin_policy *policy, struct entry_names *ret_names) {
  size_t kept = 0;
  *ret_names = (struct entry_names){.items = must_alloc(policy->entry_count, sizeof *ret_names->items)};
  if (pin_policy_visit(policy, keep_name, ret_names) != PIN_OK)
    return refuse_damage();
  qsort(ret_names->items, ret_names->count, sizeof *ret_names->items, texts_compare);
  for (size_t i = 0; i < ret_names->count; i++)
    if (kept == 0 || strcmp(ret_names->items[kept - 1], ret_names->items[i]) != 0)
      ret_names->items[kept++] = ret_names->items[i];
  ret_names->count = kept;
  return true;
}

static size_t find(const struct entry_names *names, const char *name) {
  const char **found = bsearch(&name, names->items, names->count, sizeof *names->items, texts_compare);
  return found == NULL ? names->count : (size_t)(found - names->items);
}

size_t entry_names_find(const struct entry_names *names, const char *name) {
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  size_t at = find(names, name);
  return at == names->count && host_and_port_read(name, &host, &port) ? find(names, host) : at;
}

void entry_names_clear(struct entry_names *names) {
  free(names->items);
  arena_clear(&names->memory);
  *names = (struct entry_names){0};
}

/* The entries of one name, which point into the image. */
struct same_name {
  const char *name;
  struct entries entries;
  size_t room;
};

static bool keep_entry(const struct pin_entry *entry, void *arg) {
  struct same_name *same = arg;
  struct entries *entries = &same->entries;
  if (strcmp(entry->name, same->name) != 0)
    return true;
  if (entries->count == same->room) {
    same->room = 2 * same->room + 1;
    entries->items = must_grow(entries->items, same->room, sizeof *entries->items);
  }
  entries->items[entries->count++] = *entry;
  return true;
}

bool entry_names_show(const struct entry_names *names, const struct pin_policy *policy, entry_show_fn *show,
                      void *arg) {
  struct same_name same = {0};
  bool good = true;
  for (size_t i = 0; i < names->count && good; i++) {
    const char *name = names->items[i];
    const char *base = name + (strncmp(name, "*.", 2) == 0 ? 2 : 0);
    same.name = name;
    same.entries.count = 0;
    good = pin_policy_visit_base(policy, base, keep_entry, &same) == PIN_OK && same.entries.count > 0;
    entries_sort_by_name(&same.entries);
    for (size_t j = 0; j < same.entries.count && good; j++)
      show(&same.entries.items[j], arg);
  }
  entries_clear(&same.entries);
  return good || refuse_damage();
}
