/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Warnings about entries and files of a valid policy. */
#include "explain/lint.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <libpsl.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "edit/list_file.h"
#include "explain/lint_warning.h"
#include "keys/certificate_names.h"
#include "view/compiled_form.h"
#include "view/digest_set.h"
#include "view/entry_text.h"
#include "view/name_match.h"
#include "view/usable_policy.h"

/* How many different digests the lists have together. */
static size_t count_distinct(const struct pin_digest_list *lists, size_t list_count) {
  struct digest_set set;
  digest_set_take(lists, list_count, &set);
  size_t distinct = set.count;
  digest_set_clear(&set);
  return distinct;
}

/*
 * The results for the lists of the entry before. Entries with one pin set share their lists in the image and
 * are sorted side by side, so that each set is checked once and not once for each host.
 */
struct seen_lists {
  const struct pin_entry *entry; /* NULL: none yet */
  size_t keys;                   /* different keys in pins */
  size_t all_keys;               /* different keys in pins and backup_pins */
  bool good;                     /* the digests have no warning */
};

static void check_lists(const struct pin_entry *entry, struct seen_lists *seen,
                        struct diagnostics *diagnostics) {
  const struct pin_digest_list keys[] = {entry->lists[PIN_LIST_PINS], entry->lists[PIN_LIST_BACKUP_PINS]};
  bool same = seen->entry != NULL && lint_compare_lists(seen->entry, entry) == 0;
  seen->entry = entry;
  if (!same) {
    seen->keys = count_distinct(keys, 1);
    seen->all_keys = count_distinct(keys, 2);
  }
  if (!same || !seen->good)
    seen->good = lint_digests(entry, diagnostics);
}

/* An imported list has no backup pins, since other formats do not mark them. */
static void lint_backup(const struct pin_entry *entry, const struct seen_lists *seen,
                        struct diagnostics *diagnostics) {
  const struct pin_digest_list *lists = entry->lists;
  size_t pins = seen->keys + lists[PIN_LIST_FINGERPRINTS].count;
  uint32_t issuers = lists[PIN_LIST_INTERMEDIATES].count + lists[PIN_LIST_ANCHORS].count;
  bool has_backup = lists[PIN_LIST_BACKUP_PINS].count > 0;
  if (entry->mode != PIN_MODE_OFF && pins == 0 && has_backup &&
      (lists[PIN_LIST_INTERMEDIATES].count == 0 || entry->require == PIN_REQUIRE_ALL))
    lint_warn(diagnostics, entry, "\"%s\" accepts backup pins alone; the key in use belongs in pins",
              entry->name);
  if (entry->mode == PIN_MODE_OFF || seen->all_keys > seen->keys)
    return;
  if (pins == 1 && issuers == 0)
    lint_warn(diagnostics, entry, "\"%s\" depends on a single key; add a backup pin or an intermediate%s",
              entry->name, has_backup ? "; its backup pin is the same key" : "");
  else if (has_backup)
    lint_warn(diagnostics, entry, "\"%s\" has no backup pin: all keys in backup_pins are also in pins",
              entry->name);
  else if ((pins > 0 || issuers == 1) && !import_list_has_name(entry->file))
    lint_warn(diagnostics, entry, "\"%s\" has no backup pin", entry->name);
}

/* Settings that have an effect only with another one. */
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
  AUTO_TEXT left = days_text(days_until(now, entry->expires));
  bool enforced = entry->on_expiry == PIN_ON_EXPIRY_ENFORCE;
  if (now > entry->expires && enforced)
    lint_warn(diagnostics, entry, "\"%s\" expired on %s and is still enforced", entry->name, when);
  else if (now > entry->expires)
    lint_grave(diagnostics, entry, "\"%s\" expired on %s and is only logged since", entry->name, when);
  else if (entry->expires - now < (int64_t)EXPIRES_SOON_DAYS * SECONDS_PER_DAY)
    lint_warn(diagnostics, entry, "\"%s\" expires in %s (%s) and will then be %s", entry->name, left, when,
              enforced ? "enforced all the same" : "only logged");
}

/*
 * Most machines get their time over the network without authentication (NTP), so an attacker can set the
 * clock forward and end the enforcement of these entries. One warning for all, since an imported list may
 * have thousands. Entries that end soon have a warning of their own.
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
 * Without the list's implicit rule "*", which makes every unknown top-level name a public suffix: an internal
 * name such as "corp" has one owner.
 */
static bool is_public_suffix(const psl_ctx_t *list, const char *name, int type) {
  return psl_is_public_suffix2(list, name, type | PSL_TYPE_NO_STAR_RULE) == 1;
}

/* A company's suffix, such as github.io, is a host too, and one owner may have all names below it. */
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
  struct seen_lists seen = {0};
  if (entries->count > 0)
    qsort(entries->items, entries->count, sizeof *entries->items, lint_compare_lists);
  for (size_t i = 0; i < entries->count; i++) {
    check_lists(&entries->items[i], &seen, diagnostics);
    lint_backup(&entries->items[i], &seen, diagnostics);
    lint_partners(&entries->items[i], diagnostics);
    lint_expiry(&entries->items[i], now, diagnostics);
    if (list != NULL)
      lint_suffix(&entries->items[i], list, diagnostics);
  }
  lint_blocked(policy, entries, diagnostics);
  lint_clock(entries, now, diagnostics);
  psl_free(list);
  entries_sort_by_name(entries);
  lint_reach(policy, entries, diagnostics);
}

/* A file that is read from line to line, forwards only. */
struct walk {
  const char *file;
  char *text;
  const char *line_start;
  size_t line_length;
  unsigned line;
};

static void walk_to(struct walk *walk, const struct pin_diagnostic *diagnostic) {
  if (walk->file == NULL || strcmp(walk->file, diagnostic->file) != 0) {
    free(walk->text);
    size_t length = 0;
    if (file_read(diagnostic->file, &walk->text, &length) != 0)
      walk->text = NULL;
    *walk = (struct walk){.file = diagnostic->file, .text = walk->text, .line_start = walk->text, .line = 1};
    walk->line_length = walk->text == NULL ? 0 : strcspn(walk->text, "\r\n");
  }
  for (; walk->line_start != NULL && walk->line < diagnostic->line; walk->line++) {
    const char *newline = strchr(walk->line_start + walk->line_length, '\n');
    walk->line_start = newline == NULL ? NULL : newline + 1;
    walk->line_length = newline == NULL ? 0 : strcspn(newline + 1, "\r\n");
  }
}

/* The width of the text in quotes at this column; 0: there is no quote. */
static unsigned quoted_width(const char *line, size_t length, unsigned column) {
  if (column == 0 || column > length || line[column - 1] != '"')
    return 0;
  const char *end = memchr(line + column, '"', length - column);
  return end == NULL ? 0 : (unsigned)(end - (line + column - 1)) + 1;
}

/* A longer line is not shown, as in the parser: each of its entries may have a warning. */
#define LONGEST_LINE 4096

void lint_add_source_lines(struct diagnostics *diagnostics) {
  struct walk walk = {0};
  for (size_t i = 0; i < diagnostics->count; i++) {
    struct pin_diagnostic *diagnostic = &diagnostics->items[i];
    if (diagnostic->source_line != NULL || diagnostic->line == 0)
      continue;
    walk_to(&walk, diagnostic);
    if (walk.line_start == NULL)
      continue;
    diagnostic->width = quoted_width(walk.line_start, walk.line_length, diagnostic->column);
    if (walk.line_length > LONGEST_LINE)
      continue;
    AUTO_TEXT line = must_copy_bytes(walk.line_start, walk.line_length);
    diagnostic->source_line = arena_text(&diagnostics->texts, line);
  }
  free(walk.text);
}

/* ---- Files ---- */

/* Only for files of root: a user's own policy is for that user. */
static void lint_file(const char *path, mode_t needed, struct diagnostics *diagnostics) {
  struct stat status;
  if (stat(path, &status) != 0 || status.st_uid != 0 || (status.st_mode & needed) == needed)
    return;
  AUTO_TEXT message = must_format("has mode %04o: processes of other users cannot read it; without a "
                                  "compiled form they refuse every host",
                                  (unsigned)(status.st_mode & 07777));
  struct pin_diagnostic warning = {.severity = PIN_WARNING, .file = path, .message = message};
  diagnostics_add(&warning, diagnostics);
}

void lint_files(const char *policy, struct diagnostics *diagnostics) {
  AUTO_TEXT directory = path_directory(policy);
  AUTO_TEXT absolute = realpath(directory, NULL);
  AUTO_TEXT dropins = must_format("%s/policy.d", absolute == NULL ? directory : absolute);
  lint_file(policy, S_IROTH, diagnostics);
  lint_file(dropins, S_IROTH | S_IXOTH, diagnostics);
  DIR *stream = opendir(dropins);
  if (stream == NULL)
    return;
  for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
    AUTO_TEXT path = must_format("%s/%s", dropins, entry->d_name);
    if (dropin_name_is_read(entry->d_name))
      lint_file(path, S_IROTH, diagnostics);
  }
  closedir(stream);
}

void lint_form(const char *policy, struct diagnostics *diagnostics) {
  AUTO_TEXT named = form_policy(policy);
  AUTO_TEXT path = form_path(named);
  uint64_t generation;
  if (path == NULL || !form_is_needed(named))
    return;
  enum form_state form = form_read(path, named, &generation);
  if (form == FORM_CURRENT)
    return;
  AUTO_TEXT option = policy_option(policy);
  AUTO_TEXT message =
      form == FORM_OTHER_VERSION
          ? must_format(
                "is more text than processes read, and its compiled form has another version: until "
                "\"pinctl compile%s\" new processes read the text, which is slow, and running ones keep "
                "the policy that they have",
                option)
          : must_format("is more text than processes read, and its compiled form is not current: until "
                        "\"pinctl compile%s\" they use an older one, or without one refuse every host",
                        option);
  struct pin_diagnostic warning = {.severity = PIN_WARNING, .file = policy, .message = message};
  diagnostics_add(&warning, diagnostics);
}

/* A CA's certificate is right in intermediates and anchors. */
void doubt_certificate(const char *given, const struct pin_argument *argument, enum pin_list list,
                       const char *name, bool include_subdomains, struct text_list *doubts) {
  if (argument->certificate == NULL || list == PIN_LIST_INTERMEDIATES || list == PIN_LIST_ANCHORS ||
      certificate_fits_entry(argument->certificate, name, include_subdomains))
    return;
  AUTO_TEXT names = certificate_names_text(argument->certificate);
  const char *where = pin_list_name(list);
  if (argument->role == ROLE_LEAF)
    text_list_add(doubts, must_format("%s: is the certificate of another host: it is for %s, not for %s",
                                      given, names, name));
  else
    text_list_add(doubts,
                  must_format("%s: is the certificate of a CA (%s); in %s belongs the key of %s itself, "
                              "and \"--intermediate %s\" accepts what the CA issues",
                              given, names, where, name, given));
}

/* Keeps the entries that apply to the name. */
static void keep_related(struct entries *entries, const char *name) {
  size_t kept = 0;
  for (size_t i = 0; i < entries->count; i++)
    if (relation_of(&entries->items[i], name) != RELATION_NONE)
      entries->items[kept++] = entries->items[i];
  entries->count = kept;
}

bool entry_review(const struct pin_policy *policy, const char *name, const char *file,
                  struct text_list *ret_grave, struct text_list *ret_others) {
  struct entries entries = {0};
  struct diagnostics diagnostics = {0};
  *ret_grave = (struct text_list){0};
  *ret_others = (struct text_list){0};
  bool good = entries_related(policy, name + (strncmp(name, "*.", 2) == 0 ? 2 : 0), &entries);
  if (!good)
    say_error("the policy's image is damaged");
  keep_related(&entries, name);
  if (good)
    lint_policy(policy, &entries, time(NULL), &diagnostics);
  for (size_t i = 0; i < diagnostics.count; i++) {
    const struct pin_diagnostic *found = &diagnostics.items[i];
    bool grave = text_list_find(&diagnostics.grave, found->message) < diagnostics.grave.count;
    if (strcmp(path_base(found->file), file) == 0)
      text_list_add(grave ? ret_grave : ret_others, must_copy(found->message));
  }
  diagnostics_clear(&diagnostics);
  entries_clear(&entries);
  return good;
}
