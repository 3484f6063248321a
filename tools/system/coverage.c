/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/coverage.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "system/elf_symbols.h"
#include "system/library_path.h"
#include "system/tls_library.h"

/* Whatever uses it: it tells OpenSSL not to read its configuration. */
#define LIBTLS "libtls.so."
/* Deeper chains of needed libraries and of interpreters do not occur. */
#define DEEPEST 32
#define MOST_INTERPRETERS 4

/* A file that was read, with all that it needs. */
struct known {
  char *path;
  unsigned libraries;
  bool is_elf, exports_openssl;
  bool needs_libtls;
};

/* One program with all its libraries. */
#define MOST_BYTES ((uint64_t)1 << 30)
#define MOST_FILES 20000

struct coverage {
  uint64_t left;
  struct text_list folders;
  struct known *known;
  size_t count;
};

struct coverage *coverage_new(void) {
  struct coverage *coverage = must_alloc(1, sizeof *coverage);
  library_folders(&coverage->folders);
  return coverage;
}

void coverage_free(struct coverage *coverage) {
  if (coverage == NULL)
    return;
  for (size_t i = 0; i < coverage->count; i++)
    free(coverage->known[i].path);
  free(coverage->known);
  text_list_clear(&coverage->folders);
  free(coverage);
}

/* Of the file itself. Shared libssl holds OpenSSL, of course; a bundled one under another name does not. */
static unsigned libraries_of_file(const char *path, const struct elf_look *look) {
  unsigned by_name = tls_library_of(path_base(path));
  unsigned libraries = by_name;
  if (by_name == 0 && look->holds_openssl)
    libraries |= TLS_OWN_OPENSSL;
  if (look->is_go)
    libraries |= TLS_GO;
  return libraries;
}

static size_t remember(struct coverage *coverage, const char *path) {
  coverage->known = must_grow(coverage->known, coverage->count + 1, sizeof *coverage->known);
  coverage->known[coverage->count] = (struct known){.path = must_copy(path)};
  return coverage->count++;
}

static size_t find_known(const struct coverage *coverage, const char *path) {
  for (size_t i = 0; i < coverage->count; i++)
    if (strcmp(coverage->known[i].path, path) == 0)
      return i;
  return coverage->count;
}

/*
 * The index of the file among the known ones. Libraries may need each other in a circle, so a file is
 * remembered before what it needs is looked at; the array may move meanwhile.
 */
static size_t read_file(struct coverage *coverage, const char *path, int depth) {
  size_t index = find_known(coverage, path);
  struct elf_look look;
  if (index < coverage->count)
    return index;
  index = remember(coverage, path);
  elf_look(path, &coverage->left, &look);
  unsigned libraries = libraries_of_file(path, &look);
  /* Below libssl there is nothing more to learn. */
  size_t needed = libraries != 0 && tls_library_of(path_base(path)) != 0 ? 0 : look.needed.count;
  for (size_t i = 0; i < needed && depth < DEEPEST && coverage->count < MOST_FILES; i++) {
    AUTO_TEXT file = library_find(&coverage->folders, path, look.search, look.needed.items[i]);
    libraries |= tls_library_of(look.needed.items[i]);
    coverage->known[index].needs_libtls |= strncmp(look.needed.items[i], LIBTLS, strlen(LIBTLS)) == 0;
    if (file == NULL)
      continue;
    size_t found = read_file(coverage, file, depth + 1);
    libraries |= coverage->known[found].libraries;
    coverage->known[index].needs_libtls |= coverage->known[found].needs_libtls;
  }
  coverage->known[index].libraries = libraries;
  coverage->known[index].is_elf = look.is_elf;
  coverage->known[index].exports_openssl = look.exports_openssl;
  elf_look_clear(&look);
  return index;
}

/* ---- Scripts ---- */

static char *search_program(const char *name) {
  const char *at = getenv("PATH");
  while (at != NULL && *at != '\0') {
    size_t length = strcspn(at, ":");
    AUTO_TEXT path = must_format("%.*s/%s", (int)length, at, name);
    if (access(path, X_OK) == 0)
      return must_copy(path);
    at += length + (at[length] == ':' ? 1 : 0);
  }
  return NULL;
}

/* What "#!" names; behind "env", with or without -S, the program it would find. NULL: no script. */
static char *interpreter_of(const char *path) {
  char line[256] = {0};
  char *rest = NULL;
  int fd = -1;
  ssize_t got = file_open_regular(path, &fd) != 0 ? -1 : read(fd, line, sizeof line - 1);
  if (fd >= 0)
    close(fd);
  if (got < 3 || strncmp(line, "#!", 2) != 0)
    return NULL;
  line[strcspn(line, "\r\n")] = '\0';
  const char *word = strtok_r(line + 2, " \t", &rest);
  if (word == NULL || strcmp(path_base(word), "env") != 0)
    return word == NULL ? NULL : must_copy(word);
  do
    word = strtok_r(NULL, " \t", &rest);
  while (word != NULL && (*word == '-' || strchr(word, '=') != NULL));
  return word == NULL ? NULL : search_program(word);
}

/* ---- Classes ---- */

/* These load a TLS library with a module or a plug-in, or run a helper that has one, so their own file does
 * not tell. */
static bool loads_at_run_time(const char *path) {
  static const char *const names[] = {"python",  "perl", "ruby",   "php",   "lua",  "tclsh",
                                      "guile",   "R",    "racket", "swipl", "pypy", "beam.smp",
                                      "doveadm", "isql", "git",    "casync"};
  AUTO_TEXT real = realpath(path, NULL);
  const char *name = path_base(real == NULL ? path : real);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t length = strlen(names[i]);
    if (strncmp(name, names[i], length) == 0 && name[length + strspn(name + length, "0123456789.")] == '\0')
      return true;
  }
  return false;
}

static enum coverage_class classify(const struct known *known) {
  if (!known->is_elf)
    return COVERAGE_NO_PROGRAM;
  unsigned reached = TLS_OPENSSL | TLS_GNUTLS | (known->exports_openssl ? (unsigned)TLS_OWN_OPENSSL : 0);
  if ((known->libraries & reached) != 0 || known->exports_openssl)
    return (known->libraries & ~reached) == 0 ? COVERAGE_ENFORCEABLE : COVERAGE_MIXED;
  if (known->libraries != 0)
    return COVERAGE_UNREACHABLE;
  return loads_at_run_time(known->path) ? COVERAGE_AT_RUN_TIME : COVERAGE_NO_TLS;
}

bool coverage_look(struct coverage *coverage, const char *path, struct covered *ret_covered) {
  *ret_covered = (struct covered){.kind = COVERAGE_NO_PROGRAM};
  if (access(path, R_OK) != 0)
    return false;
  AUTO_TEXT current = must_copy(path);
  for (int i = 0; i < MOST_INTERPRETERS; i++) {
    char *interpreter = interpreter_of(current);
    if (interpreter == NULL)
      break;
    free(current);
    current = interpreter;
    free(ret_covered->interpreter);
    ret_covered->interpreter = must_copy(interpreter);
  }
  coverage->left = MOST_BYTES;
  size_t found = read_file(coverage, current, 0);
  const struct known *known = &coverage->known[found];
  ret_covered->kind = classify(known);
  ret_covered->libraries = known->libraries;
  ret_covered->by_configuration = ret_covered->kind == COVERAGE_AT_RUN_TIME ||
                                  (known->libraries & TLS_OPENSSL) != 0 || known->exports_openssl;
  ret_covered->note = known->needs_libtls ? PROGRAM_READS_NO_CONFIGURATION : program_note_of(path);
  return true;
}

void covered_clear(struct covered *covered) {
  free(covered->interpreter);
  *covered = (struct covered){0};
}

const char *coverage_class_word(enum coverage_class kind) {
  static const char *const words[COVERAGE_CLASSES] = {"enforceable", "mixed",  "at-run-time",
                                                      "unreachable", "no-tls", "no-program"};
  return words[kind];
}
