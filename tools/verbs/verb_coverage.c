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
#include "cli/listing.h"
#include "cli/output.h"
#include "config/system_file.h"
#include "system/coverage.h"
#include "system/tls_library.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    SHARED_POLICY,
    SHARED_JSON,
    FLAG(ALL, "all", "of a folder, also list programs without TLS"),
    OPTION(ROOT, "root", "DIR", "look at the image or chroot in this folder"),
};

struct coverage_report {
  struct coverage *coverage;
  struct listing *listing;
  json_object *programs;           /* NULL: a table is made */
  bool all;                        /* --all */
  size_t counts[COVERAGE_CLASSES]; /* of the programs of each class */
  bool failed;                     /* an operand could not be read */
  bool any_noted;                  /* a program with a note was shown */
};

static json_object *brought_by_json(const struct covered *covered) {
  json_object *array = json_object_new_array();
  for (unsigned i = 0; i < TLS_LIBRARY_COUNT; i++)
    if (covered->by[i] != NULL)
      json_object_array_add(array, json_text(covered->by[i]));
  return array;
}

/* The TLS libraries of a program; of several, with the file that uses each: "gnutls by libcurl-gnutls". */
static char *libraries_text(const struct covered *covered) {
  bool is_one = (covered->libraries & (covered->libraries - 1)) == 0;
  if (is_one && covered->kind != COVERAGE_AT_RUN_TIME)
    return tls_libraries_text(covered->libraries);
  char *text = must_copy("");
  for (unsigned i = 0; i < TLS_LIBRARY_COUNT; i++) {
    if (covered->by[i] == NULL)
      continue;
    const char *file = path_base(covered->by[i]);
    AUTO_TEXT part = must_format("%s by %.*s", tls_library_word((enum tls_library)(1U << i)),
                                 (int)strcspn(file, "."), file);
    text_append(&text, ", ", part);
  }
  return text;
}

/* Whether openssl.cnf can load pinning into the program: it uses OpenSSL 3, and reads the file. */
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

static void show(struct coverage_report *report, const char *path, const struct covered *covered) {
  struct listing *listing = report->listing;
  AUTO_TEXT libraries = libraries_text(covered);
  AUTO_TEXT ways = ways_text(covered);
  listing_text(listing, "PROGRAM", "path", path);
  listing_text(listing, "CLASS", "class", coverage_class_word(covered->kind));
  listing_text(listing, "LIBRARIES", NULL, libraries);
  listing_member(listing, "libraries", tls_libraries_json(covered->libraries));
  listing_member(listing, "brought_by", brought_by_json(covered));
  listing_text(listing, "WAYS", NULL, ways);
  listing_member(listing, "ways", ways_json(covered));
  listing_text(listing, NULL, "note", program_note_word(covered->note));
  listing_text(listing, "INTERPRETER", "interpreter", covered->interpreter);
  listing_row(listing);
  report->any_noted |= covered->note != PROGRAM_ORDINARY;
}

/* Whether a program of a folder is shown. A table shows programs without TLS only with --all. */
static bool is_shown(const struct coverage_report *report, const struct covered *covered) {
  return covered->kind < COVERAGE_NO_TLS ||
         (covered->kind == COVERAGE_NO_TLS && (report->all || report->programs != NULL));
}

static void look_at_file(struct coverage_report *report, const char *path, bool named) {
  struct covered covered;
  if (!coverage_look(report->coverage, path, &covered)) {
    if (named)
      say_error("%s: %s", path, strerror(errno));
    report->failed |= named;
  } else {
    report->counts[covered.kind]++;
    if (named || is_shown(report, &covered))
      show(report, path, &covered);
  }
  covered_clear(&covered);
}

static int is_candidate(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static void look_at_folder(struct coverage_report *report, const char *folder, bool named) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, is_candidate, alphasort);
  if (count < 0 && named) {
    say_error("%s: %s", folder, strerror(errno));
    report->failed = true;
  }
  for (int i = 0; i < count; i++) {
    AUTO_TEXT path = must_format("%s/%s", folder, entries[i]->d_name);
    struct stat status;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0)
      look_at_file(report, path, false);
    free(entries[i]);
  }
  free(entries);
}

static void look_at_operand(struct coverage_report *report, const char *path) {
  struct stat status;
  if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
    look_at_folder(report, path, true);
  else
    look_at_file(report, path, true);
}

/* Looks at each folder once: where /usr is merged, /bin is /usr/bin. */
static void look_at_path(struct coverage_report *report) {
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
    look_at_folder(report, real, false);
    text_list_add(&seen, real);
  }
  text_list_clear(&seen);
}

static void print_json(struct coverage_report *report) {
  json_object *json = json_object_new_object();
  json_object *counts = json_object_new_object();
  for (int i = 0; i < COVERAGE_CLASSES; i++)
    json_object_object_add(counts, coverage_class_word((enum coverage_class)i),
                           json_object_new_int64((int64_t)report->counts[i]));
  json_object_object_add(json, "counts", counts);
  json_object_object_add(json, "programs", report->programs);
  json_print(json);
}

static void print_text(struct coverage_report *report) {
  char *words = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&words, &size);
  for (int i = 0; i < COVERAGE_CLASSES; i++)
    fprintf(stream, "%s%zu %s", i == 0 ? "" : ", ", report->counts[i],
            coverage_class_word((enum coverage_class)i));
  memory_close(stream);
  put_fitted(PLAIN, "", words);
  free(words);
  if (report->any_noted)
    put_wrapped(
        PLAIN, "",
        "configuration-not-read: it tells OpenSSL not to read openssl.cnf, so only the shim reaches it. "
        "no-name: it gives OpenSSL no name, unless it is told to, so an entry by name needs the shim or a "
        "setting: see docs/programs.md.");
}

static void look_at_all(struct coverage_report *report, const struct arguments *arguments) {
  for (size_t i = 0; i < arguments->operand_count; i++)
    look_at_operand(report, arguments->operands[i]);
  if (arguments->operand_count == 0)
    look_at_path(report);
}

static int run(const struct arguments *arguments) {
  static const char *const headings[] = {"PROGRAM", "CLASS", "LIBRARIES", "WAYS", "INTERPRETER", NULL};
  static const struct table_form form = {.headings = headings, .wrapping = 1u << 0, .dispensable = "42"};
  if (arguments_has(arguments, OPTION_ROOT) && !enter_root(arguments_value(arguments, OPTION_ROOT)))
    return EXIT_FAILED;
  struct coverage_report report = {.coverage = coverage_new(), .all = arguments_has(arguments, OPTION_ALL)};
  if (arguments_has(arguments, OPTION_JSON))
    report.programs = json_object_new_array();
  report.listing = listing_new(report.programs == NULL ? &form : NULL, report.programs);
  look_at_all(&report, arguments);
  coverage_free(report.coverage);
  listing_end(report.listing);
  if (report.programs != NULL)
    print_json(&report);
  else
    print_text(&report);
  if (report.failed)
    return EXIT_FAILED;
  size_t bad =
      report.counts[COVERAGE_UNREACHABLE] + report.counts[COVERAGE_MIXED] + report.counts[COVERAGE_UNKNOWN];
  return bad > 0 ? EXIT_FINDING : EXIT_DONE;
}

const struct verb verb_coverage = {
    .name = "coverage",
    .operands = "[PATH]...",
    .summary = "Tell which installed programs can be enforced at all",
    .details = "Reads the files of programs, and of all libraries, plug-ins and helpers that\n"
               "they are known to use, and runs none of them. PATH is a program or a folder\n"
               "(default: all of $PATH). The classes:\n\n"
               "enforceable   OpenSSL 3 or GnuTLS\n"
               "mixed         one of these, and a library that cannot be enforced\n"
               "at-run-time   an interpreter, whose modules decide as well\n"
               "unreachable   own-openssl, nss, go, java, ...\n"
               "unknown       not every file could be read\n"
               "no-tls        does not use TLS\n"
               "no-program    is not a program\n\n"
               "WAYS are openssl.cnf and the shim; only the shim reaches GnuTLS. Notes tell of\n"
               "programs that read no openssl.cnf or give OpenSSL no name. Exit status 1 if a\n"
               "program is unreachable, mixed or unknown.",
    .example = "pinctl coverage /usr/bin/openssl",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .run = run,
};
