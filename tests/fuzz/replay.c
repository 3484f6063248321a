/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Replaces libFuzzer in other builds: gives the target each named file, and each file of each named folder.
 * So whatever a long run has found is a test in every build.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  return 0;
}

static unsigned long ran;

static void replay_file(const char *path) {
  uint8_t *bytes = NULL;
  size_t size = 0;
  FILE *file = fopen(path, "re");
  MUST(file != NULL);
  MUST(fseek(file, 0, SEEK_END) == 0);
  size = (size_t)ftell(file);
  rewind(file);
  /* Of exactly its size, so that a read beyond the end is noticed. */
  bytes = malloc(size > 0 ? size : 1);
  MUST(bytes != NULL && fread(bytes, 1, size, file) == size);
  fclose(file);
  fprintf(stderr, "%s\n", path);
  LLVMFuzzerTestOneInput(bytes, size);
  free(bytes);
  ran++;
}

static void replay(const char *path) {
  struct stat status;
  DIR *folder;
  if (stat(path, &status) != 0) {
    fprintf(stderr, "%s: not there; tests/fuzz/seeds.py makes the seeds of each target\n", path);
    exit(1);
  }
  if (!S_ISDIR(status.st_mode)) {
    replay_file(path);
    return;
  }
  folder = opendir(path);
  MUST(folder != NULL);
  for (const struct dirent *item; (item = readdir(folder)) != NULL;) {
    char inside[4096];
    if (item->d_name[0] == '.')
      continue;
    snprintf(inside, sizeof inside, "%s/%s", path, item->d_name);
    replay_file(inside);
  }
  closedir(folder);
}

int main(int argc, char **argv) {
  LLVMFuzzerInitialize(&argc, &argv);
  for (int i = 1; i < argc; i++)
    replay(argv[i]);
  printf("%lu inputs\n", ran);
  return ran > 0 ? 0 : 1;
}
