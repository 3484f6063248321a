/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "import_list.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "entry.h"
#include "file.h"
#include "grouping.h"
#include "memory.h"
#include "sealed.h"

#define HEAD                                                                                                 \
  "# Written by pinctl; change it with \"pinctl import\", and remove it with \"pinctl remove --list\".\n"    \
  "# Edited by hand it is yours: pinctl then leaves it alone.\n"                                             \
  "# pinctl list: "

#define FILE_PREFIX "import-"
#define FILE_SUFFIX ".cfg"
#define LONGEST_NAME 64

static bool is_good(char byte) {
  return isalnum((unsigned char)byte) || byte == '-' || byte == '_';
}

bool import_list_name_is_good(const char *name) {
  size_t length = strlen(name);
  for (size_t i = 0; i < length; i++)
    if (!is_good(name[i]))
      return false;
  return length > 0 && length <= LONGEST_NAME && isalnum((unsigned char)name[0]);
}

char *import_list_name_of(const char *path) {
  const char *base = path_base(path);
  const char *dot = strrchr(base, '.');
  size_t length = dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base);
  char *name = must_copy_bytes(base, length > LONGEST_NAME ? LONGEST_NAME : length);
  for (char *at = name; *at != '\0'; at++)
    *at = is_good(*at) ? *at : '-';
  if (!isalnum((unsigned char)name[0])) {
    free(name);
    return must_copy("list");
  }
  return name;
}

char *import_list_path(const struct change *change, const char *name) {
  return must_format("%s/" FILE_PREFIX "%s" FILE_SUFFIX, change->dropins, name);
}

/* Named after what is in it, so that a newer list leaves the sets that it did not change as they are. */
static char *set_name(const char *name, const struct pin_digest_list *list) {
  unsigned char digest[EVP_MAX_MD_SIZE] = {0};
  EVP_Digest(list->digests, list->count * sizeof *list->digests, digest, NULL, EVP_sha256(), NULL);
  char hex[17];
  for (size_t i = 0; i < 8; i++)
    sprintf(hex + 2 * i, "%02x", digest[i]);
  return must_format(FILE_PREFIX "%s-%s", name, hex);
}

static bool is_shared(const struct digest_group *group) {
  return group->used > 1 && group->list->count > 1;
}

static void write_digests(FILE *stream, const struct pin_digest_list *list, const char *between) {
  for (uint32_t i = 0; i < list->count; i++) {
    char text[PIN_DIGEST_TEXT_SIZE];
    pin_digest_format(&list->digests[i], text);
    fprintf(stream, "%s\"%s\"", i == 0 ? "" : between, text);
  }
}

static void write_sets(FILE *stream, const char *name, const struct grouping *grouping) {
  bool first = true;
  for (size_t i = 0; i < grouping->count; i++) {
    if (!is_shared(&grouping->groups[i]))
      continue;
    AUTO_TEXT set = set_name(name, grouping->groups[i].list);
    fprintf(stream, "%s  %s = [\n    ", first ? "pinsets = {\n" : "", set);
    write_digests(stream, grouping->groups[i].list, ",\n    ");
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
      write_digests(stream, &entry->lists[i], ", ");
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
  char *text = sealed_text(HEAD, body);
  free(body);
  return text;
}

bool import_list_is_own(const char *text) {
  return sealed_body(HEAD, text) != NULL;
}

#define AROUND_NAME (strlen(FILE_PREFIX) + strlen(FILE_SUFFIX))

bool import_list_has_name(const char *path) {
  const char *base = path_base(path);
  size_t length = strlen(base);
  return length > AROUND_NAME && strncmp(base, FILE_PREFIX, strlen(FILE_PREFIX)) == 0 &&
         strcmp(base + length - strlen(FILE_SUFFIX), FILE_SUFFIX) == 0;
}

char *import_list_in(const char *path) {
  const char *base = path_base(path);
  if (!import_list_has_name(path))
    return NULL;
  AUTO_TEXT text = NULL;
  size_t size = 0;
  if (file_read(path, &text, &size) != 0 || !import_list_is_own(text))
    return NULL;
  return must_copy_bytes(base + strlen(FILE_PREFIX), strlen(base) - AROUND_NAME);
}
