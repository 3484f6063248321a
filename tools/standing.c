/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "standing.h"

#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "file.h"
#include "output.h"
#include "port.h"

/* The image may have been read through a directory laid out for checking; the names in it are the same. */
static char *real_path(const struct change *change, const char *file) {
  AUTO_TEXT directory = path_directory(file);
  bool is_dropin = strcmp(path_base(directory), "policy.d") == 0;
  return is_dropin ? must_format("%s/%s", change->dropins, path_base(file)) : must_copy(change->policy);
}

/* Ours: the file has the name pinctl gives it, still agrees with its digest, and holds this entry. */
static struct dropin *own_dropin(const struct pin_entry *entry, const char *path, char **ret_text) {
  size_t length = 0;
  AUTO_TEXT expected = dropin_file_name(entry->name, entry->ports, entry->port_count);
  if (strcmp(expected, path_base(path)) != 0 || file_read(path, ret_text, &length) != 0)
    return NULL;
  struct dropin *dropin = dropin_parse(*ret_text);
  if (dropin != NULL && strcmp(dropin->host, entry->name) == 0 &&
      ports_equal(dropin->ports, dropin->port_count, entry->ports, entry->port_count))
    return dropin;
  dropin_free(dropin);
  return NULL;
}

static void add_standing(const struct change *change, const struct pin_entry *entry,
                         struct standings *standings) {
  standings->items = must_grow(standings->items, standings->count + 1, sizeof *standings->items);
  struct standing *standing = &standings->items[standings->count++];
  *standing = (struct standing){.entry = *entry, .path = real_path(change, entry->file)};
  standing->dropin = own_dropin(entry, standing->path, &standing->text);
}

/* In place where that can be, so that the owner and mode of policy.d itself are judged as well. */
static bool load(const struct change *change, struct loaded_policy *loaded) {
  if (change->count > 0)
    return change_check(change, loaded);
  policy_load(change->policy, loaded);
  return true;
}

int standings_read(const struct change *change, const char *host, struct standings *ret_standings) {
  *ret_standings = (struct standings){0};
  struct loaded_policy *loaded = &ret_standings->loaded;
  if (!load(change, loaded))
    return EXIT_FAILED;
  if (loaded->status != PIN_OK) {
    diagnostics_print(stderr, &loaded->diagnostics);
    say_error("%s: the policy is not in order; nothing was changed", change->policy);
    return loaded->status == PIN_INVALID ? EXIT_FINDING : EXIT_FAILED;
  }
  struct entries entries;
  bool good = entries_read(&loaded->policy, &entries);
  for (size_t i = 0; good && i < entries.count; i++)
    if (strcmp(entries.items[i].name, host) == 0)
      add_standing(change, &entries.items[i], ret_standings);
  entries_clear(&entries);
  return good ? EXIT_DONE : EXIT_FAILED;
}

void standings_clear(struct standings *standings) {
  for (size_t i = 0; i < standings->count; i++) {
    free(standings->items[i].path);
    free(standings->items[i].text);
    dropin_free(standings->items[i].dropin);
  }
  free(standings->items);
  policy_clear(&standings->loaded);
  *standings = (struct standings){0};
}

int refuse_foreign(const struct standing *standing) {
  say_error("%s:%u: the entry for \"%s\" was written or edited by hand; change it there", standing->path,
            (unsigned)standing->entry.line, standing->entry.name);
  return EXIT_FAILED;
}
