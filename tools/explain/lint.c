/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "explain/lint.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <libpsl.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "edit/list_file.h"

static void add_warning(struct diagnostics *diagnostics, const struct pin_entry *entry, const char *message) {
  struct pin_diagnostic warning = {
      .severity = PIN_WARNING,
      .file = entry->file,
      .line = entry->line,
      .column = entry->column,
      .message = message,
  };
  diagnostics_add(&warning, diagnostics);
}

void lint_warn(struct diagnostics *diagnostics, const struct pin_entry *entry, const char *format, ...) {
  va_list values;
  va_start(values, format);
  AUTO_TEXT message = must_vformat(format, values);
  va_end(values);
  add_warning(diagnostics, entry, message);
}

void lint_grave(struct diagnostics *diagnostics, const struct pin_entry *entry, const char *format, ...) {
  va_list values;
  va_start(values, format);
  char *message = must_vformat(format, values);
  va_end(values);
  add_warning(diagnostics, entry, message);
  text_list_add(&diagnostics->grave, message);
}

static int compare_digests(const void *a, const void *b) {
  return memcmp(a, b, sizeof(struct pin_digest));
}

/* How many different digests two lists have together. */
static size_t count_distinct(const struct pin_digest_list *one, const struct pin_digest_list *other) {
  size_t count = (size_t)one->count + other->count;
  struct pin_digest *all = must_alloc(count, sizeof *all);
  if (one->count > 0)
    memcpy(all, one->digests, one->count * sizeof *all);
  if (other->count > 0)
    memcpy(all + one->count, other->digests, other->count * sizeof *all);
  qsort(all, count, sizeof *all, compare_digests);
  size_t distinct = count > 0 ? 1 : 0;
  for (size_t i = 1; i < count; i++)
    distinct += compare_digests(&all[i - 1], &all[i]) != 0 ? 1 : 0;
  free(all);
  return distinct;
}

/* Other formats do not tell backup pins from others, so an imported list has none. */
static void lint_backup(const struct pin_entry *entry, struct diagnostics *diagnostics) {
  const struct pin_digest_list *lists = entry->lists;
  const struct pin_digest_list none = {.count = 0};
  size_t keys = count_distinct(&lists[PIN_LIST_PINS], &none);
  size_t pins = keys + lists[PIN_LIST_FINGERPRINTS].count;
  uint32_t issuers = lists[PIN_LIST_INTERMEDIATES].count + lists[PIN_LIST_ANCHORS].count;
  bool has_backup = lists[PIN_LIST_BACKUP_PINS].count > 0;
  if (entry->mode != PIN_MODE_OFF && pins == 0 && has_backup &&
      (lists[PIN_LIST_INTERMEDIATES].count == 0 || entry->require == PIN_REQUIRE_ALL))
    lint_warn(diagnostics, entry, "\"%s\" accepts backup pins alone; the key in use belongs in pins",
              entry->name);
  if (entry->mode == PIN_MODE_OFF ||
      count_distinct(&lists[PIN_LIST_PINS], &lists[PIN_LIST_BACKUP_PINS]) > keys)
    return;
  if (pins == 1 && issuers == 0)
    lint_warn(diagnostics, entry, "\"%s\" hangs on a single key; add a backup pin or an intermediate%s",
              entry->name, has_backup ? "; its backup pin is the same key" : "");
  else if (has_backup)
    lint_warn(diagnostics, entry, "\"%s\" has no backup pin: what is in backup_pins is in pins already",
              entry->name);
  else if ((pins > 0 || issuers == 1) && !import_list_has_name(entry->file))
    lint_warn(diagnostics, entry, "\"%s\" has no backup pin", entry->name);
}

/* Settings that say something only beside another one. */
static void lint_partners(const struct pin_entry *entry, struct diagnostics *diagnostics) {
  const struct pin_digest_list *lists = entry->lists;
  bool pins =
      lists[PIN_LIST_PINS].count + lists[PIN_LIST_BACKUP_PINS].count + lists[PIN_LIST_FINGERPRINTS].count > 0;
  if (entry->require == PIN_REQUIRE_ALL && (!pins || lists[PIN_LIST_INTERMEDIATES].count == 0))
    lint_warn(diagnostics, entry,
              "\"%s\": require = \"all\" changes nothing without both pins and intermediates", entry->name);
  if (entry->on_expiry == PIN_ON_EXPIRY_ENFORCE && entry->expires == PIN_NEVER)
    lint_warn(diagnostics, entry, "\"%s\": on_expiry changes nothing without expires", entry->name);
}

static void lint_expiry(const struct pin_entry *entry, int64_t now, struct diagnostics *diagnostics) {
  AUTO_TEXT when = expiry_text(entry->expires);
  bool enforced = entry->on_expiry == PIN_ON_EXPIRY_ENFORCE;
  if (now > entry->expires && enforced)
    lint_warn(diagnostics, entry, "\"%s\" expired on %s and is still enforced", entry->name, when);
  else if (now > entry->expires)
    lint_grave(diagnostics, entry, "\"%s\" expired on %s and is only logged since", entry->name, when);
  else if (entry->expires - now < (int64_t)EXPIRES_SOON_DAYS * SECONDS_PER_DAY)
    lint_warn(diagnostics, entry, "\"%s\" expires in %d days (%s) and will then be %s", entry->name,
              (int)((entry->expires - now) / SECONDS_PER_DAY), when,
              enforced ? "enforced all the same" : "only logged");
}

/*
 * The time of most machines comes over a network on which nobody proves who they are (NTP): whoever sets the
 * clock forward ends the enforcement of these. Said once, since an imported list may have thousands; those
 * that end soon are named anyway.
 */
static void lint_clock(const struct entries *entries, int64_t now, struct diagnostics *diagnostics) {
  const struct pin_entry *first = NULL;
  size_t count = 0;
  for (size_t i = 0; i < entries->count; i++) {
    const struct pin_entry *entry = &entries->items[i];
    bool ends = entry->mode == PIN_MODE_ENFORCE && entry->on_expiry != PIN_ON_EXPIRY_ENFORCE &&
                entry->expires != PIN_NEVER &&
                entry->expires - now >= (int64_t)EXPIRES_SOON_DAYS * SECONDS_PER_DAY;
    if (ends && (first == NULL || strcmp(entry->name, first->name) < 0))
      first = entry;
    count += ends ? 1 : 0;
  }
  AUTO_TEXT others = count > 1 ? must_format(" and %zu more", count - 1) : must_copy("");
  if (first != NULL)
    lint_warn(
        diagnostics, first,
        "\"%s\"%s: only logged after expires, so a clock that is set forward ends enforcement; on_expiry "
        "= \"enforce\" keeps it",
        first->name, others);
}

/*
 * Without the list's implicit rule "*", by which every unknown top-level name would be a public suffix: an
 * internal name such as "corp" is nobody else's.
 */
static bool is_public_suffix(const psl_ctx_t *list, const char *name, int type) {
  return psl_is_public_suffix2(list, name, type | PSL_TYPE_NO_STAR_RULE) == 1;
}

/* A suffix of a company, such as github.io, is a host as well, and one owner may have all below it. */
static void lint_suffix(const struct pin_entry *entry, const psl_ctx_t *list,
                        struct diagnostics *diagnostics) {
  bool wildcard = entry->kind == PIN_NAME_WILDCARD;
  const char *name = wildcard ? entry->name + 2 : entry->name;
  if (entry->kind == PIN_NAME_ADDRESS || !is_public_suffix(list, name, PSL_TYPE_ANY))
    return;
  void (*warn)(struct diagnostics *, const struct pin_entry *, const char *, ...) =
      is_public_suffix(list, name, PSL_TYPE_ICANN) ? lint_grave : lint_warn;
  if (wildcard)
    warn(diagnostics, entry, "\"%s\" is below a public suffix and covers hosts of unrelated owners",
         entry->name);
  else if (entry->include_subdomains)
    warn(diagnostics, entry,
         "include_subdomains on the public suffix \"%s\" covers hosts of unrelated owners", name);
  else if (warn == lint_grave)
    warn(diagnostics, entry, "\"%s\" is a public suffix: no host has this name", name);
}

void lint_policy(const struct pin_policy *policy, struct entries *entries, int64_t now,
                 struct diagnostics *diagnostics) {
  psl_ctx_t *list = psl_latest(NULL);
  if (list == NULL)
    say_note("no public suffix list is installed; names are not checked against it");
  for (size_t i = 0; i < entries->count; i++) {
    lint_backup(&entries->items[i], diagnostics);
    lint_partners(&entries->items[i], diagnostics);
    lint_expiry(&entries->items[i], now, diagnostics);
    lint_digests(&entries->items[i], diagnostics);
    if (list != NULL)
      lint_suffix(&entries->items[i], list, diagnostics);
  }
  lint_clock(entries, now, diagnostics);
  psl_free(list);
  entries_sort_by_name(entries);
  lint_reach(policy, entries, diagnostics);
}

/* One file being walked through, forwards only. */
struct walk {
  const char *file;
  char *text;
  const char *line_start;
  unsigned line;
};

static void walk_to(struct walk *walk, const struct pin_diagnostic *diagnostic) {
  if (walk->file == NULL || strcmp(walk->file, diagnostic->file) != 0) {
    free(walk->text);
    size_t length = 0;
    file_read(diagnostic->file, &walk->text, &length);
    *walk = (struct walk){.file = diagnostic->file, .text = walk->text, .line_start = walk->text, .line = 1};
  }
  while (walk->line_start != NULL && walk->line < diagnostic->line) {
    const char *newline = strchr(walk->line_start, '\n');
    walk->line_start = newline == NULL ? NULL : newline + 1;
    walk->line++;
  }
}

/* The text between the quotes where the mark stands on a quote. */
static unsigned quoted_width(const char *line, unsigned column) {
  if (column == 0 || column > strlen(line) || line[column - 1] != '"')
    return 0;
  const char *end = strchr(line + column, '"');
  return end == NULL ? 0 : (unsigned)(end - (line + column - 1)) + 1;
}

void lint_add_source_lines(struct diagnostics *diagnostics) {
  struct walk walk = {0};
  for (size_t i = 0; i < diagnostics->count; i++) {
    struct pin_diagnostic *diagnostic = &diagnostics->items[i];
    if (diagnostic->source_line != NULL || diagnostic->line == 0)
      continue;
    walk_to(&walk, diagnostic);
    if (walk.line_start == NULL)
      continue;
    char *line = must_copy_bytes(walk.line_start, strcspn(walk.line_start, "\r\n"));
    diagnostic->source_line = line;
    diagnostic->width = quoted_width(line, diagnostic->column);
  }
  free(walk.text);
}
