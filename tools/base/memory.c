/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

#include "base/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void memory_exhausted(void) {
  fputs("pinctl: out of memory\n", stderr);
  exit(3);
}

void *must_alloc(size_t count, size_t size) {
  void *memory = calloc(count == 0 ? 1 : count, size);
  if (memory == NULL)
    memory_exhausted();
  return memory;
}

void *must_grow(void *array, size_t count, size_t size) {
  void *memory = reallocarray(array, count == 0 ? 1 : count, size);
  if (memory == NULL)
    memory_exhausted();
  return memory;
}

void *must_room(void *array, size_t count, size_t size) {
  return (count & (count - 1)) == 0 ? must_grow(array, count == 0 ? 1 : 2 * count, size) : array;
}

char *must_copy(const char *text) {
  return must_copy_bytes(text, strlen(text));
}

char *must_copy_bytes(const char *bytes, size_t length) {
  char *copy = must_alloc(length + 1, 1);
  memcpy(copy, bytes, length);
  return copy;
}

char *must_vformat(const char *format, va_list values) {
  char *text = NULL;
  if (vasprintf(&text, format, values) < 0)
    memory_exhausted();
  return text;
}

char *must_format(const char *format, ...) {
  va_list values;
  va_start(values, format);
  char *text = must_vformat(format, values);
  va_end(values);
  return text;
}

void text_append(char **text, const char *separator, const char *more) {
  bool empty = *text == NULL || **text == '\0';
  char *longer = empty ? must_copy(more) : must_format("%s%s%s", *text, separator, more);
  free(*text);
  *text = longer;
}

FILE *memory_open(char **ret_text, size_t *ret_size) {
  FILE *stream = open_memstream(ret_text, ret_size);
  if (stream == NULL)
    memory_exhausted();
  return stream;
}

void memory_close(FILE *stream) {
  if (fclose(stream) != 0)
    memory_exhausted();
}

void text_list_add(struct text_list *list, char *text) {
  list->items = must_room(list->items, list->count, sizeof *list->items);
  list->items[list->count++] = text;
}

void text_list_remove(struct text_list *list, size_t index) {
  free(list->items[index]);
  list->count--;
  memmove(&list->items[index], &list->items[index + 1], (list->count - index) * sizeof *list->items);
}

size_t text_list_find(const struct text_list *list, const char *text) {
  size_t index = 0;
  while (index < list->count && strcmp(list->items[index], text) != 0)
    index++;
  return index;
}

void text_list_clear(struct text_list *list) {
  for (size_t i = 0; i < list->count; i++)
    free(list->items[i]);
  free(list->items);
  *list = (struct text_list){0};
}

int texts_compare(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}
