/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/names.h"

#include <string.h>

bool names_add(struct names *names, const char *name, size_t number) {
  if (names_find(names, name) != NAMES_NONE)
    return false;
  if (names->numbers == NULL)
    names->numbers = json_object_new_object();
  json_object_object_add(names->numbers, name, json_object_new_int64((int64_t)number));
  return true;
}

size_t names_find(const struct names *names, const char *name) {
  json_object *number = NULL;
  return names->numbers != NULL && json_object_object_get_ex(names->numbers, name, &number)
             ? (size_t)json_object_get_int64(number)
             : NAMES_NONE;
}

void names_clear(struct names *names) {
  json_object_put(names->numbers);
  *names = (struct names){0};
}

static bool find(const char *word, const char *words, int (*compare)(const char *, const char *, size_t)) {
  for (size_t length; *words != '\0'; words += length + (words[length] == ' ' ? 1 : 0)) {
    length = strcspn(words, " ");
    if (strlen(word) == length && compare(word, words, length) == 0)
      return true;
  }
  return false;
}

bool is_one_of(const char *word, const char *words) {
  return find(word, words, strncmp);
}

bool is_one_of_caseless(const char *word, const char *words) {
  return find(word, words, strncasecmp);
}

bool ends_in(const char *text, const char *ending) {
  size_t length = strlen(text), of_ending = strlen(ending);
  return length >= of_ending && strcasecmp(text + length - of_ending, ending) == 0;
}
