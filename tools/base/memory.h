/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Memory and lists of texts for a short-lived program. Where memory runs out, these functions end pinctl with
 * exit status 3; they never return NULL. That leaves nothing half done, since files change only by rename.
 */
#ifndef PINCTL_BASE_MEMORY_H
#define PINCTL_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* The number of elements of an array; not for a pointer. */
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* count * size zeroed bytes, for free(3). */
void *must_alloc(size_t count, size_t size);
/* Resizes an array, or makes one of NULL, to `count` elements; new elements are not initialised. */
void *must_grow(void *array, size_t count, size_t size);
/* Makes room for one element behind the `count` that the array has. To be called for each element that is
 * added: the array doubles, so that many elements do not take quadratic time. */
void *must_room(void *array, size_t count, size_t size);
/* Copies and formatted texts, for free(3). */
char *must_copy(const char *text);
char *must_copy_bytes(const char *bytes, size_t length);
char *must_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *must_vformat(const char *format, va_list values) __attribute__((format(printf, 1, 0)));

/* Appends to a text for free(3), behind the separator unless the text is empty. *text NULL: an empty text. */
void text_append(char **text, const char *separator, const char *more);

/* Ends pinctl in the same way, where a library could not allocate. */
_Noreturn void memory_exhausted(void);

/* Opens a stream that writes into memory; *ret_text is valid, and for free(3), after memory_close. */
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
/* The index of the first equal text, or list->count. */
size_t text_list_find(const struct text_list *list, const char *text);
void text_list_clear(struct text_list *list);
/* For qsort(3) and bsearch(3) over pointers to texts. */
int texts_compare(const void *a, const void *b);

/* For __attribute__((cleanup)). */
static inline void free_text(char **text) {
  free(*text);
}
#define AUTO_TEXT __attribute__((cleanup(free_text))) char *

/* Returns the text, which the caller now owns, and sets the variable to NULL. */
static inline char *text_take(char **text) {
  char *taken = *text;
  *text = NULL;
  return taken;
}

#endif
