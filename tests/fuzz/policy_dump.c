/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of policy_dump.h: writes the contents of a policy as text. */
#include "policy_dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void add_line(struct dump *dump, char *line) {
  dump->lines = realloc(dump->lines, (dump->count + 1) * sizeof *dump->lines);
  MUST(dump->lines != NULL && line != NULL);
  dump->lines[dump->count++] = line;
}

static void print_list(FILE *file, const char *name, const struct pin_digest_list *list) {
  char text[PIN_DIGEST_TEXT_SIZE];
  fprintf(file, " %s=[", name);
  for (uint32_t i = 0; i < list->count; i++) {
    pin_digest_format(&list->digests[i], text);
    fprintf(file, "%s,", text);
  }
  fputc(']', file);
}

void dump_add_settings(struct dump *dump, const struct pin_policy *policy) {
  char *line = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&line, &size);
  MUST(file != NULL);
  fprintf(file, " mode=%d ignores_certificate_names=%d unlisted=%d", policy->mode,
          policy->ignores_certificate_names, policy->unlisted);
  print_list(file, "blocked_keys", &policy->blocked_keys);
  print_list(file, "exempt_anchors", &policy->exempt_anchors);
  MUST(fclose(file) == 0);
  add_line(dump, line);
}

void dump_add_entry(struct dump *dump, const struct pin_entry *entry) {
  char *line = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&line, &size);
  MUST(file != NULL);
  fprintf(file, "%s ports=", entry->name);
  for (uint32_t i = 0; i < entry->port_count; i++)
    fprintf(file, "%u,", entry->ports[i]);
  fprintf(file, " kind=%d subdomains=%d default=%d mode=%d require=%d on_expiry=%d expires=%" PRId64,
          entry->kind, entry->include_subdomains, entry->mode_is_default, entry->mode, entry->require,
          entry->on_expiry, entry->expires);
  for (int i = 0; i < PIN_LIST_COUNT; i++)
    print_list(file, pin_list_name((enum pin_list)i), &entry->lists[i]);
  fprintf(file, " comment=%s", entry->comment);
  MUST(fclose(file) == 0);
  add_line(dump, line);
}

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

char *dump_finish(struct dump *dump) {
  char *text = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  MUST(file != NULL);
  if (dump->count > 0)
    qsort(dump->lines, dump->count, sizeof *dump->lines, compare_lines);
  for (size_t i = 0; i < dump->count; i++) {
    fprintf(file, "%s\n", dump->lines[i]);
    free(dump->lines[i]);
  }
  MUST(fclose(file) == 0);
  free(dump->lines);
  *dump = (struct dump){0};
  return text;
}
