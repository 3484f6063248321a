/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A program that contains an OpenSSL without exporting it, with another OpenSSL loaded for everybody to see.
 * Pinning cannot reach the first, and the log must say so, because the functions of the other are not the
 * program's.
 */
#include "linked.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_told(FILE *file) {
  char line[8192];
  bool told = false;

  rewind(file);
  while (fgets(line, sizeof line, file) != NULL) {
    fputs(line, stderr);
    told = told || strstr(line, "event=not-enforced") != NULL;
  }
  return told;
}

int main(int argc, char **argv) {
  int kept_err = dup(STDERR_FILENO), status;
  FILE *file = tmpfile();
  const char *way = getenv("PATHS_WAY");

  if (dlopen(PATHS_SHARED_SSL, RTLD_NOW | RTLD_GLOBAL) == NULL)
    broken("%s", dlerror());
  dup2(fileno(file), STDERR_FILENO);
  status = linked_main(LINKED_HIDDEN, argc, argv);
  dup2(kept_err, STDERR_FILENO);
  if (!is_told(file) && way != NULL && (strcmp(way, "provider") == 0 || strcmp(way, "both") == 0) &&
      argc > 1 && argv[1][0] != '-')
    broken("the log does not say that nothing is enforced");
  fclose(file);
  return status;
}
