/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of memory.h: measures the private memory of this process. */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long after(const char *line, const char *key) {
  size_t length = strlen(key);

  return strncmp(line, key, length) == 0 ? strtol(line + length, NULL, 10) : 0;
}

long private_memory(void) {
  FILE *file = fopen("/proc/self/smaps_rollup", "re");
  char line[256];
  long sum = 0;

  if (file == NULL)
    return -1;
  while (fgets(line, sizeof line, file) != NULL)
    sum += after(line, "Private_Clean:") + after(line, "Private_Dirty:");
  fclose(file);
  return sum > 0 ? sum : -1;
}

void stay_until_end_of_input(void) {
  fflush(stdout);
  while (getchar() != EOF)
    continue;
}
