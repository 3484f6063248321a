/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/coverage.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "system/elf_symbols.h"
#include "system/executable.h"
#include "system/loads.h"
#include "system/tls_library.h"

/* This library tells OpenSSL not to read its configuration. */
#define LIBTLS "libtls.so."
/* Deeper chains of needed libraries and of interpreters do not occur. */
#define DEEPEST 32
#define MOST_INTERPRETERS 4

/* The TLS of a file, with that of all files that it needs, loads or runs. */
struct tls_use {
  unsigned libraries;           /* of enum tls_library */
  unsigned modules;             /* the same, of modules on this machine that a program may load */
  bool is_open;                 /* it may load further, unknown modules */
  size_t by[TLS_LIBRARY_COUNT]; /* which of the known files brings each: the file itself, or what it needs or
                                   loads */
  bool needs_libtls;
  bool is_partial; /* not everything was read */
};

/* A file that was read. */
struct known {
  char *path;
  size_t index;
  struct tls_use use;
  bool is_elf, exports_openssl;
};

/* Limits for one program with all its libraries. */
#define MOST_BYTES ((uint64_t)1 << 30)
#define MOST_FILES 20000

struct coverage {
  uint64_t left;     /* bytes that may still be read for the present program */
  size_t files_left; /* files, likewise */
  struct text_list folders;
  struct known **known;
  size_t count;
  void *by_path; /* the same files: a tree of tsearch(3) */
};

static int compare_paths(const void *a, const void *b) {
  const struct known *left = a, *right = b;
  return strcmp(left->path, right->path);
}

static void keep_known(void *known) {
  (void)known;
}

struct coverage *coverage_new(void) {
  struct coverage *coverage = must_alloc(1, sizeof *coverage);
  library_folders(&coverage->folders);
  return coverage;
}

void coverage_free(struct coverage *coverage) {
  if (coverage == NULL)
    return;
  tdestroy(coverage->by_path, keep_known);
  for (size_t i = 0; i < coverage->count; i++) {
    free(coverage->known[i]->path);
    free(coverage->known[i]);
  }
  free(coverage->known);
  text_list_clear(&coverage->folders);
  free(coverage);
}

/* The libraries in the file itself. A file with the name of a library counts as that one only. */
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
  struct known *known = must_alloc(1, sizeof *known);
  *known = (struct known){.path = must_copy(path), .index = coverage->count};
  coverage->files_left -= coverage->files_left == 0 ? 0 : 1;
  coverage->known = must_room(coverage->known, coverage->count, sizeof *coverage->known);
  coverage->known[coverage->count++] = known;
  if (tsearch(known, &coverage->by_path, compare_paths) == NULL)
    memory_exhausted();
  return known->index;
}

/* The index of a known file, or coverage->count. By a tree, since there may be ten thousands. */
static size_t find_known(const struct coverage *coverage, const char *path) {
  struct known wanted = {.path = (char *)(size_t)path};
  struct known *const *found = tfind(&wanted, &coverage->by_path, compare_paths);
  return found == NULL ? coverage->count : (*found)->index;
}

/* Notes this file for the libraries that `use` does not have yet. */
static void note_who_brings(struct tls_use *use, unsigned libraries, size_t index) {
  for (size_t i = 0; i < TLS_LIBRARY_COUNT; i++)
    if ((libraries & ~(use->libraries | use->modules) & 1U << i) != 0)
      use->by[i] = index;
}

static void add_libraries(struct tls_use *use, unsigned libraries, size_t index) {
  note_who_brings(use, libraries, index);
  use->libraries |= libraries;
}

static void add_use(struct tls_use *use, const struct tls_use *needed) {
  use->libraries |= needed->libraries;
  use->modules |= needed->modules;
  use->is_open |= needed->is_open;
  use->needs_libtls |= needed->needs_libtls;
  use->is_partial |= needed->is_partial;
}

static size_t read_file(struct coverage *coverage, const char *path, int depth);

static void add_file(struct coverage *coverage, const char *path, int depth, struct tls_use *use) {
  if (depth > DEEPEST || (coverage->files_left == 0 && find_known(coverage, path) == coverage->count)) {
    use->is_partial = true;
    return;
  }
  size_t found = read_file(coverage, path, depth);
  const struct tls_use *needed = &coverage->known[found]->use;
  note_who_brings(use, needed->libraries | needed->modules, found);
  add_use(use, needed);
}

/* Adds what a row loads. False: this machine has none of its files. */
static bool add_row(struct coverage *coverage, const struct loads *loads, int depth, size_t index,
                    struct tls_use *use) {
  struct text_list files;
  struct tls_use loaded = {.is_open = loads->is_open};
  loads_find(loads, &coverage->folders, &files);
  if (files.count > 0)
    add_libraries(&loaded, loads->opens, index);
  for (size_t i = 0; loads->opens == 0 && i < files.count; i++)
    add_file(coverage, files.items[i], depth + 1, &loaded);
  if (loads->is_open) {
    loaded.modules |= loaded.libraries;
    loaded.libraries = 0;
  }
  for (size_t i = 0; i < TLS_LIBRARY_COUNT; i++)
    note_who_brings(use, (loaded.libraries | loaded.modules) & 1U << i, loaded.by[i]);
  add_use(use, &loaded);
  bool is_found = files.count > 0;
  text_list_clear(&files);
  return is_found;
}

/* Adds what a file of this name loads or runs. index: of the file. */
static void add_loaded(struct coverage *coverage, const char *name, int depth, size_t index,
                       struct tls_use *use) {
  for (const struct loads *loads = loads_of(name, NULL); loads != NULL; loads = loads_of(name, loads))
    add_row(coverage, loads, depth, index, use);
}

/*
 * Reads a file, unless it is known, and all that it needs. Returns its index. Libraries may need each other
 * in a circle, so the file is remembered before the files that it needs are read.
 */
static size_t read_file(struct coverage *coverage, const char *path, int depth) {
  size_t index = find_known(coverage, path);
  struct elf_look look;
  if (index < coverage->count)
    return index;
  index = remember(coverage, path);
  bool is_readable = elf_look(path, &coverage->left, &look);
  struct tls_use use = {.is_partial = !is_readable || look.is_partial};
  unsigned own = libraries_of_file(path, &look);
  add_libraries(&use, own, index);
  /* A TLS library is not followed further. */
  size_t needed = own != 0 && tls_library_of(path_base(path)) != 0 ? 0 : look.needed.count;
  for (size_t i = 0; i < needed; i++) {
    AUTO_TEXT file = library_find(&coverage->folders, path, look.search, look.needed.items[i]);
    unsigned named = tls_library_of(look.needed.items[i]);
    add_libraries(&use, named, index);
    use.needs_libtls |= named == 0 && strncmp(look.needed.items[i], LIBTLS, strlen(LIBTLS)) == 0;
    if (file != NULL)
      add_file(coverage, file, depth + 1, &use);
  }
  if (look.is_elf)
    add_loaded(coverage, path, depth, index, &use);
  if (look.asks_gio)
    add_loaded(coverage, GIO_TLS, depth, index, &use);
  coverage->known[index]->use = use;
  coverage->known[index]->is_elf = look.is_elf;
  coverage->known[index]->exports_openssl = look.exports_openssl;
  elf_look_clear(&look);
  return index;
}

/* ---- Scripts ---- */

/* The program that "#!" names, or that "env" behind it would find, with or without -S. NULL: not a script. */
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
  return word == NULL ? NULL : program_search(word);
}

/* ---- Classes ---- */

static enum coverage_class classify_found(const struct tls_use *use, bool exports_openssl) {
  unsigned reached = TLS_OPENSSL | TLS_GNUTLS | (exports_openssl ? (unsigned)TLS_OWN_OPENSSL : 0);
  unsigned libraries = use->libraries;
  if (libraries == 0 && use->is_open)
    return COVERAGE_AT_RUN_TIME;
  if (libraries == 0 && !exports_openssl)
    return COVERAGE_NO_TLS;
  libraries |= use->modules;
  if ((libraries & ~reached) == 0)
    return COVERAGE_ENFORCEABLE;
  return (libraries & reached) != 0 || exports_openssl ? COVERAGE_MIXED : COVERAGE_UNREACHABLE;
}

/* Parts that were not read, and modules of an interpreter, might be out of reach. */
static enum coverage_class classify(const struct tls_use *use, bool exports_openssl) {
  enum coverage_class kind = classify_found(use, exports_openssl);
  if (use->is_partial && (kind == COVERAGE_NO_TLS || kind == COVERAGE_ENFORCEABLE))
    return COVERAGE_UNKNOWN;
  return use->is_open && kind == COVERAGE_ENFORCEABLE ? COVERAGE_AT_RUN_TIME : kind;
}

static void judge(const struct coverage *coverage, const struct known *known, const struct tls_use *use,
                  struct covered *ret_covered) {
  ret_covered->kind = classify(use, known->exports_openssl);
  ret_covered->libraries = use->libraries | use->modules;
  ret_covered->by_configuration = (ret_covered->libraries & TLS_OPENSSL) != 0 || known->exports_openssl;
  if (use->needs_libtls)
    ret_covered->note = PROGRAM_READS_NO_CONFIGURATION;
  if (ret_covered->note == PROGRAM_BINDS_DEEPLY && (ret_covered->libraries & TLS_GNUTLS) == 0)
    ret_covered->note = PROGRAM_ORDINARY;
  for (size_t i = 0; i < TLS_LIBRARY_COUNT; i++)
    if ((ret_covered->libraries & 1U << i) != 0)
      ret_covered->by[i] = must_copy(coverage->known[use->by[i]]->path);
}

/* For a script in the table of loads.c. False: it is not there, or this machine has none of its files. */
static bool judge_known_script(struct coverage *coverage, const char *path, struct covered *ret_covered) {
  struct tls_use use = {0};
  bool is_found = false;
  size_t index = 0;
  for (const struct loads *row = loads_of(path, NULL); row != NULL; row = loads_of(path, row)) {
    if (!row->is_script)
      continue;
    index = is_found ? index : remember(coverage, path);
    is_found |= add_row(coverage, row, 0, index, &use);
  }
  if (is_found)
    judge(coverage, coverage->known[index], &use, ret_covered);
  return is_found;
}

/* A script has the class of its interpreter, unless the table of loads.c has the script. */
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
  coverage->files_left = MOST_FILES;
  ret_covered->note = program_note_of(path);
  if (ret_covered->note == PROGRAM_ORDINARY)
    ret_covered->note = program_note_of(current);
  AUTO_TEXT real = realpath(current, NULL);
  size_t found = read_file(coverage, real == NULL ? current : real, 0);
  if (ret_covered->interpreter != NULL && judge_known_script(coverage, path, ret_covered))
    return true;
  const struct known *known = coverage->known[found];
  if (known->is_elf)
    judge(coverage, known, &known->use, ret_covered);
  return true;
}

void covered_clear(struct covered *covered) {
  free(covered->interpreter);
  for (size_t i = 0; i < TLS_LIBRARY_COUNT; i++)
    free(covered->by[i]);
  *covered = (struct covered){0};
}

const char *coverage_class_word(enum coverage_class kind) {
  static const char *const words[COVERAGE_CLASSES] = {"enforceable", "mixed",  "at-run-time", "unreachable",
                                                      "unknown",     "no-tls", "no-program"};
  return words[kind];
}
