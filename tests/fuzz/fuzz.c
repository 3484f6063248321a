/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of fuzz.h, which all targets share. */
#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fuzz_fail(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  abort();
}

char *fuzz_text(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  MUST(text != NULL);
  memcpy(text, data, size);
  text[size] = '\0';
  return text;
}

static char folder[64];
static pid_t owner;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where) {
  (void)status, (void)kind, (void)where;
  return remove(path);
}

/* Children of this process must not remove its folder. */
static void remove_folder(void) {
  if (getpid() == owner)
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(void) {
  const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  snprintf(folder, sizeof folder, "%s/pinning-fuzz-XXXXXX", parent);
  MUST(mkdtemp(folder) != NULL);
  owner = getpid();
  atexit(remove_folder);
}

const char *fuzz_path(const char *name) {
  static char paths[4][160];
  static unsigned turn;
  char *path = paths[turn++ % 4];
  if (folder[0] == '\0')
    make_folder();
  if (strncmp(name, "policy.d/", strlen("policy.d/")) == 0) {
    snprintf(path, sizeof paths[0], "%s/policy.d", folder);
    (void)mkdir(path, 0755);
  }
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

void fuzz_write(const char *name, const void *bytes, size_t size) {
  const struct timespec past[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
  int fd = open(fuzz_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  MUST(fd >= 0);
  MUST(size == 0 || write(fd, bytes, size) == (ssize_t)size);
  MUST(futimens(fd, past) == 0);
  MUST(close(fd) == 0);
}

void fuzz_remove(const char *name) {
  (void)unlink(fuzz_path(name));
}

size_t fuzz_cut(const uint8_t *data, size_t size, const uint8_t **ret_second, size_t *ret_second_size) {
  static const char mark[] = "#----\n";
  const size_t length = sizeof mark - 1;
  const uint8_t *found = memmem(data, size, mark, length);
  *ret_second = found == NULL ? data + size : found + length;
  *ret_second_size = size - (size_t)(*ret_second - data);
  return found == NULL ? size : (size_t)(found - data);
}
