/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* images FROM TO: compiles each policy in the folder FROM, as seeds of the target compiled_form. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "pinpolicy.h"

static void write_seed(const char *folder, const char *name, const void *image, size_t size) {
  /* Tells the target to repair all checksums after a change. */
  static const char prefix[8] = {3};
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "we");
  MUST(file != NULL);
  MUST(fwrite(prefix, 1, sizeof prefix, file) == sizeof prefix && fwrite(image, 1, size, file) == size);
  MUST(fclose(file) == 0);
}

int main(int argc, char **argv) {
  DIR *folder = argc == 3 ? opendir(argv[1]) : NULL;
  unsigned count = 0;
  MUST(folder != NULL);
  for (const struct dirent *item; (item = readdir(folder)) != NULL;) {
    char path[4096];
    void *image = NULL;
    size_t size;
    if (item->d_name[0] == '.')
      continue;
    snprintf(path, sizeof path, "%s/%s", argv[1], item->d_name);
    if (pin_text_compile(path, NULL, NULL, &image, &size) == PIN_OK) {
      write_seed(argv[2], item->d_name, image, size);
      count++;
    }
    free(image);
  }
  closedir(folder);
  printf("%u images\n", count);
  return count > 0 ? 0 : 1;
}
