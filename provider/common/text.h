/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A few functions on texts. libc has similar ones, but each libc function that a module names is searched
 * for in every object of every process that loads the module, used or not, which costs 700 instructions. */
#ifndef PIN_TEXT_H
#define PIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Without this, compilers turn the loop into a call of strlen(3) or memcpy(3). */
#define TEXT_STAYS_A_LOOP __asm__ volatile("")

/* Copies a text like strdup(3); text may be NULL. To be freed by free(3); NULL: no memory, or no text. */
static inline char *text_copy(const char *text) {
  size_t size = 0;
  char *copy;

  if (text == NULL)
    return NULL;
  while (text[size++] != '\0')
    TEXT_STAYS_A_LOOP;
  copy = malloc(size);
  for (size_t i = 0; copy != NULL && i < size; i++) {
    TEXT_STAYS_A_LOOP;
    copy[i] = text[i];
  }
  return copy;
}

/* What follows the last slash of a path; all of it if there is none. */
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
