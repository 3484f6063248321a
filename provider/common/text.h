/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A few functions on text. libc has their like, but each function of libc that a module names is looked for
 * in every object of every process that loads it, used or not: 700 instructions.
 */
#ifndef PIN_TEXT_H
#define PIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What strdup(3) does, also for NULL. For free(3); NULL: no memory, or no text. */
static inline char *text_copy(const char *text) {
  size_t size = text != NULL ? strlen(text) + 1 : 0;
  char *copy = size > 0 ? malloc(size) : NULL;

  return copy != NULL ? memcpy(copy, text, size) : NULL;
}

/* What follows the last slash of a path; all of it where there is none. */
static inline const char *text_base(const char *path) {
  const char *base = path + strlen(path);

  while (base > path && base[-1] != '/')
    base--;
  return base;
}

static inline bool text_begins(const char *text, const char *beginning) {
  while (*beginning != '\0' && *text == *beginning) {
    text++;
    beginning++;
  }
  return *beginning == '\0';
}

#endif
