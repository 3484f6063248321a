/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/command_line.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/memory.h"

#define MOST_COLUMNS 400

static char **words;

void command_line_note(char **argv) {
  words = argv;
}

static void write_word(FILE *stream, const char *word) {
  size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-");
  if (*word != '\0' && word[plain] == '\0') {
    fputs(word, stream);
    return;
  }
  fputc('\'', stream);
  for (; *word != '\0'; word++)
    if (*word == '\'')
      fputs("'\\''", stream);
    else
      fputc(*word, stream);
  fputc('\'', stream);
}

char *shell_word(const char *word) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  write_word(stream, word);
  memory_close(stream);
  return text;
}

char *command_line_text(void) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  fputs("pinctl", stream);
  for (char **word = words == NULL || *words == NULL ? NULL : words + 1; word != NULL && *word != NULL;
       word++) {
    fputc(' ', stream);
    write_word(stream, *word);
  }
  memory_close(stream);
  char *escaped = escape_short(text, MOST_COLUMNS);
  free(text);
  return escaped;
}
