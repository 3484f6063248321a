/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/formats.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#define FORMAT_ADDRESS(name) &format_##name
#define COMMA ,
const struct format *const formats[] = {FORMATS(FORMAT_ADDRESS, COMMA), NULL};

void formats_print(void) {
  puts("\nFormats:");
  for (size_t i = 0; formats[i] != NULL; i++)
    printf("  %-10s  %s\n", formats[i]->name, formats[i]->title);
}

const struct format *format_find(const char *name) {
  for (size_t i = 0; formats[i] != NULL; i++)
    if (strcmp(formats[i]->name, name) == 0)
      return formats[i];
  return NULL;
}

static bool has_marks(const struct format *format, const char *text) {
  AUTO_TEXT marks = must_copy(format->mark);
  char *rest = NULL;
  for (const char *mark = strtok_r(marks, "\n", &rest); mark != NULL; mark = strtok_r(NULL, "\n", &rest))
    if (strcasestr(text, mark) == NULL)
      return false;
  return true;
}

const struct format *format_guess(const char *text) {
  const struct format *found = NULL;
  for (size_t i = 0; formats[i] != NULL; i++) {
    if (!has_marks(formats[i], text))
      continue;
    if (found != NULL)
      return NULL;
    found = formats[i];
  }
  return found;
}
