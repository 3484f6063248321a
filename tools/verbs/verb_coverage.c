/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/table.h"
#include "config/root_directory.h"
#include "system/coverage.h"
#include "system/tls_library.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    SHARED_POLICY,
    SHARED_JSON,
    FLAG(ALL, "all", "list programs without TLS of a folder, too"),
    OPTION(ROOT, "root", "DIR", "look at an image or a chroot"),
};

struct listing {
  struct coverage *coverage;
  json_object *json; /* NULL: a table is made */
  bool all;
  struct table *table;
  size_t counts[COVERAGE_CLASSES];
  bool failed;
  bool any_noted;
};

static json_object *libraries_json(unsigned libraries) {
  json_object *array = json_object_new_array();
  for (unsigned i = 0; i < TLS_LIBRARY_COUNT; i++)
    if ((libraries & 1U << i) != 0)
      json_object_array_add(array, json_text(tls_library_word((enum tls_library)(1U << i))));
  return array;
}

static json_object *brought_by_json(const struct covered *covered) {
  json_object *array = json_object_new_array();
  for (unsigned i = 0; i < TLS_LIBRARY_COUNT; i++)
    if (covered->by[i] != NULL)
      json_object_array_add(array, json_text(covered->by[i]));
  return array;
}

/* Where several decide, which of them brings what: "gnutls by libcurl-gnutls". */
static char *libraries_text(const struct covered *covered) {
  bool is_one = (covered->libraries & (covered->libraries - 1)) == 0;
  if (is_one && covered->kind != COVERAGE_AT_RUN_TIME)
    return tls_libraries_text(covered->libraries);
  char *text = must_copy("");
  for (unsigned i = 0; i < TLS_LIBRARY_COUNT; i++) {
    if (covered->by[i] == NULL)
      continue;
    const char *file = path_base(covered->by[i]);
    char *longer = must_format("%s%s%s by %.*s", text, *text == '\0' ? "" : ", ",
                               tls_library_word((enum tls_library)(1U << i)), (int)strcspn(file, "."), file);
    free(text);
    text = longer;
  }
  return text;
}

/* How pinning gets into it: by openssl.cnf, where it reads that, and by the shim. */
static bool is_reached_by_configuration(const struct covered *covered) {
  return covered->by_configuration && covered->note != PROGRAM_READS_NO_CONFIGURATION;
}

static bool is_reached(const struct covered *covered) {
  return covered->kind < COVERAGE_UNREACHABLE;
}

static json_object *ways_json(const struct covered *covered) {
  json_object *array = json_object_new_array();
  if (is_reached(covered) && is_reached_by_configuration(covered))
    json_object_array_add(array, json_text("openssl.cnf"));
  if (is_reached(covered))
    json_object_array_add(array, json_text("shim"));
  return array;
}

static char *ways_text(const struct covered *covered) {
  if (!is_reached(covered))
    return must_copy("");
  const char *note = program_note_word(covered->note);
  return must_format("%sshim%s%s", is_reached_by_configuration(covered) ? "openssl.cnf, " : "",
                     note == NULL ? "" : "; ", note == NULL ? "" : note);
}

static void show(struct listing *listing, const char *path, const struct covered *covered) {
  if (listing->json != NULL) {
    json_object *program = json_object_new_object();
    json_object_object_add(program, "path", json_text(path));
    json_object_object_add(program, "class", json_text(coverage_class_word(covered->kind)));
    json_object_object_add(program, "libraries", libraries_json(covered->libraries));
    json_object_object_add(program, "brought_by", brought_by_json(covered));
    json_object_object_add(program, "ways", ways_json(covered));
    json_object_object_add(program, "note", json_text_or_null(program_note_word(covered->note)));
    json_object_object_add(program, "interpreter", json_text_or_null(covered->interpreter));
    json_object_array_add(listing->json, program);
    return;
  }
  AUTO_TEXT libraries = libraries_text(covered);
  AUTO_TEXT way = ways_text(covered);
  listing->any_noted |= covered->note != PROGRAM_ORDINARY;
  table_add(listing->table, (const char *const[]){path, coverage_class_word(covered->kind), libraries, way,
                                                  covered->interpreter == NULL ? "" : covered->interpreter});
}

/* Of a whole folder a table shows only what has to do with TLS, unless it is asked for more. */
static bool is_shown(const struct listing *listing, const struct covered *covered) {
  return covered->kind < COVERAGE_NO_TLS ||
         (covered->kind == COVERAGE_NO_TLS && (listing->all || listing->json != NULL));
}

static void look_at_file(struct listing *listing, const char *path, bool named) {
  struct covered covered;
  if (!coverage_look(listing->coverage, path, &covered)) {
    if (named)
      say_error("%s: %s", path, strerror(errno));
    listing->failed |= named;
  } else {
    listing->counts[covered.kind]++;
    if (named || is_shown(listing, &covered))
      show(listing, path, &covered);
  }
  covered_clear(&covered);
}

static int is_candidate(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static void look_at_folder(struct listing *listing, const char *folder, bool named) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, is_candidate, alphasort);
  if (count < 0 && named) {
    say_error("%s: %s", folder, strerror(errno));
    listing->failed = true;
  }
  for (int i = 0; i < count; i++) {
    AUTO_TEXT path = must_format("%s/%s", folder, entries[i]->d_name);
    struct stat status;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0)
      look_at_file(listing, path, false);
    free(entries[i]);
  }
  free(entries);
}

static void look_at_operand(struct listing *listing, const char *path) {
  struct stat status;
  if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
    look_at_folder(listing, path, true);
  else
    look_at_file(listing, path, true);
}

/* On a merged /usr, /bin is /usr/bin. */
static void look_at_path(struct listing *listing) {
  const char *environment = getenv("PATH");
  AUTO_TEXT path = must_copy(environment == NULL ? "/usr/sbin:/usr/bin:/sbin:/bin" : environment);
  struct text_list seen = {0};
  char *rest = NULL;
  for (char *folder = strtok_r(path, ":", &rest); folder != NULL; folder = strtok_r(NULL, ":", &rest)) {
    char *real = realpath(folder, NULL);
    if (real == NULL || text_list_find(&seen, real) < seen.count) {
      free(real);
      continue;
    }
    look_at_folder(listing, real, false);
    text_list_add(&seen, real);
  }
  text_list_clear(&seen);
}

static void print_json(struct listing *listing) {
  json_object *json = json_object_new_object();
  json_object *counts = json_object_new_object();
  for (int i = 0; i < COVERAGE_CLASSES; i++)
    json_object_object_add(counts, coverage_class_word((enum coverage_class)i),
                           json_object_new_int64((int64_t)listing->counts[i]));
  json_object_object_add(json, "counts", counts);
  json_object_object_add(json, "programs", listing->json);
  json_print(json);
}

static void print_text(struct listing *listing) {
  table_print(listing->table);
  char *words = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&words, &size);
  for (int i = 0; i < COVERAGE_CLASSES; i++)
    fprintf(stream, "%s%zu %s", i == 0 ? "" : ", ", listing->counts[i],
            coverage_class_word((enum coverage_class)i));
  memory_close(stream);
  put_fitted(PLAIN, "", words);
  free(words);
  if (listing->any_noted)
    put_wrapped(
        PLAIN, "",
        "configuration-not-read: it tells OpenSSL not to read openssl.cnf, so only the shim reaches it. "
        "no-name: it gives OpenSSL no name, unless it is told to, so an entry by name needs the shim or a "
        "setting: see docs/programs.md.");
}

static void look_at_all(struct listing *listing, const struct arguments *arguments) {
  for (size_t i = 0; i < arguments->operand_count; i++)
    look_at_operand(listing, arguments->operands[i]);
  if (arguments->operand_count == 0)
    look_at_path(listing);
}

static int run(const struct arguments *arguments) {
  static const char *const headings[] = {"PROGRAM", "CLASS", "LIBRARIES", "WAYS", "INTERPRETER", NULL};
  static const struct table_form form = {.headings = headings, .wrapping = 1u << 0, .dispensable = "42"};
  if (arguments_has(arguments, OPTION_ROOT) && !enter_root(arguments_value(arguments, OPTION_ROOT)))
    return EXIT_FAILED;
  struct listing listing = {.coverage = coverage_new(), .all = arguments_has(arguments, OPTION_ALL)};
  if (arguments_has(arguments, OPTION_JSON))
    listing.json = json_object_new_array();
  else
    listing.table = table_new(&form);
  look_at_all(&listing, arguments);
  coverage_free(listing.coverage);
  if (listing.json != NULL)
    print_json(&listing);
  else
    print_text(&listing);
  if (listing.failed)
    return EXIT_FAILED;
  size_t bad = listing.counts[COVERAGE_UNREACHABLE] + listing.counts[COVERAGE_MIXED] +
               listing.counts[COVERAGE_UNKNOWN];
  return bad > 0 ? EXIT_FINDING : EXIT_DONE;
}

const struct verb verb_coverage = {
    .name = "coverage",
    .operands = "[PATH]...",
    .summary = "Tell which installed programs can be enforced at all",
    .details = "Reads the files of programs, and of all the libraries, plug-ins and helpers that\n"
               "they are known to use, and runs none. PATH is a program or a folder; without\n"
               "one, all of $PATH. Classes:\n"
               "enforceable (OpenSSL 3, GnuTLS), mixed (and another library besides),\n"
               "at-run-time (an interpreter, whose modules decide, is in it), unreachable\n"
               "(own-openssl, nss, go, java, ...), unknown (not all could be read), no-tls,\n"
               "no-program. WAYS are openssl.cnf and the shim, which alone reaches GnuTLS,\n"
               "with a note for programs known to read none, or to give OpenSSL no name.\n"
               "Exit status 1 where a program is unreachable, mixed or unknown.",
    .example = "pinctl coverage /usr/bin/openssl",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
