/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/import.h"

#include <errno.h>
#include <string.h>

#include "base/checksummed_text.h"
#include "base/file.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "cli/output.h"
#include "edit/dropin.h"
#include "edit/existing_entry.h"
#include "edit/list_file.h"
#include "view/entry_text.h"

/* Like the limit in conversion.c. */
#define MOST_SHOWN 20

/* Finds an entry of the policy for the same name and a common port. The entries are sorted by name. */
static const struct pin_entry *find_clash(const struct entries *entries, const struct pin_entry *entry) {
  size_t count = 0;
  const struct pin_entry *found = entries_find(entries, entry->name, &count);
  for (size_t i = 0; i < count; i++)
    if (ports_overlap(found[i].ports, found[i].port_count, entry->ports, entry->port_count))
      return &found[i];
  return NULL;
}

/* Leaves out hosts that the policy has already, and returns their number. */
static size_t leave_out_existing(struct conversion *conversion, const struct entries *entries,
                                 const struct change *change) {
  size_t kept = 0;
  size_t left_out = 0;
  for (size_t i = 0; i < conversion->count; i++) {
    const struct pin_entry *clash = find_clash(entries, &conversion->items[i].entry);
    if (clash == NULL) {
      conversion->items[kept++] = conversion->items[i];
      continue;
    }
    AUTO_TEXT path = policy_file_path(change, clash->file);
    if (left_out++ < MOST_SHOWN)
      say_warning("%s: has an entry already (%s:%u); left out", clash->name, path, (unsigned)clash->line);
  }
  if (left_out > MOST_SHOWN)
    say_warning("and %zu more hosts that have an entry already", left_out - MOST_SHOWN);
  conversion->count = kept;
  return left_out;
}

/* Reads the earlier version of the list; *ret_text is NULL if there is none. */
static int read_earlier(const char *path, char **ret_text) {
  size_t length = 0;
  int error = file_read(path, ret_text, &length);
  if (error == ENOENT)
    return EXIT_DONE;
  if (error != 0)
    say_error("%s: %s", path, strerror(error));
  else if (!import_list_is_own(*ret_text))
    say_error("%s: was written or edited by hand; nothing was changed (--name gives the list another name)",
              path);
  else
    return EXIT_DONE;
  return EXIT_FAILED;
}

/* Compares with the policy without the earlier version of the list, whose entries the new list replaces. */
static int leave_out(struct conversion *conversion, const struct change *change, size_t *ret_left_out) {
  struct loaded_policy loaded;
  struct entries entries = {0};
  change_check(change, &loaded);
  int status = loaded.status == PIN_OK ? EXIT_DONE : change_refuse_policy(change, &loaded);
  if (status == EXIT_DONE && !entries_read(&loaded.policy, &entries))
    status = EXIT_FAILED;
  if (status == EXIT_DONE) {
    entries_sort_by_name(&entries);
    *ret_left_out = leave_out_existing(conversion, &entries, change);
  }
  entries_clear(&entries);
  policy_clear(&loaded);
  return status;
}

/* Names a pin set after its content, so that a newer list does not change the sets that stay the same. */
static char *set_name(const char *name, const struct pin_digest_list *list) {
  AUTO_TEXT hash = digests_hash(list);
  return must_format(LIST_FILE_PREFIX "%s-%.16s", name, hash);
}

static bool is_shared(const struct digest_group *group) {
  return group->used > 1 && group->list->count > 1;
}

static void write_sets(FILE *stream, const char *name, const struct grouping *grouping) {
  bool first = true;
  for (size_t i = 0; i < grouping->count; i++) {
    if (!is_shared(&grouping->groups[i]))
      continue;
    AUTO_TEXT set = set_name(name, grouping->groups[i].list);
    fprintf(stream, "%s  %s = [\n    ", first ? "pinsets = {\n" : "", set);
    digests_write(stream, grouping->groups[i].list, "\"sha256/", "\"", ",\n    ");
    fputs("\n  ];\n", stream);
    first = false;
  }
  fputs(first ? "" : "};\n", stream);
}

static void write_lists(FILE *stream, const char *name, const struct pin_entry *entry,
                        const struct digest_group *group) {
  for (int i = 0; i < PIN_LIST_COUNT; i++) {
    if (entry->lists[i].count == 0)
      continue;
    fprintf(stream, " %s = [ ", pin_list_name((enum pin_list)i));
    if (i == PIN_LIST_PINS && is_shared(group)) {
      AUTO_TEXT set = set_name(name, group->list);
      fprintf(stream, "\"@%s\"", set);
    } else {
      digests_write(stream, &entry->lists[i], "\"sha256/", "\"", ", ");
    }
    fputs(" ];", stream);
  }
}

/* One line for each entry: a diff between two versions of a list shows changed entries. */
static void write_entry(FILE *stream, const char *name, const struct pin_entry *entry,
                        const struct digest_group *group) {
  fputs("  { name = ", stream);
  config_string_write(stream, entry->name);
  fputc(';', stream);
  if (entry->include_subdomains)
    fputs(" include_subdomains = true;", stream);
  for (uint32_t i = 0; i < entry->port_count; i++)
    fprintf(stream, "%s%u%s", i == 0 ? " ports = [ " : ", ", (unsigned)entry->ports[i],
            i + 1 == entry->port_count ? " ];" : "");
  write_lists(stream, name, entry, group);
  if (entry->require == PIN_REQUIRE_ALL)
    fputs(" require = \"all\";", stream);
  if (!entry->mode_is_default)
    fprintf(stream, " mode = \"%s\";", mode_word(entry->mode));
  if (entry->expires != PIN_NEVER) {
    AUTO_TEXT when = expiry_text(entry->expires);
    fprintf(stream, " expires = \"%s\";", when);
  }
  fputs(" }", stream);
}

/* The text of edit/list_file.h's file; `format` is for its first line. For free(3). */
static char *render_list(const struct conversion *conversion, const char *name, const char *format) {
  char *body = NULL;
  size_t size = 0;
  struct grouping grouping = grouping_new(conversion);
  FILE *stream = memory_open(&body, &size);
  fprintf(stream, "# Imported from the format %s.\n", format);
  write_sets(stream, name, &grouping);
  fputs("hosts = (\n", stream);
  for (size_t i = 0; i < conversion->count; i++) {
    write_entry(stream, name, &conversion->items[i].entry, &grouping.groups[grouping.group_of[i]]);
    fputs(i + 1 < conversion->count ? ",\n" : "\n", stream);
  }
  fputs(");\n", stream);
  grouping_clear(&grouping);
  memory_close(stream);
  char *text = checksummed_text(LIST_FILE_HEAD, body);
  free(body);
  return text;
}

static int commit(struct change *change, const struct conversion *conversion, const struct import_wish *wish,
                  size_t left_out) {
  struct file_change *file = &change->files[change->count - 1];
  if (left_out > 0 && wish->strict) {
    say_error("%s: %zu of its hosts have an entry already; nothing was changed", conversion->path, left_out);
    return EXIT_FINDING;
  }
  if (conversion->count == 0) {
    say_error("%s: no entry is left to import; nothing was changed", conversion->path);
    return EXIT_FINDING;
  }
  file->new_text = render_list(conversion, wish->list, wish->format);
  if (file->old_text != NULL && strcmp(file->old_text, file->new_text) == 0) {
    say_note("%s: has all of this already; nothing was changed", file->path);
    return EXIT_DONE;
  }
  int status = change_commit(change);
  if (status == EXIT_DONE && !wish->dry_run)
    say_note("%s: %zu entries imported", file->path, conversion->count);
  return status;
}

int import_apply_list(struct conversion *conversion, const struct import_wish *wish) {
  struct change *change = change_new(wish->policy, wish->dry_run);
  if (change == NULL)
    return EXIT_FAILED;
  char *path = import_list_path(change, wish->list);
  char *earlier = NULL;
  size_t left_out = 0;
  int status = read_earlier(path, &earlier);
  change_stage(change, path, earlier, NULL);
  if (status == EXIT_DONE)
    status = leave_out(conversion, change, &left_out);
  if (status == EXIT_DONE)
    status = commit(change, conversion, wish, left_out);
  change_free(change);
  return status;
}

static struct dropin *dropin_of(const struct pin_entry *entry) {
  struct dropin *dropin = dropin_new(entry->name, entry->ports, entry->port_count);
  dropin->include_subdomains = entry->include_subdomains;
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    for (uint32_t i = 0; i < entry->lists[list].count; i++) {
      char *text = must_alloc(PIN_DIGEST_TEXT_SIZE, 1);
      pin_digest_format(&entry->lists[list].digests[i], text);
      text_list_add(&dropin->lists[list], text);
    }
  if (!entry->mode_is_default)
    dropin->settings[DROPIN_MODE] = must_copy(mode_word(entry->mode));
  if (entry->expires != PIN_NEVER)
    dropin->settings[DROPIN_EXPIRES] = expiry_text(entry->expires);
  return dropin;
}

static int stage_host(struct change *change, const struct existing_entries *existing,
                      const struct pin_entry *entry) {
  for (size_t i = 0; i < existing->count; i++) {
    const struct pin_entry *other = &existing->items[i].entry;
    if (!ports_overlap(other->ports, other->port_count, entry->ports, entry->port_count))
      continue;
    say_error("%s:%u: \"%s\" has an entry already; nothing was changed (\"pinctl add\" adds pins to it)",
              existing->items[i].path, (unsigned)other->line, entry->name);
    return EXIT_FINDING;
  }
  struct dropin *dropin = dropin_of(entry);
  int status = stage_new_entry(change, dropin);
  dropin_free(dropin);
  return status;
}

int import_apply_host(struct conversion *conversion, const struct import_wish *wish) {
  const struct pin_entry *entry = &conversion->items[0].entry;
  struct change *change = change_new(wish->policy, wish->dry_run);
  if (change == NULL)
    return EXIT_FAILED;
  struct existing_entries existing;
  int status = existing_entries_read(change, entry->name, &existing);
  if (status == EXIT_DONE)
    status = stage_host(change, &existing, entry);
  if (status == EXIT_DONE)
    status = change_commit(change);
  if (status == EXIT_DONE && !wish->dry_run)
    say_note("%s: added in %s", entry->name, change->files[change->count - 1].path);
  existing_entries_clear(&existing);
  change_free(change);
  return status;
}
