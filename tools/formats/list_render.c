/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/import.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/checksummed_text.h"
#include "base/memory.h"
#include "edit/list_file.h"
#include "formats/pin_groups.h"
#include "view/entry_text.h"

/* Named after what is in it, so that a newer list leaves the sets that it did not change as they are. */
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

/* One line to an entry: that is what a diff between two versions of a list shows. */
static void write_entry(FILE *stream, const char *name, const struct pin_entry *entry,
                        const struct digest_group *group) {
  fputs("  { name = ", stream);
  sealed_string(stream, entry->name);
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

char *import_list_render(const struct conversion *conversion, const char *name, const char *format) {
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
  char *text = sealed_text(LIST_FILE_HEAD, body);
  free(body);
  return text;
}
