/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/formats.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#define FORMAT_ADDRESS(name) &format_##name
#define COMMA ,
static const struct format *const formats[] = {FORMATS_BOTH_WAYS(FORMAT_ADDRESS, COMMA),
                                               FORMATS_READ(FORMAT_ADDRESS, COMMA), NULL};

static void print(bool all) {
  puts("\nFormats:");
  for (size_t i = 0; formats[i] != NULL; i++)
    if (all || formats[i]->write != NULL)
      printf("  %-13s  %s\n", formats[i]->name, formats[i]->title);
}

void formats_print(void) {
  print(true);
}

void formats_print_written(void) {
  print(false);
}

const struct format *format_find(const char *name) {
  for (size_t i = 0; formats[i] != NULL; i++)
    if (strcmp(formats[i]->name, name) == 0)
      return formats[i];
  return NULL;
}

static bool has_one_of(const char *text, char *words) {
  char *rest = NULL;
  for (const char *word = strtok_r(words, "\t", &rest); word != NULL; word = strtok_r(NULL, "\t", &rest))
    if (strcasestr(text, word) != NULL)
      return true;
  return false;
}

/* Returns the number of marks if the text has them all, otherwise 0. */
static size_t count_marks(const struct format *format, const char *text) {
  AUTO_TEXT marks = must_copy(format->mark);
  char *rest = NULL;
  size_t count = 0;
  for (char *mark = strtok_r(marks, "\n", &rest); mark != NULL; mark = strtok_r(NULL, "\n", &rest)) {
    if (!has_one_of(text, mark))
      return 0;
    count++;
  }
  return count;
}

const struct format *format_guess(const char *text) {
  const struct format *found = NULL;
  size_t most = 0;
  bool several = false;
  for (size_t i = 0; formats[i] != NULL; i++) {
    size_t count = count_marks(formats[i], text);
    several = count == most ? several || count > 0 : count < most && several;
    if (count > most) {
      most = count;
      found = formats[i];
    }
  }
  return several ? NULL : found;
}
