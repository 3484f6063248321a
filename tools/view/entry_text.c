/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "view/entry_text.h"

static bool keep_entry(const struct pin_entry *entry, void *arg) {
  struct entries *entries = arg;
  entries->items[entries->count++] = *entry;
  return true;
}

struct pin_entry entry_copy(struct arena *memory, const struct pin_entry *entry) {
  struct pin_entry copy = *entry;
  copy.name = arena_copy(memory, entry->name, strlen(entry->name) + 1);
  copy.comment = arena_copy(memory, entry->comment, strlen(entry->comment) + 1);
  copy.file = arena_copy(memory, entry->file, strlen(entry->file) + 1);
  if (entry->port_count > 0)
    copy.ports = arena_copy(memory, entry->ports, entry->port_count * sizeof entry->ports[0]);
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    copy.lists[list].digests =
        arena_copy(memory, entry->lists[list].digests, entry->lists[list].count * sizeof(struct pin_digest));
  return copy;
}

struct selection {
  struct entries *entries;
  const char *name; /* NULL: any name */
};

static bool keep_selected(const struct pin_entry *entry, void *arg) {
  const struct selection *selection = arg;
  struct entries *entries = selection->entries;
  if (selection->name != NULL && strcmp(entry->name, selection->name) != 0)
    return true;
  entries->items = must_room(entries->items, entries->count, sizeof *entries->items);
  entries->items[entries->count++] = entry_copy(&entries->memory, entry);
  return true;
}

bool entries_of_name(const struct pin_policy *policy, const char *name, struct entries *entries) {
  struct selection selection = {.entries = entries, .name = name};
  const char *base = name + (strncmp(name, "*.", 2) == 0 ? 2 : 0);
  return pin_policy_visit_base(policy, base, keep_selected, &selection) == PIN_OK;
}

bool entries_related(const struct pin_policy *policy, const char *host, struct entries *entries) {
  struct selection selection = {.entries = entries};
  for (const char *base = host; base != NULL;) {
    if (pin_policy_visit_base(policy, base, keep_selected, &selection) != PIN_OK)
      return false;
    const char *dot = strchr(base, '.');
    base = dot == NULL ? NULL : dot + 1;
  }
  return true;
}

bool entries_read(const struct pin_policy *policy, struct entries *ret_entries) {
  *ret_entries = (struct entries){0};
  if (policy->image == NULL)
    return say_error("the policy's image is not in memory; this is a mistake in pinctl");
  ret_entries->items = must_alloc(policy->entry_count, sizeof *ret_entries->items);
  if (pin_policy_visit(policy, keep_entry, ret_entries) == PIN_OK)
    return true;
  return say_error("the policy's image is damaged");
}

void entries_clear(struct entries *entries) {
  free(entries->items);
  arena_clear(&entries->memory);
  *entries = (struct entries){0};
}

const char *mode_word(enum pin_mode mode) {
  static const char *const words[] = {"enforce", "audit", "off"};
  return words[mode];
}

static const char *kind_word(enum pin_name_kind kind) {
  static const char *const words[] = {"host", "wildcard", "address"};
  return words[kind];
}

const char *unlisted_word(enum pin_unlisted unlisted) {
  static const char *const words[] = {"ignore", "observe", "refuse"};
  return words[unlisted];
}

char *unlisted_text(const struct pin_policy *policy) {
  if (policy->unlisted == PIN_UNLISTED_IGNORE)
    return NULL;
  if (policy->mode == PIN_MODE_OFF)
    return must_format("unlisted = \"%s\" has no effect while mode is \"off\"",
                       unlisted_word(policy->unlisted));
  if (policy->unlisted == PIN_UNLISTED_OBSERVE)
    return must_copy("hosts that no entry covers are logged");
  return must_copy(
      policy->mode == PIN_MODE_AUDIT
          ? "hosts that no entry covers are logged, and would be refused if mode were \"enforce\""
          : "hosts that no entry covers are refused");
}

char *expiry_text(int64_t expires) {
  if (expires == PIN_NEVER)
    return must_copy("never");
  /* A date without a time stands for its last second. */
  bool whole_day = (expires - (SECONDS_PER_DAY - 1)) % SECONDS_PER_DAY == 0;
  return whole_day ? date_format(expires) : timestamp_utc(expires);
}

/* The path of a file relative to a directory; NULL: it is not in there. */
static const char *name_below(const char *file, const char *directory) {
  size_t length = directory == NULL ? 0 : strlen(directory);
  bool below = length > 1 && strncmp(file, directory, length) == 0 && file[length] == '/';
  return below ? file + length + 1 : NULL;
}

char *entry_place(const struct pin_entry *entry, const char *policy_path) {
  AUTO_TEXT directory = path_directory(policy_path);
  AUTO_TEXT absolute = NULL;
  const char *file = name_below(entry->file, directory);
  if (file == NULL) {
    absolute = realpath(directory, NULL);
    file = name_below(entry->file, absolute);
  }
  return must_format("%s:%u", file == NULL ? entry->file : file, (unsigned)entry->line);
}

static int compare_names(const void *a, const void *b) {
  const struct pin_entry *left = a;
  const struct pin_entry *right = b;
  int order = strcmp(left->name, right->name);
  if (order == 0)
    order = strcmp(left->file, right->file);
  if (order == 0)
    order = left->line < right->line ? -1 : left->line > right->line;
  return order;
}

void entries_sort_by_name(struct entries *entries) {
  if (entries->count > 0)
    qsort(entries->items, entries->count, sizeof *entries->items, compare_names);
}

static int compare_to_name(const void *name, const void *entry) {
  return strcmp(name, ((const struct pin_entry *)entry)->name);
}

const struct pin_entry *entries_find(const struct entries *entries, const char *name, size_t *ret_count) {
  const struct pin_entry *first = NULL, *end;
  *ret_count = 0;
  if (entries->count > 0)
    first = bsearch(name, entries->items, entries->count, sizeof *entries->items, compare_to_name);
  if (first == NULL)
    return NULL;
  for (end = first; end < entries->items + entries->count && strcmp(end->name, name) == 0;)
    end++;
  while (first > entries->items && strcmp(first[-1].name, name) == 0)
    first--;
  *ret_count = (size_t)(end - first);
  return first;
}

json_object *digests_json(const struct pin_digest_list *list) {
  json_object *array = json_object_new_array();
  for (uint32_t i = 0; i < list->count; i++)
    json_object_array_add(array, json_digest(&list->digests[i]));
  return array;
}

static json_object *ports_json(const struct pin_entry *entry) {
  json_object *array = json_object_new_array();
  for (uint32_t i = 0; i < entry->port_count; i++)
    json_object_array_add(array, json_object_new_int(entry->ports[i]));
  return array;
}

json_object *entry_json(const struct pin_entry *entry) {
  json_object *object = json_object_new_object();
  json_object_object_add(object, "name", json_text(entry->name));
  json_object_object_add(object, "kind", json_text(kind_word(entry->kind)));
  json_object_object_add(object, "include_subdomains", json_object_new_boolean(entry->include_subdomains));
  json_object_object_add(object, "ports", ports_json(entry));
  json_object_object_add(object, "mode", json_text(mode_word(entry->mode)));
  json_object_object_add(object, "mode_is_default", json_object_new_boolean(entry->mode_is_default));
  json_object_object_add(object, "require", json_text(entry->require == PIN_REQUIRE_ALL ? "all" : "any"));
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    json_object_object_add(object, pin_list_name((enum pin_list)list), digests_json(&entry->lists[list]));
  AUTO_TEXT expires = entry->expires == PIN_NEVER ? NULL : expiry_text(entry->expires);
  json_object_object_add(object, "expires", json_text_or_null(expires));
  json_object_object_add(object, "on_expiry",
                         json_text(entry->on_expiry == PIN_ON_EXPIRY_ENFORCE ? "enforce" : "audit"));
  json_object_object_add(object, "comment", json_text(entry->comment));
  json_object_object_add(object, "file", json_text(entry->file));
  json_object_object_add(object, "line", json_object_new_int64(entry->line));
  return object;
}

#define LIST_COLUMNS 22

/* A pin is never broken over lines: where it has no room beside the name of its list it goes below. */
static void print_list(enum pin_list which, const struct pin_digest_list *list) {
  bool below = output_columns() < LIST_COLUMNS + PIN_DIGEST_TEXT_SIZE - 1;
  if (below && list->count > 0)
    put(stdout, PLAIN, "  %s\n", pin_list_name(which));
  for (uint32_t i = 0; i < list->count; i++) {
    char text[PIN_DIGEST_TEXT_SIZE];
    pin_digest_format(&list->digests[i], text);
    if (below)
      put(stdout, PLAIN, "    %s\n", text);
    else
      put(stdout, PLAIN, "  %-19s %s\n", i == 0 ? pin_list_name(which) : "", text);
  }
}

void entry_print(const struct pin_entry *entry) {
  AUTO_TEXT ports = ports_format(entry->ports, entry->port_count);
  AUTO_TEXT expires = expiry_text(entry->expires);
  put(stdout, PLAIN, "  %-19s %s%s\n", "mode", mode_word(entry->mode),
      entry->mode_is_default ? " (the policy's default)" : "");
  put(stdout, PLAIN, "  %-19s %s\n", "ports", ports);
  if (entry->kind == PIN_NAME_HOST)
    put(stdout, PLAIN, "  %-19s %s\n", "include_subdomains", entry->include_subdomains ? "true" : "false");
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    print_list((enum pin_list)list, &entry->lists[list]);
  put(stdout, PLAIN, "  %-19s %s\n", "require", entry->require == PIN_REQUIRE_ALL ? "all" : "any");
  if (entry->expires != PIN_NEVER)
    put(stdout, PLAIN, "  %-19s %s, afterwards %s\n", "expires", expires,
        entry->on_expiry == PIN_ON_EXPIRY_ENFORCE ? "still enforced" : "only logged");
  if (*entry->comment != '\0')
    put(stdout, PLAIN, "  %-19s %s\n", "comment", entry->comment);
}
