/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Memory for a short-lived program: when it runs out, these end pinctl with exit status 3, since nothing it
 * does is half done at such a moment (files change by rename only). None of them returns NULL.
 */
#ifndef PINCTL_BASE_MEMORY_H
#define PINCTL_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Of an array, not of a pointer. */
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* count times size zeroed bytes, for free(3). */
void *must_alloc(size_t count, size_t size);
/* Grows or makes an array; new members are not initialised. */
void *must_grow(void *array, size_t count, size_t size);
/* The same with room for one member behind `count`; called for each, it grows by doubling. */
void *must_room(void *array, size_t count, size_t size);
char *must_copy(const char *text);
char *must_copy_bytes(const char *bytes, size_t length);
char *must_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *must_vformat(const char *format, va_list values) __attribute__((format(printf, 1, 0)));

/* Appends to a text for free(3), behind the separator unless the text is empty. *text NULL: an empty text. */
void text_append(char **text, const char *separator, const char *more);

/* For what other libraries allocate: ends pinctl as all of these do. */
_Noreturn void memory_exhausted(void);

/* A stream into memory; *ret_text is for free(3) once memory_close has returned. */
FILE *memory_open(char **ret_text, size_t *ret_size);
void memory_close(FILE *stream);

/* Texts in the order in which they were added. Start with {0}. */
struct text_list {
  char **items;
  size_t count;
};
/* Takes over the text. */
void text_list_add(struct text_list *list, char *text);
void text_list_remove(struct text_list *list, size_t index);
/* The index, or list->count. */
size_t text_list_find(const struct text_list *list, const char *text);
void text_list_clear(struct text_list *list);
/* For qsort(3) and bsearch(3) over pointers to texts. */
int texts_compare(const void *a, const void *b);

/* For __attribute__((cleanup)). */
static inline void free_text(char **text) {
  free(*text);
}
#define AUTO_TEXT __attribute__((cleanup(free_text))) char *

/* The text, for somebody else to free from here on; the variable is NULL then. */
static inline char *text_take(char **text) {
  char *taken = *text;
  *text = NULL;
  return taken;
}

#endif
