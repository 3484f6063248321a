/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/table.h"
#include "system/coverage.h"
#include "system/tls_library.h"
#include "verbs/verbs.h"

static const struct option options[] = {SHARED_POLICY, SHARED_JSON};

struct listing {
  struct coverage *coverage;
  json_object *json; /* NULL: a table is made */
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
    json_object_object_add(program, "ways", ways_json(covered));
    json_object_object_add(program, "note", json_text_or_null(program_note_word(covered->note)));
    json_object_object_add(program, "interpreter", json_text_or_null(covered->interpreter));
    json_object_array_add(listing->json, program);
    return;
  }
  AUTO_TEXT libraries = tls_libraries_text(covered->libraries);
  AUTO_TEXT way = ways_text(covered);
  listing->any_noted |= covered->note != PROGRAM_ORDINARY;
  table_add(listing->table, (const char *const[]){path, coverage_class_word(covered->kind), libraries, way,
                                                  covered->interpreter == NULL ? "" : covered->interpreter});
}

/* Of a whole folder only what has to do with TLS is shown. */
static void look_at_file(struct listing *listing, const char *path, bool named) {
  struct covered covered;
  if (!coverage_look(listing->coverage, path, &covered)) {
    if (named)
      say_error("%s: %s", path, strerror(errno));
    listing->failed |= named;
  } else {
    listing->counts[covered.kind]++;
    if (named || covered.kind < COVERAGE_NO_TLS)
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
  for (int i = 0; i < COVERAGE_CLASSES; i++)
    put(stdout, PLAIN, "%s%zu %s", i == 0 ? "" : ", ", listing->counts[i],
        coverage_class_word((enum coverage_class)i));
  putchar('\n');
  if (listing->any_noted)
    put_wrapped(
        PLAIN, "",
        "configuration-not-read: it tells OpenSSL not to read openssl.cnf, so only the shim reaches it. "
        "no-name: it gives OpenSSL no name, unless it is told to, so an entry by name needs the shim or a "
        "setting: see docs/programs.md.");
}

static int run(const struct arguments *arguments) {
  static const char *const headings[] = {"PROGRAM", "CLASS", "LIBRARIES", "WAYS", "INTERPRETER", NULL};
  static const struct table_form form = {.headings = headings, .wrapping = 1u << 0, .dispensable = "42"};
  struct listing listing = {.coverage = coverage_new()};
  if (arguments_has(arguments, OPTION_JSON))
    listing.json = json_object_new_array();
  else
    listing.table = table_new(&form);
  for (size_t i = 0; i < arguments->operand_count; i++)
    look_at_operand(&listing, arguments->operands[i]);
  if (arguments->operand_count == 0)
    look_at_path(&listing);
  coverage_free(listing.coverage);
  if (listing.json != NULL)
    print_json(&listing);
  else
    print_text(&listing);
  if (listing.failed)
    return EXIT_FAILED;
  return listing.counts[COVERAGE_UNREACHABLE] + listing.counts[COVERAGE_MIXED] > 0 ? EXIT_FINDING : EXIT_DONE;
}

const struct verb verb_coverage = {
    .name = "coverage",
    .operands = "[PATH]...",
    .summary = "Tell which installed programs can be enforced at all",
    .details = "Reads the files of programs, and of all the libraries that they need, and runs\n"
               "none. PATH is a program or a folder; without one, all of $PATH. Classes:\n"
               "enforceable (OpenSSL 3, GnuTLS), mixed (and another library besides),\n"
               "at-run-time (modules, plug-ins or helpers decide), unreachable (own-openssl,\n"
               "nss, go, java, ...), no-tls, no-program. WAYS are openssl.cnf and the shim,\n"
               "which alone reaches GnuTLS, with a note for programs known to read none, or to\n"
               "give OpenSSL no name. Exit status 1 where a program is unreachable or mixed.",
    .example = "pinctl coverage /usr/bin/openssl",
    .options = options,
    .option_count = COUNT_OF(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
