/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/prompt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/output.h"

bool question_possible(void) {
  return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

int question_ask(const char *question, const char *const *words) {
  AUTO_TEXT line = NULL;
  size_t size = 0;
  int last = 0;
  put(stderr, BOLD, "%s", question);
  for (; words[last] != NULL; last++)
    put(stderr, PLAIN, "%s[%c]%s", last == 0 ? " " : ", ", *words[last], words[last] + 1);
  put(stderr, PLAIN, "? ");
  last--;
  ssize_t length = getline(&line, &size, stdin);
  if (length > 0 && line[length - 1] == '\n')
    line[--length] = '\0';
  for (int i = 0; length > 0 && i < last; i++)
    if (strcmp(line, words[i]) == 0 || (length == 1 && *line == *words[i]))
      return i;
  return last;
}
