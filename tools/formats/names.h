/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Names that a text gives to things, and words that a format has. */
#ifndef PINCTL_FORMATS_NAMES_H
#define PINCTL_FORMATS_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

/* Numbers by names, found in constant time. Start with {0}. */
struct names {
  json_object *numbers;
};

#define NAMES_NONE SIZE_MAX

/* False: the name has a number already, and keeps it. */
bool names_add(struct names *names, const char *name, size_t number);
/* NAMES_NONE: there is none of this name. */
size_t names_find(const struct names *names, const char *name);
void names_clear(struct names *names);

/* Whether a word is one of those that blanks separate; caseless: upper and lower case alike. */
bool is_one_of(const char *word, const char *words);
bool is_one_of_caseless(const char *word, const char *words);

/* Whether the text ends so, upper and lower case alike. */
bool ends_in(const char *text, const char *ending);

#endif
