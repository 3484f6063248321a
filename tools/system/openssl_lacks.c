/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/openssl_lacks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "system/elf_symbols.h"

#define LIBSSL "libssl.so."
#define LIBCRYPTO "libcrypto.so."

/* The first function that both files lack; NULL: none, or a file cannot be read completely. */
static const char *find_missing(char *const paths[2], uint64_t *left) {
  bool found[BOUND_FUNCTIONS] = {false};
  struct elf_exports exports = {bound_functions, BOUND_FUNCTIONS, found};
  for (int i = 0; i < 2; i++)
    if (!elf_find_exports(paths[i], left, &exports))
      return NULL;
  for (size_t i = 0; i < BOUND_FUNCTIONS; i++)
    if (!found[i])
      return bound_functions[i];
  return NULL;
}

static bool is_same(const struct known_openssl *a, const struct known_openssl *b) {
  return a->devices[0] == b->devices[0] && a->devices[1] == b->devices[1] && a->files[0] == b->files[0] &&
         a->files[1] == b->files[1];
}

/* The same, from what is known of these files. */
static const char *find_missing_once(struct known_openssls *known, char *const paths[2], uint64_t *left) {
  struct known_openssl pair = {.lacks = NULL};
  for (int i = 0; i < 2; i++) {
    struct stat status;
    if (stat(paths[i], &status) != 0)
      return NULL;
    pair.devices[i] = status.st_dev;
    pair.files[i] = status.st_ino;
  }
  for (size_t i = 0; i < known->count; i++)
    if (is_same(&known->items[i], &pair))
      return known->items[i].lacks;
  pair.lacks = find_missing(paths, left);
  known->items = must_grow(known->items, known->count + 1, sizeof *known->items);
  known->items[known->count++] = pair;
  return pair.lacks;
}

/* The libcrypto of the same version as this libssl; NULL: there is none. */
static const char *find_libcrypto(const struct text_list *mapped, const char *libssl) {
  for (size_t i = 0; i < mapped->count; i++) {
    const char *name = path_base(mapped->items[i]);
    if (strncmp(name, LIBCRYPTO, strlen(LIBCRYPTO)) == 0 &&
        strcmp(name + strlen(LIBCRYPTO), path_base(libssl) + strlen(LIBSSL)) == 0)
      return mapped->items[i];
  }
  return NULL;
}

/* Opens the files by /proc, so that they are found in another root directory. */
const char *openssl_lacks(struct known_openssls *known, const char *pid, const struct text_list *mapped,
                          uint64_t *left) {
  const char *lacks = NULL;
  for (size_t i = 0; i < mapped->count && lacks == NULL; i++) {
    const char *libssl = mapped->items[i];
    if (strncmp(path_base(libssl), LIBSSL, strlen(LIBSSL)) != 0)
      continue;
    const char *libcrypto = find_libcrypto(mapped, libssl);
    if (libcrypto == NULL)
      continue;
    char *paths[] = {must_format("/proc/%s/root%s", pid, libssl),
                     must_format("/proc/%s/root%s", pid, libcrypto)};
    lacks = find_missing_once(known, paths, left);
    free(paths[0]);
    free(paths[1]);
  }
  return lacks;
}

void known_openssls_clear(struct known_openssls *known) {
  free(known->items);
  *known = (struct known_openssls){0};
}
